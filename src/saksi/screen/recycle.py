"""How long a value can be taken to be in the same hands, by kind, and what an old sighting is then worth.

A number that was a mule's last year may be a student's today. Past the span below an answer warns; for kinds that are handed out again as a
matter of routine (`reissued`) an old accusation no longer flags by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["KINDS", "Recycling", "months_between", "recycling"]


@dataclass(frozen=True, slots=True)
class Recycling:
    """`months` after the last sighting the holder may have changed; `reissued` kinds do not flag any more then; `reason` is for people."""

    months: int
    reissued: bool
    reason: str


KINDS: Mapping[str, Recycling] = {
    "phone": Recycling(
        12, True, "telephone numbers that are given up or not topped up are given to new customers, often after 3 to 12 months"
    ),
    "proxy": Recycling(12, True, "payment names that rest on a telephone number move with the number to its next holder"),
    "ip": Recycling(3, True, "internet addresses are leased for hours to months and shared by many customers"),
    "network": Recycling(12, True, "blocks of internet addresses are leased, sold on and filled with other customers"),
    "host": Recycling(24, False, "a domain that is not renewed is free for anyone after its year and about 75 days of grace"),
    "url": Recycling(24, False, "a page can be cleaned up, and its domain can pass to another owner when it is not renewed"),
    "handle": Recycling(24, False, "names on platforms can be given up and taken by others"),
    "email": Recycling(24, False, "some providers give closed mailboxes out again, and domains lapse"),
    "wallet": Recycling(60, False, "a deposit address of an exchange can be assigned to another customer; a key of one's own cannot"),
    "account": Recycling(60, False, "banks may give a closed account's number out again"),
    "imei": Recycling(36, False, "telephones are sold on"),
}

# What is not in the table is treated like a host: nobody knows better.
_OTHER = Recycling(24, False, "things of this kind can pass into other hands")


def recycling(kind: str) -> Recycling:
    """What is known about how values of this kind change hands."""
    return KINDS.get(kind, _OTHER)


def months_between(earlier: str, later: str) -> int:
    """Whole months from one ISO date (to the year, month or day) or time to another; what a date leaves open counts as its latest."""
    year, month, day = _latest(earlier)
    to_year, to_month, to_day = _latest(later)
    return (to_year - year) * 12 + to_month - month - (1 if to_day < day else 0)


def _latest(when: str) -> tuple[int, int, int]:
    year = int(when[:4])
    month = int(when[5:7]) if len(when) >= 7 else 12
    day = int(when[8:10]) if len(when) >= 10 else 31
    return year, month, day
