"""SeFa: what the method promises, and the authors' own results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from ganstudio.api import DirectionFinder, FinderOptions, LayerRange, Layers, parse_layers
from ganstudio.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from ganstudio.registry import PluginRegistry
from tests.fakes import TinyGenerator

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "genforce"
RANGES = {"all": "all", "0_1": "0-1", "2_5": "2-5", "6_9": "6-9", "0": "0", "9": "9"}


@pytest.fixture(scope="module")
def finder() -> DirectionFinder:
    return PluginRegistry(SimpleNamespace(load=None)).finder("sefa")


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    torch.manual_seed(1)
    return StyleGAN2(StyleGAN2Config(channels=(24, 16, 8), z_dim=16, w_dim=16, mapping_layers=2))


def options(text: str = "all", count: int = 100, layers: int = 6, **kwargs: object) -> FinderOptions:
    return replace(FinderOptions(parse_layers(text, layers), count=count), **kwargs)  # type: ignore[arg-type]


def test_directions_are_orthonormal_and_in_order(finder: DirectionFinder, generator: StyleGAN2) -> None:
    found = list(finder.find(generator, "f", options()))
    vectors = np.stack([d.vector for d in found])
    assert vectors.shape == (16, 16)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(16), atol=1e-5)
    shares = [d.share for d in found]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_the_first_direction_changes_the_styles_most(finder: DirectionFinder, generator: StyleGAN2) -> None:
    matrix = generator.factor_matrix([2, 3])
    found = list(finder.find(generator, "f", options("2-3", normalise=False)))
    effects = [float((torch.from_numpy(d.vector) @ matrix).square().sum()) for d in found]
    np.testing.assert_allclose(effects, [d.parameters["eigenvalue"] for d in found], rtol=1e-3, atol=1e-4)
    others = torch.nn.functional.normalize(torch.randn(500, 16), dim=1)
    assert float((others @ matrix).square().sum(dim=1).max()) <= effects[0] * (1 + 1e-5)


def test_signs_follow_the_rule(finder: DirectionFinder, generator: StyleGAN2) -> None:
    for direction in finder.find(generator, "f", options()):
        assert direction.vector[np.abs(direction.vector).argmax()] > 0


def test_normalised_eigenvalues_sum_to_the_number_of_units(finder: DirectionFinder, generator: StyleGAN2) -> None:
    units = generator.factor_matrix([0, 1]).shape[1]
    found = list(finder.find(generator, "f", options("0-1")))
    assert sum(d.parameters["eigenvalue"] for d in found) == pytest.approx(units, rel=1e-4)


def test_a_scale_on_the_weights_matters_only_without_normalising(finder: DirectionFinder) -> None:
    class Stretched(TinyGenerator):
        def factor_matrix(self, layers: list[int]) -> Tensor:
            return torch.eye(4) * torch.tensor([1.0, 5.0, 2.0, 3.0])

    raw = list(finder.find(Stretched(), "f", options(layers=4, normalise=False)))
    assert [int(d.vector.argmax()) for d in raw] == [1, 3, 2, 0]
    even = list(finder.find(Stretched(), "f", options(layers=4)))
    assert [d.share for d in even] == pytest.approx([0.25] * 4)


def test_directions_that_nothing_feels_are_not_offered(finder: DirectionFinder) -> None:
    class Narrow(TinyGenerator):
        def factor_matrix(self, layers: list[int]) -> Tensor:
            return torch.tensor([[1.0, 0.5], [0.0, 2.0], [0.0, 0.0], [0.0, 0.0]])

    assert len(list(finder.find(Narrow(), "f", options(layers=4)))) == 2


@pytest.mark.parametrize(("chosen", "expected"), [
    (options(), "sefa:all:0"), (options("2-3"), "sefa:2-3:0"), (options("0,2-3"), "sefa:0,2-3:0"),
    (options("middle"), "sefa:2-5:0"), (options(normalise=False), "sefa:all~raw:0"),
    (options("2-3", apply_to=(LayerRange(0, 2),)), "sefa:2-3@0-1:0"),
    (options("2-3", apply_to=(LayerRange(2, 4),)), "sefa:2-3:0"),
])  # fmt: skip
def test_ids_say_what_was_chosen(
    finder: DirectionFinder, generator: StyleGAN2, chosen: FinderOptions, expected: str
) -> None:
    first = next(iter(finder.find(generator, "f", chosen)))
    assert (first.id, first.name, first.source, first.fingerprint) == (expected, "SeFa 0", "sefa", "f")


def test_directions_found_in_one_range_may_move_another(finder: DirectionFinder, generator: StyleGAN2) -> None:
    here = next(iter(finder.find(generator, "f", options("2-3"))))
    there = next(iter(finder.find(generator, "f", options("2-3", apply_to=(LayerRange(4, 6),)))))
    np.testing.assert_array_equal(here.vector, there.vector)
    assert (here.layers, there.layers) == ((LayerRange(2, 4),), (LayerRange(4, 6),))


def test_a_model_edited_in_z_gets_directions_without_layers(finder: DirectionFinder) -> None:
    class Dense(TinyGenerator):
        space, num_ws, family = "z", 0, "progan"

        def factor_matrix(self, layers: object) -> Tensor:
            return torch.randn(4, 64)

    found = list(finder.find(Dense(), "f", FinderOptions((LayerRange(0, 3),))))  # whatever layers are asked for
    assert {(d.space, d.layers) for d in found} == {("z", ())}
    assert found[0].id == "sefa:all:0"


def test_of_several_maps_from_z_all_count_unless_some_are_named(finder: DirectionFinder) -> None:
    class Chunks(TinyGenerator):
        space, num_ws, family = "z", 3, "biggan"

        def factor_matrix(self, layers: list[int]) -> Tensor:
            return torch.eye(4)[:, list(layers)]

    found = list(finder.find(Chunks(), "f", FinderOptions(())))
    assert len(found) == 3
    assert found[0].id == "sefa:all:0"
    (one,) = finder.find(Chunks(), "f", FinderOptions((LayerRange(1, 2),)))
    assert one.id == "sefa:1:0"
    assert one.layers == ()
    np.testing.assert_array_equal(one.vector, [0, 1, 0, 0])


def test_the_ends_of_all_sliders_change_the_units_equally(finder: DirectionFinder, generator: StyleGAN2) -> None:
    matrix = torch.nn.functional.normalize(generator.factor_matrix(list(range(6))), dim=0)
    for direction in finder.find(generator, "f", options(count=5)):
        low, high = direction.reach
        change = (torch.from_numpy(direction.vector) * high) @ matrix
        assert low == -high
        assert float(change.square().mean().sqrt()) == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize(("layers", "changes", "words"), [
    ((LayerRange(0, 7),), {}, "layers 0-5"), ((), {}, "at least one layer"),
    ((LayerRange(0, 1),), {"count": 0}, "at least one"),
    ((LayerRange(0, 1),), {"apply_to": (LayerRange(5, 9),)}, "Layer 8"),
])  # fmt: skip
def test_options_that_do_not_fit_are_one_sentence(
    finder: DirectionFinder, generator: StyleGAN2, layers: Layers, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        list(finder.find(generator, "f", replace(FinderOptions(layers), **changes)))  # type: ignore[arg-type]


def test_weights_of_zero_are_one_sentence(finder: DirectionFinder) -> None:
    class Blank(TinyGenerator):
        def factor_matrix(self, layers: object) -> Tensor:
            return torch.zeros(4, 4)

    with pytest.raises(ValueError, match="all zero"):
        list(finder.find(Blank(), "f", options(layers=4)))


class Published(TinyGenerator):
    """A generator of the authors' zoo, as far as SeFa looks: its raw weights, in their layout."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        stored = torch.load(next(folder.glob("*.pth")), map_location="cpu", weights_only=True)
        self.weights = stored["generator_smooth"]
        self.num_ws = 10
        if folder.name.startswith("pggan"):
            self.space, self.num_ws = "z", 0

    def factor_matrix(self, layers: list[int]) -> Tensor:
        if self.space == "z":
            return self._weight("layer0.weight").flip(2, 3).permute(1, 0, 2, 3).flatten(1)
        names = [f"layer{i}.style.weight" for i in range(9)]
        last = "output4.style.weight" if self._has("output4.style.weight") else "layer9.style.weight"
        return torch.cat([self._weight([*names, last][i]).T for i in layers], dim=1)

    def _has(self, end: str) -> bool:
        return any(key.endswith(end) for key in self.weights)

    def _weight(self, end: str) -> Tensor:
        return next(value for key, value in self.weights.items() if key.endswith(end))


CASES = [("pggan32", "all"), *((family, key) for family in ("stylegan64", "stylegan2_64") for key in RANGES)]


@pytest.mark.parametrize(("family", "key"), CASES)
def test_the_authors_program_finds_the_same(finder: DirectionFinder, family: str, key: str) -> None:
    folder = FIXTURES / family
    if not folder.is_dir():
        pytest.skip(f"the reference files are not here ({folder})")
    published, generator = np.load(folder / "sefa.npz"), Published(folder)
    layers = parse_layers(RANGES[key], 10) if generator.num_ws else ()
    found = list(finder.find(generator, "f", FinderOptions(layers, count=1000)))
    values, vectors = published[f"eigvals_{key}"], published[f"boundaries_{key}"]
    order = np.argsort(-values)[:len(found)]
    ours = np.array([d.parameters["eigenvalue"] for d in found])
    np.testing.assert_allclose(ours, values[order], rtol=1e-4, atol=1e-4 * values.max())
    for direction, index in zip(found, order, strict=True):
        gap = np.sort(np.abs(values - values[index]))[1]
        agreement = abs(float(direction.vector @ vectors[index]))
        assert agreement > 1 - 1e-4 or gap < 1e-3 * values.max(), f"direction {index}: {agreement}"
