"""The hand: the view pans while it is held. The canvas itself does the panning, as it does for Space."""

from __future__ import annotations

from PySide6.QtCore import Qt

from ganstudio.ui.canvas_tools.tool import Gesture, PlainTool, Touch


class HandTool(PlainTool):
    """Leaves presses to the canvas."""

    def press(self, touch: Touch) -> Gesture | None:
        """Nothing."""
        return None

    def cursor(self, touch: Touch) -> Qt.CursorShape:
        """An open hand."""
        return Qt.CursorShape.OpenHandCursor
