"""Words as people write them -> those that are known: in another case, with spaces or hyphens, in the plural, or nearly so."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches


def fold(name: str) -> str:
    """A name without case, accents, spaces and punctuation: as `fold` of origins.sql compares names."""
    folded = "".join(letter for letter in unicodedata.normalize("NFD", name.lower()) if unicodedata.category(letter)[0] in "LN")
    return folded or name.strip().lower()


def meant(wanted: str, known: Iterable[str], is_id: bool = False) -> str | None:
    """The one known word that is written like this but for case, spaces and punctuation, or a plural's s.

    None where no word is, or several are. `is_id`: but for case alone, as `a/b-c` and `a/bc` are two models.
    """
    words = set(known)
    if wanted in words:
        return wanted
    for written in (_caseless,) if is_id else (_caseless, fold, _singular):
        found = {word for word in words if written(word) == written(wanted)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def nearest(text: str, names: Iterable[str], limit: int = 5) -> list[str]:
    """The names most like this one, those first that begin with it."""
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(fold(name), name)
    wanted = fold(text)
    begun = sorted((name for name in folded if len(wanted) > 2 and name.startswith(wanted)), key=len)[:limit]
    near = get_close_matches(wanted, folded, n=limit, cutoff=0.7)
    return list(dict.fromkeys(folded[name] for name in (*near, *begun)))[:limit]


def hint(text: str, names: Iterable[str], limit: int = 2) -> str:
    """`; did you mean A or B?` with the names most like this one, empty where none is."""
    near = nearest(text, names, limit)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _caseless(word: str) -> str:
    return word.strip().casefold()


def _singular(word: str) -> str:
    return fold(word).removesuffix("s")
