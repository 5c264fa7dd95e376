"""The order of the house: who may import whom, and what every module owes its reader.

The contracts are in pyproject.toml ([tool.importlinter]); `test_the_guard_sees_every_kind_of_breach` breaks each.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE, PLUGINS = ROOT / "ganstudio", ROOT / "plugins"
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common"}
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
BREACHES = {
    "Each module imports its own package": ("document/latent.py", "import ganstudio.session.session"),
    "The document, the worlds and the settings": ("settings.py", "import torch"),
    "Session and window leave torch": ("session/live.py", "import torch"),
    "Nothing below gpu.py knows Qt": ("render/shot.py", "import PySide6.QtCore"),
    "The core knows no plugin": ("app.py", "import ganstudio_plugins.sefa"),
}


def sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in a folder, by the contracts beside it."""
    return subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, timeout=200,
                          check=False, env={"PYTHONPATH": str(folder), "PYTHONIOENCODING": "utf-8", "COLUMNS": "300"})


def test_imports_go_down_only() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_guard_sees_every_kind_of_breach(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "ganstudio", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for name, line in BREACHES.values():
        with (tmp_path / "ganstudio" / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    result = lint(tmp_path)
    assert result.returncode != 0
    for contract in BREACHES:
        line = next(line for line in result.stdout.splitlines() if line.startswith(contract))
        assert line.endswith("BROKEN"), line


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"


def foreign(name: str, plugin: str) -> bool:
    """Whether a plugin may not import this: anything of ours but the api and its own modules."""
    own = f"ganstudio_plugins.{plugin}"
    if name == "ganstudio.api" or name == own or name.startswith(own + "."):
        return False
    return name.split(".")[0] in ("ganstudio", "ganstudio_plugins", "plugins", "")


@pytest.mark.parametrize("path", sources(PLUGINS), ids=lambda p: str(p.relative_to(PLUGINS)))
def test_plugins_rely_on_the_api_alone(path: Path) -> None:
    plugin = path.relative_to(PLUGINS).parts[0]
    assert [name for name in imports(path) if foreign(name, plugin)] == []


@pytest.mark.parametrize("line", [
    "import ganstudio", "from ganstudio import api", "from ganstudio.document.latent import Latent", "from . import x",
    "from ganstudio_plugins.steering import walk", "import plugins.sefa", "def f():\n    import ganstudio.gpu",
])  # fmt: skip
def test_a_plugin_that_reaches_further_is_seen(tmp_path: Path, line: str) -> None:
    (tmp_path / "part.py").write_text(line)
    assert any(foreign(name, "sefa") for name in imports(tmp_path / "part.py"))


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(ROOT)) for path in sources(PACKAGE, PLUGINS)
              if path.read_text("utf-8").strip() and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None]
    assert silent == []


def test_no_module_is_a_drawer_for_everything() -> None:
    assert [path.name for path in sources(PACKAGE, PLUGINS) if set(path.stem.split("_")) & VAGUE] == []


def test_what_comes_along_stays_small() -> None:
    files = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    assert size < 40 * 2**20, f"resources/ has grown to {size / 2**20:.1f} MB"


def tool(*arguments: str) -> None:
    result = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=280,
                            check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_ruff_has_nothing_to_say() -> None:
    tool("ruff", "check", "ganstudio", "plugins", "tests", "main.py")


def test_mypy_has_nothing_to_say() -> None:
    tool("mypy")
