"""How the program looks: two sets of colours, one style sheet made from them, and icons in those colours.

Colours and style sheet are files in `resources/theme`, so a look is changed without touching code. Widgets that paint
themselves ask `colour(name)`; icons are given out by `set_icon`, which remembers them for a change of theme.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from weakref import WeakSet

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication
from shiboken6 import Shiboken

from ganstudio.resources import resource

THEMES = ("dark", "light")
ICON_SIDES = (16, 20, 24, 32, 48, 64)
"""Sides in pixels at which icons are drawn, up to a 2x screen."""

_current = "dark"
_icon_owners: WeakSet[QObject] = WeakSet()


@cache
def tokens(theme: str) -> dict[str, str]:
    """The colours of a theme by what they are for, such as `text` or `accent`."""
    return tomllib.loads(resource("theme", f"{theme}.toml").read_text("utf-8"))


def current_theme() -> str:
    """The theme in use."""
    return _current


def colour(name: str) -> QColor:
    """A colour of the theme in use."""
    return QColor(tokens(_current)[name])


def apply_theme(app: QApplication, theme: str) -> None:
    """Give the whole program a look, "system" being the desktop's; icons already given out follow."""
    global _current
    light = theme == "light" or (theme == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Light)
    _current = "light" if light else "dark"
    app.setStyle("Fusion")
    app.setPalette(_palette())
    app.setStyleSheet(style_sheet(_current))
    for owner in [o for o in _icon_owners if Shiboken.isValid(o)]:
        _refresh_icon(owner)


def style_sheet(theme: str) -> str:
    """The style sheet with the theme's colours filled in; KeyError when it names a colour that no theme has."""
    values = {**tokens(theme), "icons": resource("icons").as_posix()}
    return re.sub(r"@(\w+)@", lambda match: values[match[1]], resource("theme", "style.qss").read_text("utf-8"))


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: "window", QPalette.ColorRole.WindowText: "text", QPalette.ColorRole.Base: "field",
        QPalette.ColorRole.AlternateBase: "panel", QPalette.ColorRole.Text: "text", QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text", QPalette.ColorRole.BrightText: "error",
        QPalette.ColorRole.Highlight: "accent", QPalette.ColorRole.HighlightedText: "accent_text",
        QPalette.ColorRole.ToolTipBase: "raised", QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.PlaceholderText: "dim", QPalette.ColorRole.Link: "bright", QPalette.ColorRole.Mid: "border",
        QPalette.ColorRole.Accent: "accent",
    }
    for role, name in roles.items():
        palette.setColor(role, colour(name))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, colour("disabled"))
    return palette


def icon(name: str, tint: str = "text", checked: str | None = None) -> QIcon:
    """An icon of `resources/icons` in a colour of the theme; `checked` names the icon for the switched-on state."""
    made = QIcon()
    for side in ICON_SIDES:
        made.addPixmap(_pixmap(name, side, tint), QIcon.Mode.Normal, QIcon.State.Off)
        made.addPixmap(_pixmap(name, side, "disabled"), QIcon.Mode.Disabled, QIcon.State.Off)
        if checked is not None:
            made.addPixmap(_pixmap(checked, side, "star"), QIcon.Mode.Normal, QIcon.State.On)
    return made


def app_icon() -> QIcon:
    """The program's own icon, in its own colours."""
    return QIcon(str(resource("icons", "app.svg")))


def set_icon(owner: QAbstractButton | QAction, name: str, checked: str | None = None, side: int = 16,
             tint: str = "text") -> None:
    """Show an icon on a button or action, in the theme's colours now and after a change of theme."""
    owner.setProperty("theme_icon", name)
    owner.setProperty("theme_icon_checked", checked or "")
    owner.setProperty("theme_icon_tint", tint)
    if isinstance(owner, QAbstractButton):
        owner.setIconSize(QSize(side, side))
    _icon_owners.add(owner)
    _refresh_icon(owner)


def _refresh_icon(owner: QObject) -> None:
    checked = owner.property("theme_icon_checked") or None
    owner.setIcon(icon(owner.property("theme_icon"), owner.property("theme_icon_tint"), checked))


def _pixmap(name: str, side: int, tint: str) -> QPixmap:
    return _drawn(name, side, colour(tint).name())


@cache
def _drawn(name: str, side: int, ink: str) -> QPixmap:
    drawing = resource("icons", f"{name}.svg").read_text("utf-8").replace("currentColor", ink)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    if not renderer.isValid():
        raise ValueError(f"The icon “{name}” is no drawing that can be read.")
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    return pixmap
