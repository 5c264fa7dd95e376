"""Pictures of reports: every image where it belongs, words that do not lie on each other, maps that tell amounts."""

from __future__ import annotations

import torch

from tests.evidence.drawing import GAP, HEAT, LINE, MARGIN, curves, heat, sheet, spread, wrapped


def test_a_sheet_has_each_image_in_its_row_and_column() -> None:
    red, blue = torch.tensor([1.0, -1, -1]), torch.tensor([-1.0, -1, 1])
    images = {name: colour[None, :, None, None].expand(2, 3, 8, 8) for name, colour in (("α", red), ("b", blue))}
    found = sheet(images, side=8, heads={"first": 1, "second": 1})
    assert found.shape == (LINE + 2 * (8 + GAP), MARGIN + 2 * (8 + GAP), 3)
    for column in range(2):
        x = MARGIN + column * (8 + GAP) + 4
        assert found[LINE + 4, x].tolist() == [255, 0, 0]
        assert found[LINE + 8 + GAP + 4, x].tolist() == [0, 0, 255]


def test_images_are_made_to_fit_the_sheet() -> None:
    found = sheet({"large": torch.full((1, 3, 64, 64), 1.0)}, side=16)
    assert (found[LINE:LINE + 16, MARGIN:MARGIN + 16] == 255).all()


def test_heat_goes_from_dark_at_nothing_to_bright_at_the_most() -> None:
    amounts = torch.tensor([0.0, 1.0, 2.0, 9.0]).reshape(1, 1, 2, 2)
    image = ((heat(amounts, most=2.0) + 1) * 127.5).round()[0].flatten(1).T
    assert image[0].tolist() == HEAT[0].tolist()
    assert image[1].tolist() == HEAT[2].tolist()
    assert image[2].tolist() == image[3].tolist() == HEAT[-1].tolist()
    assert torch.isfinite(heat(torch.zeros(1, 1, 2, 2), most=0.0)).all()


def test_words_break_between_words() -> None:
    assert wrapped("Regressor, trained briefly", 12) == "Regressor,\ntrained\nbriefly"


def test_words_at_the_ends_of_lines_keep_apart_in_their_order() -> None:
    assert spread([10.0, 11.0, 50.0], 14) == [10.0, 24.0, 50.0]
    assert spread([11.0, 10.0], 14) == [24.0, 10.0]


def test_a_higher_value_lies_higher_in_the_curves() -> None:
    found = curves({"rising": [(0.0, 0.0), (1.0, 1.0)]}, "across", "up")
    orange = (found == (214, 84, 32)).all(axis=2)
    rows, columns = orange[:, :350].nonzero()
    assert rows[columns.argmin()] > rows[columns.argmax()]
