"""Values that are kept while they are used: the one that was not asked for the longest goes when there are too many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by key within a number of bytes; `weigh` says how many a value takes."""

    def __init__(self, memory: int, weigh: Callable[[T], int]) -> None:
        self._memory, self._weigh = memory, weigh
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._used = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made when it is not there; it stays even when it is too large, until the next one."""
        if key not in self._values:
            self._values[key] = value = make()
            self._used += self._weigh(value)
            while self._used > self._memory and len(self._values) > 1:
                self._used -= self._weigh(self._values.popitem(last=False)[1])
        self._values.move_to_end(key)
        return self._values[key]
