"""Slicing a hub by the letters of its models' names."""

from collections import Counter
from collections.abc import Iterable

LONGEST = 12  # letters of a name asked for
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
