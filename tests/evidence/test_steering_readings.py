"""What is said of factors: edits ask for the factor that the world really has, and directions for what they move."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ganstudio.registry import PluginRegistry
from ganstudio.worlds.factors import FACTORS, NAMES, factor_vector
from ganstudio.worlds.landscape import Landscape
from tests.evidence.frame import NOT_RUN
from tests.evidence.steering import joint, paper, variability
from tests.evidence.steering.fitting import ATTRIBUTES, margin_normal, mean_cosine, regression_normal
from tests.evidence.steering.plots import Chart, stacked, ticks
from tests.evidence.steering.pushing import Stand
from tests.evidence.steering.readings import AIMS, COLUMNS, Ruler, Seen, ruler
from tests.evidence.steering.report import report
from tests.evidence.steering.statistics import Array
from tests.evidence.steering.verdicts import (
    AGREES,
    DIFFERS,
    MOSTLY,
    UNSETTLED,
    joint_verdict,
    kind_verdict,
    shift_verdict,
    variability_verdict,
)
from tests.evidence.steering.walking import Stop, changes
from tests.evidence.steering.workshop import QUICK, Workshop
from tests.models import TinyLibrary
from tests.training.tiny import FlatPictures

SIDE = 64


def drawn(**factors: float) -> torch.Tensor:
    pixels = Landscape(1.0).draw(factor_vector(cloud_amount=0.0, hour=0.3, **factors), SIDE)
    return torch.from_numpy(pixels).permute(2, 0, 1).float()[None] / 127.5 - 1


@pytest.mark.parametrize(("edit", "alpha"), [("zoom", -0.2), ("zoom", 0.2), ("shift-x", 0.2), ("shift-y", -0.1),
                                             ("rotate", 0.2), ("rotate", -0.2)])
def test_an_edit_asks_for_the_factor_that_makes_the_same_picture(edit: str, alpha: float) -> None:
    aim, edits = AIMS[edit], PluginRegistry(TinyLibrary()).edits()
    target, mask = edits[edit].apply(drawn(), torch.tensor([alpha]))
    asked = aim.asked(alpha)
    assert asked is not None
    errors = [float((mask * (target - drawn(**{aim.factor: value}))).square().mean()) for value in (asked, 0, -asked)]
    assert errors[0] < 0.25 * min(errors[1:])


@pytest.mark.parametrize("edit", ["luminance", "blue-yellow"])
def test_more_of_a_colour_edit_is_more_of_its_factor(edit: str) -> None:
    aim, edits = AIMS[edit], PluginRegistry(TinyLibrary()).edits()
    target, _ = edits[edit].apply(drawn(), torch.tensor([0.2]))
    errors = [float((target - drawn(**{aim.factor: value})).square().mean()) for value in (0.8, -0.8)]
    assert aim.sign * (errors[1] - errors[0]) > 0


class KnowsHalf(torch.nn.Module):
    """A reader that sees of a flat picture's red the zoom, at half its truth, and of nothing else anything."""

    resolution = 8

    def __init__(self) -> None:
        super().__init__()
        self.out = torch.nn.Identity()

    def features(self, images: torch.Tensor) -> torch.Tensor:
        codes = torch.zeros(len(images), sum(map(len, COLUMNS.values())))
        codes[:, COLUMNS["zoom"][0]] = images[:, 0].mean(dim=(1, 2)) / 2
        return codes


def test_movements_are_told_without_the_readers_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    def flat(world: Landscape, seed: int, first: int, count: int, size: int) -> tuple[Array, torch.Tensor]:
        share = np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)
        zoom = FACTORS[NAMES.index("zoom")]
        factors = np.stack([factor_vector(zoom=zoom.high * s) for s in share])
        return factors, torch.from_numpy(share)[:, None, None, None].expand(-1, 3, size, size)

    monkeypatch.setattr("tests.evidence.steering.readings.labelled", flat)
    held = ruler.__wrapped__(KnowsHalf(), 50)  # type: ignore[arg-type]
    assert held.names == ("zoom",)
    assert held.slope["zoom"] == pytest.approx(0.5)
    before, after = (Seen(np.zeros((3, held.data.codes.shape[1])), np.zeros((3, 1))) for _ in range(2))
    after.codes[:, COLUMNS["zoom"][0]] = 0.25  # half of what it is: 0.5 of a range of 0.6 octaves either way
    assert held.change("zoom", before, after) == pytest.approx(np.full(3, 0.3))


def test_steps_are_measured_where_the_farther_edit_says_something() -> None:
    half = torch.zeros(1, 1, 4, 4)
    half[..., :2] = 1
    images = [torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)]
    images[0][..., :2], images[2][...] = 0.5, 1.0
    whole = torch.ones_like(half)
    found = [Stop(a, image, mask, 0, 0) for a, image, mask in zip((-1.0, 0.0, 1.0), images, (half, whole, whole),
                                                                  strict=True)]
    assert changes(found) == pytest.approx([0.5 * 127.5, 127.5])


class Space:
    """Pictures that are as bright as the first number of their latent."""

    def start(self, bases: torch.Tensor) -> torch.Tensor:
        return bases.latents

    def picture(self, bases: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
        return moved[:, :1, None, None].expand(-1, 3, 4, 4)


class Drawn:
    latents = torch.zeros(5, 2)
    image = torch.zeros(5, 3, 4, 4)


def test_a_direction_is_followed_to_an_equal_change_of_the_picture(tmp_path: Path) -> None:
    there = Stand(Workshop(tmp_path, QUICK), Space(), [Drawn()])
    for length in (0.001, 1.0, 40.0):
        alpha = there.alpha_for(torch.tensor([length, 3.0]), 12.75)
        assert alpha * length == pytest.approx(0.1, rel=0.01)


def test_normals_are_found_where_they_are_known() -> None:
    random = np.random.default_rng(5)
    latents = random.standard_normal((600, 6)) * 0.7 + 2
    true = np.array([3.0, -4, 0, 0, 0, 0]) / 5
    amounts = latents @ true + 0.1 * random.standard_normal(600)
    for normal in (regression_normal, margin_normal):
        found = normal(latents, amounts).numpy()
        assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
        assert found @ true > 0.97


def test_an_attribute_of_a_cyclic_factor_is_most_where_it_points() -> None:
    codes = np.zeros((3, sum(map(len, COLUMNS.values()))))
    for i, season in enumerate((0.25, 0.5, 0.75)):
        codes[i, COLUMNS["season"]] = np.cos(2 * np.pi * season), np.sin(2 * np.pi * season)
    assert ATTRIBUTES["season (summer)"].of(codes) == pytest.approx([1, 0, -1], abs=1e-9)


def test_directions_that_are_alike_have_the_cosine_one() -> None:
    x, y = torch.eye(4)[:2]
    assert mean_cosine([x, 2 * x, -x]) == pytest.approx(1)
    assert mean_cosine([x, y, x]) == pytest.approx(1 / 3)


def test_augmented_pictures_have_the_camera_moved_as_far_as_the_edit_asks() -> None:
    world = Landscape(0.25)
    source = joint.Moving(world, "rotate", joint.EDITS["rotate"], 7)
    at, plain = NAMES.index("roll"), np.stack([world.factors(7, i) for i in range(200)])
    factors = np.stack([source.factors(i) for i in range(200)])
    turned = factors[:, at] - plain[:, at]
    assert 14 < np.abs(turned).max() <= 15
    assert np.abs(turned.mean()) < 2
    np.testing.assert_array_equal(np.delete(factors, at, axis=1), np.delete(plain, at, axis=1))
    assert source.pixels(3).shape == (32, 32, 3)
    assert FlatPictures((0, 0, 0)).label(0) == source.label(0)


def test_the_spread_of_a_class_is_that_of_its_training_data() -> None:
    world = variability_world()
    at = NAMES.index("roll")
    for label in (0, 13):
        values = [world.factors_of(label, 1, i)[at] for i in range(3000)]
        assert np.std(values) == pytest.approx(variability.spread("roll", world.widths[label // 4]), rel=0.05)


def variability_world():  # type: ignore[no-untyped-def]
    return Workshop(Path("unused"), QUICK).classes


def test_what_has_not_been_run_says_so() -> None:
    text = report({})
    assert text.count(NOT_RUN) >= 25
    assert AGREES not in text
    assert DIFFERS not in text


class Told:
    """A record."""

    def __init__(self, **figures: object) -> None:
        self.figures = json.loads(json.dumps(figures))


def test_verdicts_follow_the_figures() -> None:
    near, far = ({"linear": {"followed": a}, "nonlinear": {"followed": 0.5}} for a in (0.48, 0.2))
    assert kind_verdict({"a-zoom": Told(**near)}, ["a-zoom"]).startswith(AGREES)  # type: ignore[dict-item]
    assert kind_verdict({"a-zoom": Told(**far)}, ["a-zoom"]).startswith(DIFFERS)  # type: ignore[dict-item]
    flat = Told(linear={"followed": 0.001}, nonlinear={"followed": 0.0})
    assert "Neither follows a-zoom" in kind_verdict({"a-zoom": flat}, ["a-zoom"])  # type: ignore[dict-item]
    for end, said in ((0.37, AGREES), (1.4, DIFFERS), (0.001, UNSETTLED)):
        assert shift_verdict({"b-shift-x": Told(mean=[-end, 0.0, end])}).startswith(said)  # type: ignore[dict-item]
    sure, not_sure, against = ({"rank": r, "low": low, "high": high} for r, low, high in
                               ((0.9, 0.7, 1.0), (0.2, -0.3, 0.6), (-0.8, -1.0, -0.5)))
    assert variability_verdict({"c-zoom": Told(data=sure)}).startswith(AGREES)  # type: ignore[dict-item]
    both = {"c-zoom": Told(data=sure), "c-rotate": Told(data=not_sure)}
    assert variability_verdict(both).startswith(UNSETTLED)  # type: ignore[arg-type]
    most = {**both, "c-shift-y": Told(data=sure)}
    assert variability_verdict(most).startswith(MOSTLY)  # type: ignore[arg-type]
    assert not variability_verdict({**most, "c-shift-x": Told(data=against)}).startswith(MOSTLY)  # type: ignore[dict-item]
    assert variability_verdict({"c-zoom": Told(data=against)}).startswith(DIFFERS)  # type: ignore[dict-item]


def test_the_joint_verdict_compares_with_the_published_table() -> None:
    def row(errors: tuple[float, ...]) -> dict[str, object]:
        return {"alphas": list(paper.JOINT_ALPHAS), "error": list(errors), "flatness": 0.5}

    published = {way: row(errors) for way, errors in paper.JOINT.items()}
    assert joint_verdict(published, "paper").startswith(AGREES)
    worse = {**published, "joint": row(tuple(2 * e for e in paper.JOINT["fixed"]))}
    assert joint_verdict(worse, "worse").startswith(DIFFERS)


def test_the_published_counts_are_what_they_add_up_to() -> None:
    assert paper.semantic_share() == pytest.approx(323 / 401)


def test_charts_place_points_on_round_axes() -> None:
    assert ticks(-0.9, 2.1) == [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5]
    assert ticks(0, 1)[-1] == 1
    chart = Chart("t", "x", "y", {"a": [(0.0, 0.0), (1.0, 2.0)], "b": [(0.5, float("nan"))]})
    image = chart.draw()
    line = (image == np.array((38, 96, 164))).all(axis=2)
    rows, columns = line[:, 56:404].nonzero()
    assert rows[columns.argmin()] > rows[columns.argmax()]  # it rises
    assert stacked([chart] * 3).shape == (600, 1040, 3)


def test_a_ruler_without_anything_legible_still_measures() -> None:
    held = Ruler({"a": 0.1}, {"a": 1.0}, Seen(np.zeros((2, 1)), np.zeros((2, 1))), np.ones(1))
    assert held.names == ("a",)
