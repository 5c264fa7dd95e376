"""What can be done with a collage as a whole: its menu and its dialogs, and what is offered without a regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog

from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document
from ganstudio.document.latent import Base
from ganstudio.render.regression import no_regressor
from ganstudio.render.variants import Kind
from ganstudio.ui.actions import Command
from ganstudio.ui.blends_dialog import BlendsDialog
from ganstudio.ui.layers_export import LayersExport
from ganstudio.ui.photo_projection import PhotoProjection
from ganstudio.ui.refine_dialog import RefineDialog
from ganstudio.ui.text import tr
from ganstudio.ui.variants_dialog import VariantsDialog

if TYPE_CHECKING:
    from ganstudio.ui.main_window import MainWindow

UNCROPPED = 0.75
"""How large the collage is in its frame after an uncrop."""
MENU = "refine photo | fills examples automatic uncrop | blends | import_layers export_layers copy_picture"


class Compositions(QObject):
    """Opens each dialog once; it goes with its window."""

    noted = Signal(str, object)
    """A sentence and what is offered; see `Banners.show_note`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._studio = window, window.studio
        self._dialogs: dict[str, QDialog] = {}
        self._told: object = None
        self._studio.live.failed.connect(self._offer)
        self._studio.session.changed.connect(self._tell_unseen)

    def commands(self) -> list[Command]:
        """The Collage menu."""
        return [
            Command("refine", tr("&Refine…"), self.refine, ("Ctrl+Alt+R",)),
            Command("photo", tr("Start from a &Photo…"), self.start_from_photo, ("Ctrl+Alt+P",), "image"),
            Command("fills", tr("&Fill the Rest…"), lambda: self.vary("fills"), ("Ctrl+Alt+F",)),
            Command("examples", tr("&Edit by Example…"), lambda: self.vary("examples"), ("Ctrl+Alt+E",)),
            Command("automatic", tr("&Automatic Collages…"), lambda: self.vary("automatic"), ("Ctrl+Alt+A",)),
            Command("uncrop", tr("&Uncrop"), self.uncrop, ("Ctrl+Alt+U",)),
            Command("import_layers", tr("&Import Layers…"), self.import_layers, ("Ctrl+Alt+O",)),
            Command("export_layers", tr("E&xport Layers…"), self.export_layers, ("Ctrl+Alt+S",)),
            Command("copy_picture", tr("Cop&y Picture"), self._window.stage.desk.clipboard.copy_picture,
                    ("Ctrl+Alt+C",)),
            Command("blends", tr("&Compare with Plain Blending…"), self.compare, ("Ctrl+Alt+B",)),
        ]

    @Slot()
    def refine(self) -> QDialog:
        """From make real to keep faithful."""
        return self._open("refine", lambda: RefineDialog(self._studio, self._window))

    @Slot()
    def start_from_photo(self) -> QDialog:
        """A photo as the start of the picture."""
        def make() -> PhotoProjection:
            dialog = PhotoProjection(self._studio, self._window)
            dialog.projected.connect(self._use)
            return dialog

        return self._open("photo", make)

    def vary(self, kind: Kind) -> QDialog:
        """Other collages to choose from; examples are for the chosen layer."""
        active = self._window.stage.desk.easel.edits.active
        part = active.id if active is not None and kind == "examples" and active.shown else ""
        return self._open(kind, lambda: VariantsDialog(self._studio, kind, part, self._window))

    @Slot()
    def compare(self) -> QDialog:
        """What plain blending would do."""
        return self._open("blends", lambda: BlendsDialog(self._studio, self._window))

    @Slot()
    def import_layers(self) -> None:
        """Layers of another program's file."""
        self._window.stage.desk.sources.ask_for_layers(self._window)

    @Slot()
    def export_layers(self) -> QDialog:
        """The layers for another program."""
        return self._open("layers", lambda: LayersExport(self._window.stage.desk.easel, self._window))

    @Slot()
    def uncrop(self) -> None:
        """The collage smaller in its frame; the model draws what lies around it."""
        edits = self._window.stage.desk.easel.edits
        if edits.collage:
            edits.change(edits.collage.scaled(UNCROPPED), tr("Uncrop"))

    def _open(self, name: str, make: object) -> QDialog:
        """The dialog of that name, made anew unless it is open."""
        if (dialog := self._dialogs.get(name)) is None:
            self._dialogs[name] = dialog = make()
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.finished.connect(lambda: self._dialogs.pop(name, None))
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    @Slot(object)
    def _use(self, base: Base) -> None:
        self._window.panel.edits.set_base(base, tr("Start from Photo"))

    @Slot(object, object)
    def _tell_unseen(self, before: Document, after: Document) -> None:
        """A seed or truncation that was just changed does not show while layers make the picture."""
        session, time = self._studio.session, self._studio.live.time
        one, two = before.look(time), after.look(time)
        new = bool(session.undo_label) and not session.stepping and before.model == after.model
        dragged = session.gesture is not None and session.gesture == self._told
        if new and not dragged and after.collage_at(time).shown and (one.psi != two.psi or not one.base.same(two.base)):
            self._told = session.gesture
            self.noted.emit(tr("Seed and truncation do not show: this picture comes from the layers on the canvas."),
                            ((tr("Hide the Layers"), self._hide_layers),))

    @Slot()
    def _hide_layers(self) -> None:
        edits = self._window.stage.desk.easel.edits
        edits.set_value([p.id for p in edits.collage], tr("Hide Layers"), visible=False)

    @Slot(str)
    def _offer(self, message: str) -> None:
        """Where a regressor is all that is missing: how to get one, and what works without."""
        try:
            missing = message == no_regressor(self._studio.library.load(self._studio.session.document.model.id))
        except ModelError:
            return
        if missing:
            offers = ((tr("Train One…"), self._window.trainings.show_dialog),
                      (tr("Project by Optimisation…"), self.refine))
            self.noted.emit(tr("This model cannot follow parts on the canvas yet."), offers)
