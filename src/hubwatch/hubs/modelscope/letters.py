"""Slicing a hub by the letters of its models' names."""

from collections import Counter, defaultdict
from collections.abc import Iterable

LONGEST = 60  # letters of a name asked for; the documented search takes 100
_LENGTHS = (2, 3, 4, 6, 8)  # of parts of names that are searched for
_CHANCE = 0.9  # of the names with a part, those that say nothing of others: a part of one name alone is hardly in another
_CAUTION = 0.9  # share of the window that a part may fill by a sample
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def letters_behind(ids: Iterable[str], start: str) -> list[tuple[str, bool]]:
    """What may follow `start` at the beginning of a name: letters met there in these ids (owner/name), the most frequent first, then those
    met behind it elsewhere and all others of the Latin ones; and whether each was met at the beginning."""
    begun: Counter[str] = Counter()
    found = Counter(dict.fromkeys(_LETTERS, 0))
    for name in ids:
        own = name.lower().split("/")[-1]
        _, there, rest = own.partition(start) if start else ("", "", own)
        if rest and (there or not start):
            found[rest[0]] += 1
        if own.startswith(start) and len(own) > len(start):
            begun[own[len(start)]] += 1
    letters = sorted(found, key=lambda letter: (-begun[letter], -found[letter]))
    return [(letter, begun[letter] > 0) for letter in letters if not letter.isspace()]


class Parts:
    """Parts of names to search for where any part is found: each likely to fit the window, together in nearly every name of a sample.

    `scale`: how many of the hub's models stand behind one of the sample's.
    """

    def __init__(self, sample: Iterable[str], scale: float, window: int, size: int) -> None:
        self._scale, self._most, self._size = scale, window * _CAUTION, size
        self._open = set(sample)  # names that no search has shown yet
        self._with: defaultdict[str, set[str]] = defaultdict(set)
        for name in self._open:
            for part in _parts_of(name):
                self._with[part].add(name)
        self._all = {part: len(names) for part, names in self._with.items()}
        self._left = Counter(self._all)  # of the open names

    def best(self) -> str | None:
        """The part that likely shows most new models for a request, or None where none is left."""
        fitting = (part for part, count in self._left.items() if count and self._all[part] * self._scale <= self._most)
        return max(fitting, key=lambda part: (self._gain(part), part), default=None)

    def used(self, part: str, fits: bool) -> None:
        """Take note that a part was searched for; one that does not fit shows nothing, and is not tried again."""
        for name in self._with[part] & self._open if fits else ():
            self._open.discard(name)
            self._left.subtract(_parts_of(name))
        self._left.pop(part, None)

    def _gain(self, part: str) -> float:
        requests = 1 + self._all[part] * self._scale / self._size
        return (self._left[part] - _CHANCE) * self._scale / requests


def _parts_of(name: str) -> set[str]:
    """Every part of these lengths."""
    return {name[start : start + length] for length in _LENGTHS for start in range(len(name) - length + 1)} or {name}
