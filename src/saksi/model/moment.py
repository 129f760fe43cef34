"""UTC times to the second and dates, as they stand in what is chained and signed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from saksi.model.errors import BadInput

__all__ = ["check_date", "moment"]

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")


def moment(text: str, where: str) -> datetime:
    """A UTC time to the second, as `2026-01-31T09:00:00Z`. Raises BadInput for any other spelling."""
    try:
        made = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        made = None
    if made is None or len(text) != 20 or not text.isascii():
        raise BadInput(f"a UTC time to the second is expected (2026-01-31T09:00:00Z), not {text[:40]!r}", where=where)
    return made


def check_date(text: str, where: str) -> str:
    """An ISO date of the calendar: `2026`, `2026-01` or `2026-01-31`. Raises BadInput for anything else."""
    try:
        if _DATE.fullmatch(text):
            date.fromisoformat(f"{text}-01-01"[:10])
            return text
    except ValueError:
        pass
    raise BadInput(f"a date is expected, as 2026, 2026-01 or 2026-01-31, not {text[:40]!r}", where=where)
