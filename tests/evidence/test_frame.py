"""The frame of studies: what was found is kept, a stop loses nothing, and what has not been run says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.evidence.frame import (
    NOT_MEASURED,
    NOT_RUN,
    EvidenceError,
    Experiment,
    Place,
    Records,
    Study,
    figure,
    pictures,
    run,
    table,
)


class Bench:
    """A study of two experiments, the second of which can be interrupted; counts how often each is run."""

    def __init__(self, folder: Path, weights: str = "aa") -> None:
        self.ran: list[str] = []
        self.stop = False
        self.place = Place(folder / "out", folder / "scratch")
        self.study = Study("bench", {"weights": weights}, [
            Experiment("length", "how long", lambda place: self._ran("length", {"metres": 2.0, "none": float("nan")})),
            Experiment("weight", "how heavy", lambda place: self._ran("weight", {"kilos": {"net": 3.5}})),
        ], self._report)

    def _ran(self, name: str, figures: dict[str, Any]) -> dict[str, Any]:
        if self.stop and name == "weight":
            raise KeyboardInterrupt
        self.ran.append(name)
        return figures

    def _report(self, found: Records) -> str:
        lengths = [figure(found, "length", name) for name in ("metres", "none")]
        return table(("metres", "none", "kilos"), [[*lengths, figure(found, "weight", "kilos", "net")]])

    def run(self, **options: Any) -> str:
        run(self.study, self.place, say=lambda line: None, **options)
        return self.text

    @property
    def text(self) -> str:
        return (self.place.output / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_all_that_was_found_is_in_the_report_with_how_it_was_found(bench: Bench) -> None:
    text = bench.run(command="python -m this")
    assert f"| 2.000 | {NOT_MEASURED} | 3.500 |" in text
    assert text.count("`python -m this`") == 2
    assert "weights: aa" in text
    assert NOT_RUN not in text


def test_after_a_stop_the_report_stands_and_only_the_rest_is_run(bench: Bench) -> None:
    bench.stop = True
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert f"| 2.000 | {NOT_MEASURED} | {NOT_RUN} |" in bench.text
    bench.stop = False
    assert NOT_RUN not in bench.run()
    assert bench.ran == ["length", "weight"]


def test_only_what_is_asked_for_is_run_and_again_when_wished(bench: Bench) -> None:
    bench.run(only="weight")
    bench.run(only="weight")
    assert bench.ran == ["weight"]
    assert f"| {NOT_RUN} | {NOT_RUN} | 3.500 |" in bench.text
    bench.run(only="weight", again=True)
    assert bench.ran == ["weight", "weight"]


def test_figures_of_other_weights_do_not_count(bench: Bench, tmp_path: Path) -> None:
    bench.run()
    other = Bench(tmp_path, weights="bb")
    assert f"| {NOT_RUN} | {NOT_RUN} | 3.500 |" in other.run(only="weight")


@pytest.mark.parametrize("content", ["", "{", "[1]", json.dumps({"experiment": "length"})])
def test_a_damaged_record_is_run_anew(bench: Bench, content: str) -> None:
    bench.run()
    (bench.place.output / "figures" / "length.json").write_text(content)
    assert NOT_RUN not in bench.run()
    assert bench.ran == ["length", "weight", "length"]


def test_an_experiment_that_is_not_there_is_refused_by_naming_those_that_are(bench: Bench) -> None:
    with pytest.raises(EvidenceError, match="no experiment “breadth”; there are length, weight"):
        bench.run(only="breadth")


def test_pictures_are_shown_where_the_experiment_wrote_them(tmp_path: Path) -> None:
    place = Place(tmp_path / "out", tmp_path / "scratch")

    def drawing(place: Place) -> dict[str, float]:
        place.picture("red", np.full((4, 4, 3), (255, 0, 0), np.uint8))
        return {}

    study = Study("art", {}, [Experiment("draw", "", drawing), Experiment("think", "", lambda place: {})],
                  lambda found: pictures(found, "draw") + pictures(found, "think"))
    run(study, place, only="think", say=lambda line: None)
    assert "![" not in (place.output / "README.md").read_text()
    run(study, place, say=lambda line: None)
    assert (place.output / "README.md").read_text().count("![red](red.png)") == 1
    assert (place.output / "red.png").exists()


def test_a_kept_array_is_made_once(bench: Bench) -> None:
    made: list[int] = []

    def make() -> np.ndarray:
        made.append(1)
        return np.arange(3.0)

    first, second = (bench.place.kept("deep/numbers", make) for _ in range(2))
    assert first.tolist() == second.tolist() == [0.0, 1.0, 2.0]
    assert len(made) == 1


def test_pictures_of_many_colours_are_kept_small_and_those_of_few_exact(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path)
    ramp = np.linspace(0, 255, 96 * 96 * 3).reshape(96, 96, 3).astype(np.uint8)
    many, few = np.random.default_rng(0).permuted(ramp, axis=1), ramp // 128 * 128
    for name, pixels in (("many", many), ("few", few)):
        place.picture(name, pixels)
    read = {name: np.asarray(Image.open(tmp_path / f"{name}.png").convert("RGB")) for name in ("many", "few")}
    assert (read["few"] == few).all()
    assert len(np.unique(read["many"].reshape(-1, 3), axis=0)) <= 256
    assert np.abs(read["many"].astype(int) - many).mean() < 12
