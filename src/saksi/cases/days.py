"""The days around a date, as text that compares with dates of any coarseness."""

from __future__ import annotations

from datetime import date, timedelta

__all__ = ["around"]


def around(when: str) -> tuple[str, str]:
    """From the day before to the end of the day after `when` (an ISO date or UTC time); for a coarser date the whole year or month."""
    try:
        day = date.fromisoformat(when[:10])
        return (day - timedelta(days=1)).isoformat(), (day + timedelta(days=2)).isoformat()
    except (ValueError, OverflowError):
        return when, when + "~"
