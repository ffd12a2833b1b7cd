"""What was computed lately, by what it was computed from: a bounded memory for work that comes in batches."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(Generic[K, V]):
    """Keeps the values of the `most` keys that were asked for last. Not for use by several threads at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def __call__(self, keys: Iterable[K], compute: Callable[[Sequence[K]], Mapping[K, V]]) -> dict[K, V]:
        """The value of each key; `compute` is called once, with the keys that are not known, each once."""
        asked = list(dict.fromkeys(keys))
        values = {key: self._kept[key] for key in asked if key in self._kept}
        if new := [key for key in asked if key not in values]:
            values |= compute(new)
        for key in asked:
            self._kept[key] = values[key]
            self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return values
