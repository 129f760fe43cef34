"""How long after a payment its money may still be reached, by the way it was paid, and on what ground we say so.

None of this promises anything: it says how long it is worth being quick. An authority that knows better changes the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["RAILS", "Rail", "ends"]


@dataclass(frozen=True, slots=True)
class Rail:
    """Hours in which money paid this way may still be reached (0: not once it was handed over), and the ground."""

    hours: int
    ground: str


RAILS: Mapping[str, Rail] = {
    "bank-transfer": Rail(72, "banks and the FBI's Financial Fraud Kill Chain take up recalls of wires up to 72 hours old"),
    "instant-transfer": Rail(24, "settled at once; our own default: a day, for what still lies in the first account"),
    "wallet-app": Rail(24, "settled at once; our own default: a day, for what still lies in the first wallet"),
    "card": Rail(120 * 24, "card schemes let a cardholder's bank dispute a fraudulent payment for 120 days"),
    "crypto": Rail(24, "cannot be recalled; our own default: a day, for what may still lie at an exchange that can hold it"),
    "cash": Rail(0, "cannot be recalled once it was handed over"),
}


def ends(at: str, hours: int) -> datetime | None:
    """Until when money paid at `at` (an ISO date or a UTC time) may be reached; None where not even the day can be told.

    A day without a time counts from its end, in the zone of the earth where it ends last: it is known no better.
    """
    try:
        if len(at) == 10:
            return datetime.strptime(at, "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(hours=36 + hours)
        return None if len(at) < 10 else datetime.fromisoformat(at).astimezone(UTC) + timedelta(hours=hours)
    except (ValueError, OverflowError):
        return None
