"""The program in a real window: `python -m tests.window [SCREENSHOT]` drags a slider on a virtual screen.

Starts Xvfb, opens the editor on the built-in model with a data folder of its own, presses the mouse on the first slider
through the X server, drags it, and looks at the screen. The exit status is 0 only if the document's alpha followed the
mouse, the last frame shows the last position, and the picture on screen changed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch  # noqa: F401  before Qt, see main.py
from PIL import Image
from PySide6.QtCore import QObject, QPoint, QTimer, Slot
from PySide6.QtWidgets import QApplication, QWidget

from ganstudio.app import Editor, run
from ganstudio.render.shot import Shot
from ganstudio.ui.alpha_groove import AlphaGroove
from ganstudio.ui.direction_row import DirectionRow
from ganstudio.ui.preview import Preview

SCREEN = "1440x900x24"
PATIENCE = 90.0
"""Seconds to wait for anything on a slow machine."""


def start_screen(number: int = 93) -> subprocess.Popen[bytes]:
    """A virtual screen, made the one that Qt and xdotool use."""
    os.environ.update(DISPLAY=f":{number}", QT_QPA_PLATFORM="xcb")
    screen = subprocess.Popen(["Xvfb", f":{number}", "-screen", "0", SCREEN], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not Path(f"/tmp/.X11-unix/X{number}").exists():
        if screen.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("Xvfb did not start.")
        time.sleep(0.05)
    return screen


def xdotool(*words: object) -> None:
    """Move and press the mouse through the X server, as a hand would."""
    subprocess.run(["xdotool", *map(str, words)], check=True)


class Hand(QObject):
    """Plays a script of mouse moves and waits: a generator that yields what it waits for."""

    def __init__(self, editor: Editor, folder: Path) -> None:
        super().__init__(editor.window)
        self.window, self.studio, self.folder = editor.window, editor.studio, folder
        self.painted: list[Shot] = []
        self.verdict = "The script did not end."
        self._script = self._play()
        self._ready: Callable[[], object] = lambda: True
        self._deadline = time.monotonic() + PATIENCE
        self._preview: Preview = editor.window.stage.preview
        self._preview.painted.connect(self._note)
        self._timer = QTimer(self, interval=20)
        self._timer.timeout.connect(self._step)
        self._timer.start()

    @Slot(object)
    def _note(self, shot: Shot) -> None:
        self.painted.append(shot)

    @Slot()
    def _step(self) -> None:
        if time.monotonic() > self._deadline:
            self._leave("Nothing happened for too long.")
        elif self._ready():
            self._ready, self._deadline = next(self._script), time.monotonic() + PATIENCE

    def _leave(self, verdict: str) -> None:
        self.verdict = verdict
        self._timer.stop()
        QApplication.exit(0)

    def _play(self) -> Iterator[Callable[[], object]]:
        yield lambda: self.painted and self.window.findChildren(DirectionRow)
        yield self._pause(1.0)
        groove = self.window.findChildren(DirectionRow)[0].findChild(AlphaGroove)
        x, y = _middle(groove)
        before = self._screen("before")
        xdotool("mousemove", x, y, "mousedown", 1)
        for step in range(1, 21):
            xdotool("mousemove", x + groove.width() * step // 50, y)
            yield self._pause(0.02)
        xdotool("mouseup", 1)
        yield lambda: self.painted[-1].document is self.studio.session.document and self.painted[-1].quality == "full"
        yield self._pause(1.0)
        self._leave(self._judge(before, self._screen("after")))
        yield lambda: False

    def _judge(self, before: np.ndarray, after: np.ndarray) -> str:
        alpha = self.studio.session.document.latent.edits[0].alpha
        difference = float(np.abs(after - before).mean())
        print(f"alpha {alpha:.2f}, the picture changed by {difference:.1f} of 255 on average, "
              f"{len(self.painted)} frames painted, one undo step: {self.studio.session.undo_label!r}")
        if abs(alpha) < 0.1:
            return "The slider did not follow the mouse."
        return "" if difference > 1.0 else "The picture on screen did not change."

    def _screen(self, name: str) -> np.ndarray:
        path = self.folder / f"{name}.png"
        subprocess.run(["import", "-window", "root", str(path)], check=True)
        corner, size = self._preview.mapToGlobal(QPoint(0, 0)), self._preview.size()
        with Image.open(path) as picture:
            box = (corner.x(), corner.y(), corner.x() + size.width(), corner.y() + size.height())
            return np.asarray(picture.convert("RGB").crop(box), dtype=np.float32)

    @staticmethod
    def _pause(seconds: float) -> Callable[[], object]:
        end = time.monotonic() + seconds
        return lambda: time.monotonic() >= end


def _middle(widget: QWidget) -> tuple[int, int]:
    point = widget.mapToGlobal(widget.rect().center())
    return point.x(), point.y()


def main() -> int:
    """Run the check; prints what was seen."""
    screen = start_screen()
    hands: list[Hand] = []
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["GANSTUDIO_DATA"] = folder
            run(["ganstudio"], lambda editor: hands.append(Hand(editor, Path(folder))))
            if len(sys.argv) > 1:
                Path(sys.argv[1]).write_bytes((Path(folder) / "after.png").read_bytes())
    finally:
        screen.terminate()
        screen.wait()
    verdict = hands[0].verdict if hands else "The window did not open."
    print(verdict or "The slider was dragged and the picture followed.")
    return 1 if verdict else 0


if __name__ == "__main__":
    sys.exit(main())
