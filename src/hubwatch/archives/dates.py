"""The day in a file's name."""

import contextlib
import re
from datetime import date, datetime

from hubwatch.archives.mapping import Mapping
from hubwatch.errors import UsageError
from hubwatch.pages import possible_day


def day_in_name(mapping: Mapping, name: str) -> date:
    """The day that the mapping finds in a file's name; `UsageError` where there is none, or none that exists."""
    match = re.search(mapping.day.file_name or "", name)
    if match is None:
        raise UsageError(f"{name}: no date in its name where mapping {mapping.name} looks for it ({mapping.day.file_name})")
    said = match[1]
    with contextlib.suppress(ValueError):
        found = datetime.strptime(said, mapping.day.format).date() if mapping.day.format else date.fromisoformat(said)
        try:
            return possible_day(found)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from None
    if mapping.day.format:
        raise UsageError(f'{name}: "{said}" is not a date of format "{mapping.day.format}"; correct day in mapping {mapping.name}')
    cure = 'say its format, as format = "%d-%m-%Y"' if re.fullmatch(r"\d+\D\d+\D\d+|\d{6}", said) else "correct day.file_name"
    raise UsageError(f'{name}: "{said}" is not a date of form YYYY-MM-DD; {cure}, in mapping {mapping.name}')
