"""What a finished training left is told by what it is."""

from __future__ import annotations

from pathlib import Path

from ganstudio.ui.learned import learned_of

DATA = Path("data")
MODEL, WALK = DATA / "models" / "pond-wide.safetensors", DATA / "directions" / "f00d" / "zoom.safetensors"
ENCODER = DATA / "models" / "regressors" / "pond.safetensors"


def test_what_was_kept_is_known_by_its_place() -> None:
    found = learned_of([MODEL, WALK, ENCODER])
    assert found.models == ("pond-wide",)
    assert found.directions == {"f00d": (WALK,)}
    assert found.other == (ENCODER,)


def test_each_kind_has_its_sentence() -> None:
    said = [learned_of(kept).sentence("Joint", {"pond-wide": "Wide Pond"})
            for kept in ([MODEL, WALK], [WALK], [ENCODER], [])]
    assert "The library has “Wide Pond” now." in said[0]
    assert "sheet of directions" in said[1]
    assert "in use" in said[2]
    assert "nothing came of it" in said[3]
