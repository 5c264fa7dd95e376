"""The built wheel is a whole program: it brings its plugins and resources and starts away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
START = """
import torch
from PySide6.QtCore import QTimer
import ganstudio
from ganstudio.app import run
from ganstudio.resources import bundled_plugins, resource

def ready(editor):
    live, session = editor.studio.live, editor.studio.session
    live.frame.connect(check)
    editor.studio.opening.failed.connect(QApplication.instance().exit)
    check.editor = editor

def check(frame):
    document = check.editor.studio.session.document
    if document.model.id and document.latent.edits:
        print("shown", document.model.id, frame.pixels.shape, *(e.direction.id for e in document.latent.edits))
        check.editor.window.close()
    else:
        check.editor.studio.live.request()

from PySide6.QtWidgets import QApplication
print("from", ganstudio.__file__, resource("models"), bundled_plugins())
raise SystemExit(run(["ganstudio"], ready))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_plugins_and_resources_but_neither_main_nor_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "ganstudio/_bundled/plugins/sefa/plugin.toml" in names
    assert "ganstudio/_bundled/resources/models/landscape.safetensors" in names
    assert not [n for n in names if n == "main.py" or n.startswith(("tests/", "resources/", "plugins/"))]
    assert not [n for n in names if "/evidence/" in n]


def test_the_wheel_starts_and_shows_a_picture_with_sliders(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    _run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel))
    seen = _run(sys.executable, "-c", START, cwd=tmp_path, PYTHONPATH=str(site), QT_QPA_PLATFORM="offscreen",
                GANSTUDIO_DATA=str(tmp_path / "data"))
    assert f"from {site}" in seen
    assert "shown landscape" in seen
    assert "steering:zoom" in seen
    assert "sefa:all:0" in seen


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_wheel_installs_with_all_it_needs_into_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    _run(str(python), "-m", "pip", "install", "-q", str(wheel))
    seen = _run(str(python), "-c", START, cwd=tmp_path, QT_QPA_PLATFORM="offscreen",
                GANSTUDIO_DATA=str(tmp_path / "data"))
    assert "shown landscape" in seen


def _run(*command: str, cwd: Path | None = None, **variables: str) -> str:
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
