"""From a file or folder of whatever program to one of our generators: what it is, which format fits, what it says.

Formats are tried in the order of `FORMATS`, by content alone. Whatever goes wrong in between, the caller sees one
ModelError with one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ganstudio.checkpoints.allowance import Allowance
from ganstudio.checkpoints.foreign import Choice, ChoiceValue, Content, Foreign, Format, Record
from ganstudio.checkpoints.formats import (
    ajbrock_biggan,
    e4e,
    gandissect,
    genforce_progan,
    genforce_stylegan,
    genforce_stylegan2,
    huggingface_biggan,
    nvidia_stylegan2,
    nvidia_stylegan3,
    pytorch_dcgan,
    rosinality,
    tensorflow_progan,
    tensorflow_stylegan,
    tensorflow_stylegan2,
    zoo,
    zoo_stylegan,
)
from ganstudio.checkpoints.formats.latent_composition_encoder import ENCODERS
from ganstudio.checkpoints.native import ModelError
from ganstudio.checkpoints.regressor_files import is_regressor
from ganstudio.checkpoints.restricted import read_tree
from ganstudio.checkpoints.sniffing import Kind, kind_of
from ganstudio.document.atomic import disk_sentence

FORMATS: tuple[Format, ...] = (
    *nvidia_stylegan3.FORMATS, *nvidia_stylegan2.FORMATS, *tensorflow_stylegan2.FORMATS, *tensorflow_stylegan.FORMATS,
    *tensorflow_progan.FORMATS, *zoo.FORMATS, *zoo_stylegan.FORMATS, *e4e.FORMATS, *rosinality.FORMATS,
    *genforce_stylegan2.FORMATS, *genforce_stylegan.FORMATS,
    *genforce_progan.FORMATS, *gandissect.FORMATS, *huggingface_biggan.FORMATS, *ajbrock_biggan.FORMATS,
    *pytorch_dcgan.FORMATS,
)  # fmt: skip
"""Every format, the most telling keys first: DCGAN's, which say least, come last."""
FAULTS = (KeyError, IndexError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError, AssertionError,
          RecursionError, MemoryError, StopIteration)
"""What a reader may trip over in content that nobody foresaw."""
MAX_JSON, MOST_FILES, MOST_TRIED = 4 << 20, 500, 4
MAIN = ("pytorch_model.bin", "model.safetensors", "G_ema.pth", "G_ema.pt", "G_ema.pkl", "g_ema.pt", "G.pth")
"""Which file of a folder is the generator, where the program has a name for it."""
T = TypeVar("T")


def read_content(path: Path) -> Content:
    """A file, or the main file of a folder, as data; ModelError in one sentence when it holds no model."""
    if (kind := kind_of(path)) is Kind.FOLDER:
        return _main_content(path)
    tree = _read_safetensors(path) if kind is Kind.SAFETENSORS else read_tree(path)
    return Content(path, tree, lambda name: _sibling(path, name))


def _main_content(folder: Path) -> Content:
    """The one file of a folder that holds a generator."""
    found = _models_in(folder)
    named = [path for name in MAIN for path in found if path.name == name]
    if named or len(found) == 1:
        return read_content((named or found)[0])
    if not found:
        raise ModelError(f"The folder “{folder.name}” holds no model.")
    known = [content for path in found if (content := _known(path))] if len(found) <= MOST_TRIED else []
    if len(known) == 1:
        return known[0]
    names = ", ".join(f"“{path.name}”" for path in found[:6]) + (" …" if len(found) > 6 else "")
    raise ModelError(f"The folder “{folder.name}” holds {len(found)} models ({names}): open one of them.")


def _known(path: Path) -> Content | None:
    """The content of a file that some format reads."""
    try:
        content = read_content(path)
        recognise(content)
    except ModelError:
        return None
    return content


def _models_in(folder: Path) -> list[Path]:
    """The files of a folder that look like models by their first bytes."""
    try:
        files = [path for path in sorted(folder.iterdir())[:MOST_FILES] if path.is_file()]
    except OSError as error:
        raise ModelError(disk_sentence(error, folder)) from None
    return [path for path in files if _may_be_model(path)]


def _may_be_model(path: Path) -> bool:
    try:
        kind_of(path)
    except ModelError:
        return False
    return True


def _sibling(path: Path, name: str) -> Any:
    """What a file beside another holds, as data, or None where there is none; ModelError when it is damaged."""
    beside = path.parent / name
    if Path(name).name != name or not beside.is_file():
        return None
    if beside.suffix == ".json":
        return _read_json(beside)
    return read_tree(beside) if kind_of(beside) is Kind.PICKLE else None


def _read_json(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ModelError(f"“{path.name}” is larger than any settings file.")
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(disk_sentence(error, path)) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"“{path.name}” beside the model is damaged: it is no JSON.") from None


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"“{path.name}” is damaged ({error}).") from None


def recognise(content: Content) -> Format:
    """The first format that content is of; ModelError in one sentence when it is of none."""
    for format_ in FORMATS:
        if _fits(format_, content):
            return format_
    if is_regressor(content.path) or any(encoder.fits(content) for encoder in ENCODERS):
        raise ModelError(f"“{content.path.name}” is an encoder, not a model: bring it in for the model it was made for "
                         f"(ganstudio import FILE --for MODEL).")
    raise ModelError(f"“{content.path.name}” holds {_summary(content.tree)}, but no generator that GAN Studio knows.")


def _fits(format_: Format, content: Content) -> bool:
    try:
        return format_.fits(content)
    except (ModelError, *FAULTS):
        return False


def _summary(tree: Any) -> str:
    """In a few words, what is in a file that is no generator."""
    if isinstance(tree, Mapping):
        names = ", ".join(f"“{str(key)[:40]}”" for key in list(tree)[:4])
        return f"{names}{' …' if len(tree) > 4 else ''}" if tree else "nothing"
    return f"an object “{tree.name[:80]}”" if isinstance(tree, Record) else "something else"


def read_foreign(path: Path, chosen: Mapping[str, ChoiceValue] | None = None) -> Foreign:
    """The generator in a file or folder of another program; see `open_foreign`."""
    return open_foreign(read_content(path), chosen)


def open_foreign(content: Content, chosen: Mapping[str, ChoiceValue] | None = None) -> Foreign:
    """The generator in content that was read. `chosen` answers its choices by key; texts become what the choice asks
    for. ModelError in one sentence when it cannot be had."""
    format_ = recognise(content)

    def read(answers: Mapping[str, ChoiceValue]) -> Foreign:
        with Allowance(4 * _size(content.path)):
            return format_.read(content, answers)

    foreign = _guarded(content.path, lambda: read({}))
    return foreign if not chosen else _guarded(content.path, lambda: read(answers_of(foreign.choices, chosen)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _guarded(path: Path, work: Callable[[], T]) -> T:
    """The result of work on content that may be anything; whatever goes wrong, ModelError in one sentence."""
    try:
        return work()
    except ModelError:
        raise
    except FAULTS as error:
        said = next(iter(str(error).strip().splitlines()), "")[:200]
        raise ModelError(f"“{path.name}” looks like a model, but does not hold together "
                         f"({type(error).__name__}{': ' if said else ''}{said}).") from None


def answers_of(choices: tuple[Choice, ...], chosen: Mapping[str, ChoiceValue]) -> dict[str, ChoiceValue]:
    """Answers as the choices ask for them; ModelError for an unknown key or a value that is no answer."""
    known = {choice.key: choice for choice in choices}
    for key in chosen:
        if key not in known:
            there = f"it can set {', '.join(known)}" if known else "it leaves nothing open"
            raise ModelError(f"There is nothing called “{key}” to set for this file: {there}.")
    return {key: _answer(known[key], value) for key, value in chosen.items()}


def _answer(choice: Choice, value: ChoiceValue) -> ChoiceValue:
    try:
        answer = _typed(type(choice.default), value)
    except (ValueError, OverflowError):
        answer = None
    if answer is None or (choice.values and answer not in choice.values):
        words = {bool: "yes or no", int: "a whole number", float: "a number"}.get(type(choice.default), "a text")
        allowed = ", ".join(str(value) for value in choice.values) or words
        raise ModelError(f"“{value}” is no answer for “{choice.key}” ({choice.title}): it takes {allowed}.")
    return answer


def _typed(kind: type[Any], value: ChoiceValue) -> ChoiceValue | None:
    """A text as a truth or number; None where it says neither yes nor no."""
    if kind is bool:
        return {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(str(value).lower())
    made: ChoiceValue = kind(value)
    return made


