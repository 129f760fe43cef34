"""What speaks for a person: the one rule by which it is found, wherever something is about to be done or written about them."""

from __future__ import annotations

from saksi.model.vocabulary import ACCUSING_ROLES

__all__ = ["SPARED", "speaks_for"]

# Whoever bears one of these roles was, or may have been, harmed or borrowed: nothing coercive is done to what is theirs.
SPARED: frozenset[str] = frozenset({"victim-own", "possible-victim", "impersonated", "spoofed"})


def speaks_for(prop: str, value: object, polarity: str) -> bool:
    """Whether a standing statement is in favour of whoever holds the thing.

    A protecting role, a safe-listing or a false alarm is, where it is affirmed; an accusing role or a confirmed scam is, where it is
    denied. Nothing else speaks for or against anybody by itself.
    """
    if polarity == "deny":
        return (prop == "role" and value in ACCUSING_ROLES) or (prop == "outcome" and value == "scam-confirmed")
    return prop == "safeListed" or (prop == "role" and value not in ACCUSING_ROLES) or (prop == "outcome" and value == "false-alarm")
