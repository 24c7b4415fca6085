"""What time it is: in UTC, as the tables keep it."""

from datetime import UTC, date, datetime


def now() -> datetime:
    """This instant, UTC, without a zone as the tables keep it."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """The UTC date."""
    return datetime.now(UTC).date()
