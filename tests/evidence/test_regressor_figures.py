"""What the regressor's study measures, on an exact generator and an exact regressor, where every figure is known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from ganstudio.checkpoints.native import LoadedModel, ModelInfo
from ganstudio.registry import PluginRegistry
from ganstudio.render.bench import Bench
from ganstudio.training.factor_reader import FactorReader
from ganstudio.worlds.landscape import Landscape
from tests.evidence.regressor import paper
from tests.evidence.regressor.blends import WAYS, distances
from tests.evidence.regressor.figures import Realism, l1, masked_l1
from tests.evidence.regressor.independence import change_map, changes
from tests.evidence.regressor.inputs import QUICK, Inputs, in_batches
from tests.evidence.regressor.scenes import Edits, Scenes, automatic, edited, edits, scenes
from tests.evidence.regressor.variants import at_cutoff
from tests.fakes import TinyGenerator
from tests.models import TINY, TinyLibrary
from tests.regressors import ExactRegressor, mean_difference

QUARTER = (slice(0, 16), slice(0, 16))


@pytest.fixture
def inputs() -> Inputs:
    torch.manual_seed(3)
    model = LoadedModel(ModelInfo(Path("tiny.safetensors"), "tiny", {}, {"name": "Tiny"}), TinyGenerator(),
                        TINY.fingerprint)
    bench = Bench(model, model.generator, torch.device("cpu"), mean_difference, ExactRegressor())
    reader = FactorReader(32).eval().requires_grad_(False)
    return Inputs("tiny", bench, PluginRegistry(TinyLibrary()), reader, Landscape(0.25), QUICK, seed=0)


def corner() -> Tensor:
    """A mask of the first quarter."""
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., *QUARTER] = 1
    return mask


@pytest.fixture
def replaced(inputs: Inputs) -> Edits:
    """Two contexts whose first quarter is replaced by their targets'."""
    context, target = inputs.samples(4, series=0).chunk(2)
    return Edits(context, target, corner().expand(2, -1, -1, -1), corner().expand(2, -1, -1, -1))


def test_only_what_counts_is_measured_and_pictures_where_nothing_counts_are_left_out() -> None:
    one, other = torch.zeros(3, 3, 32, 32), torch.zeros(3, 3, 32, 32)
    other[0, :, *QUARTER], other[1, :, *QUARTER], other[:, :, 16:] = 0.5, 1.0, 9.0
    mask = torch.cat([corner(), corner(), torch.zeros(1, 1, 32, 32)])
    assert masked_l1(one, other, mask) == pytest.approx(0.75)
    nothing = masked_l1(one, other, torch.zeros_like(mask))
    assert nothing != nothing
    assert l1(one, one + 0.25) == pytest.approx(0.25)


def test_exact_composition_is_the_collage_and_blends_are_half_way(inputs: Inputs, replaced: Edits) -> None:
    found = {name: distances(way(inputs, replaced), replaced) for name, (_, way) in WAYS.items()}
    apart = {"context": masked_l1(replaced.context, replaced.target, replaced.outside),
             "target": masked_l1(replaced.context, replaced.target, replaced.new)}
    for name in ("composition", "paste"):
        assert found[name] == pytest.approx({"context": 0, "target": 0, "collage": 0}, abs=1e-5)
    for name in ("latent", "pixel"):
        assert found[name]["context"] == pytest.approx(apart["context"] / 2, abs=1e-5)
        assert found[name]["target"] == pytest.approx(apart["target"] / 2, abs=1e-5)
    assert found["unedited"]["context"] == pytest.approx(0, abs=1e-5)
    assert found["unedited"]["target"] == pytest.approx(apart["target"], abs=1e-5)


def test_poisson_blending_keeps_what_lies_outside_and_shifts_the_flat_part_to_its_border(
        inputs: Inputs, replaced: Edits) -> None:
    result = WAYS["poisson"][1](inputs, replaced)
    assert distances(result, replaced)["context"] == 0
    assert l1(result, replaced.context.clamp(-1, 1)) < l1(replaced.collage, replaced.context)


def test_what_is_left_of_the_old_part_is_hidden(inputs: Inputs) -> None:
    context, target = inputs.samples(2, series=0).chunk(2)
    old, new = corner(), torch.zeros(1, 1, 32, 32)
    new[..., :16, 8:24] = 1
    these = Edits(context, target, old, new)
    assert these.visible[0, 0, 4, 4] == 0
    assert these.visible[0, 0, 4, 20] == these.visible[0, 0, 20, 20] == 1
    assert these.outside[0, 0, :16, :24].sum() == 0
    assert these.outside[0, 0, 16:].mean() == 1
    assert torch.equal(these.collage[..., :16, 8:24], target[..., :16, 8:24])
    assert torch.equal(these.collage[..., 16:, :], context[..., 16:, :])


def test_an_exact_regressor_moves_nothing_outside_and_a_latent_blend_does(inputs: Inputs, replaced: Edits) -> None:
    before = WAYS["unedited"][1](inputs, replaced)
    composed, blended = (WAYS[name][1](inputs, replaced) for name in ("composition", "latent"))
    assert changes(before, composed, replaced.outside)["outside"] == pytest.approx(0, abs=1e-6)
    assert changes(before, composed, replaced.outside)["inside"] > 0.1
    assert changes(before, blended, replaced.outside)["outside"] > 0.1
    moved = change_map(before, composed)
    assert moved[0, 0, 16:].max() < 1e-6
    assert moved[0, 0, :16, :16].min() > 0


def test_parts_that_are_hardly_there_are_not_replaced_and_no_picture_is_its_own_target() -> None:
    images = torch.arange(5.0)[:, None, None, None].expand(-1, 3, 32, 32) / 5
    house = corner().repeat(5, 1, 1, 1)
    house[2] = 0
    found = Scenes(images, {"sky": 1 - house, "house": house, "trees": torch.zeros_like(house)})
    these = edits(found, "house", 10)
    assert (these.context[:, 0, 0, 0] * 5).round().tolist() == [0, 1, 3, 4]
    assert (these.target[:, 0, 0, 0] * 5).round().tolist() == [1, 3, 4, 0]
    assert len(edits(found, "house", 2).context) == 2
    assert len(edits(found, "trees", 10).context) == 0


def test_another_sky_is_laid_only_where_sky_was() -> None:
    upper, lower = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    upper[..., :10, :], lower[..., :20, :] = 1, 1
    low, high = (Scenes(torch.full((1, 3, 32, 32), v), {"sky": s}) for v, s in ((-1.0, upper), (1.0, lower)))
    these = edited(low, high, "sky")
    assert torch.equal(these.new, upper)
    assert torch.equal(these.collage[:, :1], upper * 2 - 1)
    assert edited(high, low, "sky").visible[0, 0, 15].max() == 0  # sky was there, and the other has none to give


def test_automatic_collages_have_their_parts_from_others_and_hide_what_nobody_gives() -> None:
    images = torch.arange(4.0)[:, None, None, None].expand(-1, 3, 32, 32).clone()
    sky, house = torch.zeros(4, 1, 32, 32), torch.zeros(4, 1, 32, 32)
    sky[..., :10, :], house[1:, :, 20:24, 8:12] = 1, 1
    collages, masks = automatic(Scenes(images, {"sky": sky, "house": house, "trees": torch.zeros_like(sky)}))
    number = torch.arange(4)
    assert (collages[:, 0, 5, 5] == (number - 1) % 4).all()
    assert collages[:, 0, 15, 15].tolist() == [0, 1, 2, 3]
    giver = (number - 2) % 4
    given = giver > 0
    assert (collages[given, 0, 22, 10] == giver[given]).all()
    assert masks[:, 0, 22, 10].tolist() == [1, 1, 0, 1]  # the third has lost its house, and gets none
    assert masks[:, 0, :20].min() == 1


def test_realism_is_nothing_against_oneself_and_grows_with_a_change(inputs: Inputs) -> None:
    images = torch.rand(24, 3, 32, 32) * 2 - 1
    realism = Realism(inputs.reader, inputs.realism.read(images))
    assert realism.distance(images) == pytest.approx(0, abs=1e-3)
    assert realism.distance(images * 0.5) > realism.distance(images * 0.9) > 1e-3
    assert realism.neighbours(images)["coverage"] == 1


def test_an_exact_regressor_has_no_error_at_any_share(inputs: Inputs) -> None:
    whole = at_cutoff(inputs, inputs.regressor, 1.0, 8)
    assert whole["share"] == 1
    assert whole["visible"] == whole["whole"] == pytest.approx(0, abs=1e-5)
    assert whole["hidden"] != whole["hidden"]
    half = at_cutoff(inputs, inputs.regressor, 0.5, 8)
    assert 0.3 < half["share"] < 0.7
    assert half["visible"] == pytest.approx(0, abs=1e-5)


def test_samples_and_renders_have_their_parts_beside_them_and_series_differ(inputs: Inputs) -> None:
    renders, samples = scenes(inputs, "renders", 3), scenes(inputs, "samples", 3)
    assert renders.images.shape == samples.images.shape == (3, 3, 32, 32)
    assert set(renders.parts) == set(samples.parts) == {"sky", "house", "trees"}
    assert torch.equal(renders.images, scenes(inputs, "renders", 3).images)
    assert not torch.equal(renders.images, scenes(inputs, "renders", 3, series=1).images)
    assert not torch.equal(samples.images, scenes(inputs, "samples", 3, series=1).images)


def test_batches_are_put_together_in_order() -> None:
    assert in_batches(lambda a, b: a + b, torch.arange(70), 2 * torch.arange(70)).tolist() == [3 * i for i in range(70)]


def test_the_published_figures_agree_with_themselves() -> None:
    figures = {edit: {way: dict(zip(paper.REFERENCES, row, strict=True)) for way, row in ways.items()}
               for edit, ways in paper.PUBLISHED.items()}
    assert {said for *_, said in paper.verdicts(figures)} == {"as there"}
    assert paper.published_share("latent", "collage") == pytest.approx((0.188 / 0.288, 0.26 / 0.37))


def test_what_differs_from_the_paper_is_told_by_the_numbers() -> None:
    def ours(share: float) -> str:
        ways = {"composition": {"target": 0.2 * share, "context": None, "collage": None},
                "latent": dict.fromkeys(paper.REFERENCES, 0.2), "pixel": dict.fromkeys(paper.REFERENCES)}
        (found,) = paper.verdicts({"house": ways})
        assert found[:3] == ("house", "latent", "target")
        return found[-1]

    assert [ours(share) for share in (0.3, 0.7, 0.95, 1.2)] == ["more", "as there", "less", paper.REVERSED]
