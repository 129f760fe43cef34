"""What speaks for a person: the one rule by which it is found, wherever something is about to be done or written about them."""

from __future__ import annotations

from saksi.model.vocabulary import ACCUSING_ROLES

__all__ = ["SPARED", "speaks_for"]

# Whoever bears one of these roles was harmed or borrowed: nothing coercive is done to what is theirs.
SPARED: frozenset[str] = frozenset({"victim-own", "impersonated", "spoofed"})
_CLAIMS = frozenset({"role", "safeListed", "outcome"})


def speaks_for(prop: str, value: object, polarity: str) -> bool:
    """Whether a standing statement is in favour of whoever holds the thing: a protecting role, a denied accusation, a false alarm."""
    if prop not in _CLAIMS:
        return False
    if prop == "outcome":
        return value == "false-alarm"
    accuses = prop == "role" and value in ACCUSING_ROLES
    return accuses is (polarity == "deny")
