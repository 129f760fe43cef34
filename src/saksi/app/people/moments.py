"""Seconds since 1970 UTC, as pages and data write them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["text_of"]


def text_of(seconds: int) -> str:
    """A moment as `2026-01-31T09:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
