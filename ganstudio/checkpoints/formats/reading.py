"""What readers of flat tensors ask for again and again: a shape, a generator for a config, the answer to a choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count, takewhile
from typing import Any, TypeVar

from torch import Tensor, nn

from ganstudio.checkpoints.allowance import Unfilled
from ganstudio.checkpoints.foreign import Choice, ChoiceValue
from ganstudio.checkpoints.native import ModelError

WIDEST = 1 << 16
"""No published layer has more channels than this; a file that says so is damaged, and would only fill the memory."""
Config = TypeVar("Config")


def shape_of(tensors: Mapping[str, Tensor], key: str, dims: int) -> tuple[int, ...]:
    """The shape of a tensor that must be there with so many dimensions; ModelError in one sentence otherwise."""
    if key not in tensors:
        raise ModelError(f"This file lacks the tensor “{key}”: it is not whole.")
    shape = tuple(tensors[key].shape)
    if len(shape) != dims or not all(0 < size <= WIDEST for size in shape):
        raise ModelError(f"The tensor “{key}” has the shape {list(shape)}, which fits no generator of its kind.")
    return shape


def check_colours(channels: int, what: str) -> None:
    """ModelError where the last layer of a chain (`what` it is of) draws neither grey, RGB nor RGBA.

    For networks whose last layer is told by its place alone: one that lost its end would pass for a shorter one.
    """
    if channels not in (1, 3, 4):
        raise ModelError(f"The last layer of {what} draws {channels} channels, but a picture has 1, 3 or 4: it is not "
                         f"whole.")


def scalar(tensors: Mapping[str, Tensor], key: str, default: float = 0.0) -> float:
    """A single number kept as a tensor, or the default; ModelError where the tensor holds more, or less."""
    if key not in tensors:
        return default
    if tensors[key].numel() != 1:
        raise ModelError(f"“{key}” should be one number, but it has the shape {list(tensors[key].shape)}.")
    return float(tensors[key])


def numbered(tensors: Mapping[str, Tensor], pattern: str, first: int = 0) -> list[int]:
    """Which numbers from `first` on make a key of `pattern` (with {} in place of the number) without a gap."""
    return list(takewhile(lambda i: pattern.format(i) in tensors, count(first)))


def answered(choice: Choice, chosen: Mapping[str, ChoiceValue]) -> Choice:
    """The choice with the user's answer as its default; ModelError for an answer of another kind."""
    value = chosen.get(choice.key, choice.default)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number if isinstance(choice.default, float) else type(value) is type(choice.default)
    if not fits or (choice.values and value not in choice.values):
        raise ModelError(f"“{value}” is no answer to “{choice.title}”.")
    return replace(choice, default=value)


def built(make: Callable[[Config], nn.Module], config: Callable[[], Config], name: str) -> nn.Module:
    """A generator whose weights are yet to be filled; ModelError where what the file says makes no network."""
    try:
        with Unfilled():
            return make(config())
    except ModelError:
        raise
    except (ValueError, TypeError, RuntimeError, OverflowError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"What “{name}” says of its network does not hold together: {first}.") from None


def state_dicts(tree: Any, preferred: tuple[str, ...]) -> Iterator[Any]:
    """Where a state dict may lie in a file: under the preferred names in order, then the tree itself."""
    if isinstance(tree, Mapping):
        yield from (tree[key] for key in preferred if isinstance(tree.get(key), Mapping))
        yield tree
