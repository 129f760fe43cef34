"""UTC times to the second, as they stand in what is chained and signed."""

from __future__ import annotations

from datetime import UTC, datetime

from saksi.model.errors import BadInput

__all__ = ["moment"]


def moment(text: str, where: str) -> datetime:
    """A UTC time to the second, as `2026-01-31T09:00:00Z`. Raises BadInput for any other spelling."""
    try:
        made = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        made = None
    if made is None or len(text) != 20 or not text.isascii():
        raise BadInput(f"a UTC time to the second is expected (2026-01-31T09:00:00Z), not {text[:40]!r}", where=where)
    return made
