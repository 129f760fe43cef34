"""What the intake answers over HTTP."""

from __future__ import annotations

import msgspec

__all__ = ["ProgressBody", "ReportLine"]


class ReportLine(msgspec.Struct, frozen=True):
    """A report that is durable in the ledger: its number, the secret part for its giver, and the texts that nobody could read."""

    reference: str
    secret: str
    duplicate: bool
    unread: tuple[str, ...]


class ProgressBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a report is: received, looked-at, acted-on or closed."""

    progress: str
