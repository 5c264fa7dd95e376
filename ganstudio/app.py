"""The editor: builds everything once, wires it, and runs until the window is closed."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QSocketNotifier, QTranslator, Signal, Slot
from PySide6.QtWidgets import QApplication

from ganstudio.checkpoints.library import ModelLibrary
from ganstudio.checkpoints.native import ModelError
from ganstudio.document.document import Document, ModelRef
from ganstudio.document.latent import Base, Latent
from ganstudio.gpu import Gpu
from ganstudio.registry import PluginRegistry
from ganstudio.regressors import Regressors
from ganstudio.render.export_plan import ExportError
from ganstudio.render.renderer import Renderer
from ganstudio.render.shot import RenderError
from ganstudio.resources import resource
from ganstudio.session.jobs import Jobs
from ganstudio.session.live import Live
from ganstudio.session.opening import Opening
from ganstudio.session.preferences import Preferences
from ganstudio.session.recovery import Recovered, Recovery
from ganstudio.session.session import Session
from ganstudio.session.shelves import Shelves
from ganstudio.session.studio import Studio
from ganstudio.settings import Settings, user_data
from ganstudio.ui.main_window import MainWindow
from ganstudio.ui.text import tr
from ganstudio.ui.theme import app_icon, apply_theme

log = logging.getLogger(__name__)

NOTHING = Document(ModelRef("", ""), Latent(Base(np.zeros(1, np.float32))))
"""What is open before any model is."""


def build_library(preferences: Preferences) -> ModelLibrary:
    """The models that come with the program, the user's own, and the files the user added."""
    library = ModelLibrary((resource("models"), user_data() / "models"))
    for path in preferences.value.models:
        try:
            library.add(Path(path))
        except ModelError as error:
            log.warning("A model file is not there any more: %s", error)
    return library


def build_studio(library: ModelLibrary | None = None) -> Studio:
    """All services, running; `close_studio` ends them. Nothing is open yet."""
    preferences = Preferences()
    library = library or build_library(preferences)
    registry, shelves = PluginRegistry(library), Shelves()
    regressors = Regressors(registry)
    renderer = Renderer(library, preferences.value.device, sight=regressors, beside_others=True)
    gpu = Gpu(renderer.render, expected=(RenderError, ModelError, ExportError))
    session, jobs = Session(NOTHING), Jobs(gpu)
    opening = Opening(session, jobs, library, registry, shelves, preferences)
    studio = Studio(session, Live(session, gpu), jobs, gpu, library, renderer, registry, preferences, shelves, opening)
    gpu.start()
    return studio


def close_studio(studio: Studio) -> None:
    """End the worker; jobs under way leave nothing half-written."""
    studio.gpu.stop()


class Editor(QObject):
    """The window with what belongs to it alone: theme, device, notices from the worker, recovery."""

    noticed = Signal(str)
    """One sentence from the worker's thread."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.window = MainWindow(studio)
        self._restoring: Recovered | None = None
        self.recovery = Recovery(studio.session, studio.preferences, parent=self)
        studio.renderer.notice = self.noticed.emit
        self.noticed.connect(self.window.stage.banners.show_lasting_note)
        self.recovery.failed.connect(self.window.stage.banners.show_lasting_error)
        self.window.closing.connect(self._close)
        studio.opening.opened.connect(self._take_over)
        studio.opening.opened.connect(self._check_model)
        studio.preferences.changed.connect(self._follow)

    def start(self, paths: Sequence[Path] = ()) -> None:
        """Show the window with what was asked for, or with the first model there is; offer what a crash left."""
        self.window.show()
        if paths:
            self.window.files.open_all(paths)
        else:
            self._open_first_model()
        for recovered in self.recovery.found():
            self._offer(recovered)

    def _open_first_model(self) -> None:
        entry = next((e for e in self.studio.library.entries() if e.available), None)
        if entry is not None:
            self.studio.opening.open_model(entry.id)
        else:
            self.window.stage.banners.show_note(tr("There is no model yet: get one in the library, or drop one here."))

    def _offer(self, recovered: Recovered) -> None:
        name = recovered.original.stem if recovered.original else tr("Untitled")
        when = time.strftime("%H:%M", time.localtime(recovered.written))
        text = tr("GAN Studio ended unexpectedly. Unsaved work on “{name}” was kept at {time}.")
        offers = ((tr("Restore"), lambda: self._restore(recovered)),
                  (tr("Delete"), lambda: self.recovery.discard(recovered)))
        self.window.stage.banners.show_lasting_note(text.format(name=name, time=when), offers)

    def _restore(self, recovered: Recovered) -> None:
        if self.window.files.may_leave():
            self._restoring = recovered
            self.studio.opening.open_recovered(recovered.snapshot, recovered.original)

    @Slot()
    def _take_over(self) -> None:
        """What was restored is kept safe as this program's own unsaved work from now on."""
        restored, self._restoring = self._restoring, None
        if restored is not None and self.studio.session.dirty:
            self.recovery.snapshot()
            self.recovery.discard(restored)

    @Slot()
    def _check_model(self) -> None:
        """A model that comes out flat or grey on this device is noticed behind the first picture, and told."""
        if not self.studio.session.document.model.id:
            return
        steps = self.studio.renderer.self_check(self.studio.session.document)
        self.studio.jobs.start("", steps, on_step=self._take_check)

    @Slot(str)
    def _take_check(self, sentence: str) -> None:
        if sentence:
            self.window.stage.banners.show_error(sentence)
            self.studio.live.request()

    @Slot()
    def _close(self) -> None:
        self.recovery.close()

    @Slot(object, object)
    def _follow(self, before: Settings, after: Settings) -> None:
        if before.theme != after.theme:
            apply_theme(_application(), after.theme)
        if before.device != after.device:
            self.studio.renderer.set_device(after.device)
            self.studio.live.request()
            self._check_model()

    @Slot()
    def leave(self) -> None:
        """End at once, without a question: unsaved work is kept and offered at the next start."""
        self.recovery.snapshot()
        QApplication.exit(0)

    def report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """A mistake of ours: into the log, and one sentence to the user; the program goes on."""
        log.error("Something went wrong.", exc_info=(kind, error, trace))
        reason = str(error) or kind.__name__
        self.noticed.emit(tr("Something went wrong ({error}). Your work is still there.").format(error=reason))


class EndSignals(QObject):
    """Tells when the system wants the program to end (a logout, Ctrl+C, `kill`), in the window's own thread.

    Python runs signal handlers between its own instructions only, and none run while Qt waits for events; a byte in a
    socket wakes Qt up.
    """

    came = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._wakeup = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        ends = (getattr(signal, name, None) for name in ("SIGTERM", "SIGINT", "SIGHUP"))
        self._handlers = {end: signal.signal(end, lambda *_: None) for end in ends if end is not None}

    @Slot()
    def _wake(self) -> None:
        if any(number in self._handlers for number in self._ours.recv(64)):
            self.came.emit()

    def close(self) -> None:
        """Hear no more; signals do again what they did before."""
        for end, handler in self._handlers.items():
            signal.signal(end, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._notifier.setEnabled(False)
        self._ours.close()
        self._theirs.close()


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def make_application(argv: Sequence[str]) -> QApplication:
    """The application object with the program's name and icon."""
    app = QApplication(list(argv))
    app.setApplicationName("GAN Studio")
    app.setDesktopFileName("ganstudio")
    app.setWindowIcon(app_icon())
    return app


def translate(app: QApplication, language: str) -> None:
    """Load our texts and Qt's own in the user's language, where there are any."""
    locale = QLocale(language) if language else QLocale.system()
    qt_texts = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("ganstudio", str(resource("translations"))), ("qtbase", qt_texts)):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)


def run(argv: Sequence[str], ready: Callable[[Editor], object] | None = None) -> int:
    """Open the editor with the files named after the program's name; the exit status when it is closed.

    `ready` is called once the window is up (for measurements and the start test).
    """
    app = make_application(argv[:1])
    studio, ends = build_studio(), EndSignals()
    try:
        translate(app, studio.preferences.value.language)
        apply_theme(app, studio.preferences.value.theme)
        editor = Editor(studio)
        sys.excepthook = editor.report
        ends.came.connect(editor.leave)
        editor.start([Path(a).absolute() for a in argv[1:]])
        if ready is not None:
            ready(editor)
        return app.exec()
    finally:
        ends.close()
        sys.excepthook = sys.__excepthook__
        close_studio(studio)
