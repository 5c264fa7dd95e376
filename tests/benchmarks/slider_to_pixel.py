"""How long a picture takes to follow the hand: `python -m tests.benchmarks.slider_to_pixel [MODEL] [--moves N]`.

Opens the whole program on a model of the library (the built-in one by default), drags the first slider in 400 moves
8 ms apart (a mouse at 125 Hz), and prints, against their limits: the time from a move to the first painted frame at or
after it (p95 at most 2 renders + 10 ms), how long a painted frame had been out of date (at most 1.3 times its own
render: a render that the machine itself made late is no older for it), and whether the last frame is the last
position. Run it on an idle machine, offscreen or in a real window; the exit status is 1 when a limit is broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch  # noqa: F401  before Qt, see main.py
from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Slot
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ganstudio.app import Editor, run
from ganstudio.document.document import Document
from ganstudio.render.shot import Frame, Shot

PACE = 8
"""Milliseconds between two moves."""
RENDERS, SLACK, OLD = 2.0, 0.010, 1.3
Left, No = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@dataclass
class Seen:
    """What happened when: (seconds, document) of each move and each painted frame, and what each render took, in
    seconds by the document it shows.
    """

    moves: list[tuple[float, Document]] = field(default_factory=list)
    painted: list[tuple[float, Document]] = field(default_factory=list)
    renders: dict[int, float] = field(default_factory=dict)

    def numbers(self) -> list[tuple[float, int]]:
        """(seconds, number of the move) of each painted frame of the drag."""
        place = {id(document): i for i, (_, document) in enumerate(self.moves)}
        return [(t, place[id(d)]) for t, d in self.painted if id(d) in place]

    def latencies(self) -> np.ndarray:
        """Seconds from each move to the first painted frame at or after it."""
        frames = self.numbers()
        found = (next((t - start for t, n in frames if n >= i), np.inf) for i, (start, _) in enumerate(self.moves))
        return np.array(list(found))

    def ages(self) -> np.ndarray:
        """Seconds that each painted frame had been out of date when it was painted, and those its render took, [n, 2].
        """
        times = [t for t, _ in self.moves]
        return np.array([(max(0.0, t - times[n + 1]) if n + 1 < len(times) else 0.0,
                          self.renders[id(self.moves[n][1])]) for t, n in self.numbers()])


class Drag(QObject):
    """Drags once the program has settled, then leaves."""

    def __init__(self, editor: Editor, model: str, moves: int) -> None:
        super().__init__(editor)
        self.editor, self.count, self.seen = editor, moves, Seen()
        self._last = editor.studio.session.document
        preview = editor.window.stage.preview
        preview.painted.connect(self._paint)
        editor.studio.live.frame.connect(self._frame)
        editor.studio.session.changed.connect(self._change)
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer, interval=PACE)
        self._timer.timeout.connect(self._move)
        self._step = -1
        if model:
            editor.studio.opening.open_model(model)
        QTimer.singleShot(6000, self, self._press)

    @Slot()
    def _press(self) -> None:
        self.editor.studio.gpu.wait_until_idle(60)
        QApplication.processEvents()
        self.groove = next(iter(self.editor.window.panel.rows.values())).slider.groove
        self._start = QPoint(round(self.groove.x_of(0.0)), self.groove.height() // 2)
        QTest.mousePress(self.groove, Left, No, self._start)
        self.seen.renders.clear()
        self._step = 0
        self._timer.start()

    @Slot()
    def _move(self) -> None:
        self._step += 1
        if self._step > self.count:
            self._timer.stop()
            QTimer.singleShot(1500, self, self._leave)
            return
        reach = self.groove.width() // 2 - 12
        swing = round(reach * np.sin(self._step / self.count * 9 * np.pi))
        QTest.mouseEvent(QTest.MouseAction.MouseMove, self.groove, Left, No, self._start + QPoint(swing, 0))

    @Slot()
    def _leave(self) -> None:
        QTest.mouseRelease(self.groove, Left, No, self._start)
        QApplication.exit(0)

    @Slot(object, object)
    def _change(self, before: Document, after: Document) -> None:
        if before is not after and 0 < self._step <= self.count:
            self.seen.moves.append((perf_counter(), after))

    @Slot(object)
    def _frame(self, frame: Frame) -> None:
        if self._step >= 0:
            self.seen.renders[id(frame.shot.document)] = frame.seconds

    @Slot(object)
    def _paint(self, shot: Shot) -> None:
        if self._step >= 0:
            self.seen.painted.append((perf_counter(), shot.document))


def report(seen: Seen) -> bool:
    """Print the figures; whether all limits hold."""
    renders = np.array(list(seen.renders.values()))
    render, late, ages = float(np.median(renders)), seen.latencies(), seen.ages()
    old = ages[:, 0] / ages[:, 1]
    limit, p95 = RENDERS * render + SLACK, float(np.percentile(late, 95))
    last = seen.painted[-1][1] is seen.moves[-1][1]
    print(f"{len(seen.moves)} moves, {len(seen.numbers())} frames painted, a render takes {render * 1000:.1f} ms "
          f"(p95 {np.percentile(renders, 95) * 1000:.1f})")
    print(f"move to pixel: p50 {np.median(late) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, "
          f"limit {limit * 1000:.1f} ms, ratio {p95 / limit:.2f}")
    print(f"out of date when painted: at most {old.max():.2f} of its render (p95 {np.percentile(old, 95):.2f}; of the "
          f"median render {ages[:, 0].max() / render:.2f} and {np.percentile(ages[:, 0], 95) / render:.2f}), "
          f"limit {OLD}, ratio {old.max() / OLD:.2f}")
    print(f"the last frame is the last position: {last}")
    return bool(p95 <= limit and old.max() <= OLD and last)


def main() -> int:
    """Measure in a data folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="", help="an id of the library; without one, the first")
    parser.add_argument("--moves", type=int, default=400)
    arguments = parser.parse_args()
    drags: list[Drag] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("GANSTUDIO_DATA", folder)

        def begin(editor: Editor) -> None:
            editor.window.files.ask = lambda: "discard"
            drags.append(Drag(editor, arguments.model, arguments.moves))

        run(["ganstudio"], begin)
    return 0 if report(drags[0].seen) else 1


if __name__ == "__main__":
    sys.exit(main())
