"""One layer in the list: eye, thumbnail, name, what it is, and lock."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ganstudio.document.collage import Part
from ganstudio.ui.name_field import NameField
from ganstudio.ui.text import tr
from ganstudio.ui.theme import colour, set_icon

THUMB = 40
"""Side of a thumbnail in pixels."""


class LayerRow(QFrame):
    """Shows what it is told to and reports what the user wants; the list it stands in takes the mouse."""

    renamed = Signal(str)
    shown = Signal(bool)
    locked = Signal(bool)

    def __init__(self, part_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.part_id = part_id
        self.setProperty("role", "layer")
        self.eye, self.lock = self._button(tr("Show")), self._button(tr("Lock"))
        self.thumb, self.name, self.about = QLabel(self), NameField(self), QLabel(self)
        self._thumb_key: object = None
        self._lay_out()
        self.eye.clicked.connect(self.shown)
        self.lock.clicked.connect(self.locked)
        self.name.renamed.connect(self.renamed)
        self.name.double_clicked.connect(self.name.edit)

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setProperty("quiet", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _lay_out(self) -> None:
        self.thumb.setFixedSize(THUMB, THUMB)
        self.about.setProperty("tone", "dim")
        self.about.setIndent(3)
        for widget in (self.thumb, self.name, self.about):  # the list takes the mouse for them
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, True)
        texts, row = QVBoxLayout(), QHBoxLayout(self)
        texts.setSpacing(0)
        texts.addWidget(self.name)
        texts.addWidget(self.about)
        row.setContentsMargins(6, 3, 6, 3)
        row.setSpacing(6)
        for widget in (self.eye, self.thumb):
            row.addWidget(widget)
        row.addLayout(texts, 1)
        row.addWidget(self.lock)

    def show_part(self, part: Part, chosen: bool, picture: QImage, key: object) -> None:
        """What it looks like now."""
        self.name.show_name(part.name)
        self.setToolTip(tr("{name}: drag to order; Alt + click on the picture shows this layer alone").format(
            name=part.name))
        self.about.setText(facts(part))
        _switch(self.eye, part.visible, "eye", "eye-off")
        _switch(self.lock, part.locked, "lock", "lock-open")
        self.setAccessibleName(part.name)
        margin = 22 if part.group else 6
        self.layout().setContentsMargins(margin, 3, 6, 3)
        if key != self._thumb_key:
            self._thumb_key = key
            self.thumb.setPixmap(thumbnail(picture))
        if bool(self.property("chosen")) != chosen:
            self.setProperty("chosen", chosen)
            self.style().unpolish(self)
            self.style().polish(self)


def _switch(button: QToolButton, on: bool, yes: str, no: str) -> None:
    """A button that shows whether something is so by its icon."""
    button.setChecked(on)
    if button.property("theme_icon") != (wanted := yes if on else no):
        set_icon(button, wanted)


def facts(part: Part) -> str:
    """What a layer is, in a few words."""
    words = [blend_name(part.blend)] if part.blend != "normal" else []
    if part.opacity < 1:
        words.append(tr("{percent} %").format(percent=round(part.opacity * 100)))
    if part.mask.bounds is None:
        words.append(tr("all of it cut away"))
    kind = {"seed": tr("Model"), "photo": tr("Photo"), "fill": tr("Colour"), "picture": tr("Picture")}
    return " · ".join([kind[part.picture.source.kind], *words])


def blend_name(blend: str) -> str:
    """A blend mode in words."""
    return {"normal": tr("Normal"), "multiply": tr("Multiply"), "screen": tr("Screen"), "overlay": tr("Overlay"),
            "soft-light": tr("Soft Light"), "darken": tr("Darken"), "lighten": tr("Lighten"),
            "colour": tr("Colour"), "luminosity": tr("Luminosity")}[blend]


def thumbnail(picture: QImage) -> QPixmap:
    """A picture on a ground that shows what is transparent."""
    pixmap = QPixmap(THUMB, THUMB)
    pixmap.fill(colour("check_dark"))
    painter = QPainter(pixmap)
    half = THUMB // 2
    painter.fillRect(0, 0, half, half, colour("check_light"))
    painter.fillRect(half, half, half, half, colour("check_light"))
    small = picture.scaled(QSize(THUMB, THUMB), Qt.AspectRatioMode.KeepAspectRatio,
                           Qt.TransformationMode.SmoothTransformation)
    painter.drawImage((THUMB - small.width()) // 2, (THUMB - small.height()) // 2, small)
    painter.end()
    return pixmap
