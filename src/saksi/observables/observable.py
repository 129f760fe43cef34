"""A thing an officer can look up: a phone, an account, a wallet, a host, in the one form everybody writes it in.

Two reports that name the same phone in different scripts and spellings give the same `Observable`, so they meet
under one entity id everywhere. The words as found are kept by the caller, beside this form, never inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Normaliser", "Observable"]


@dataclass(frozen=True, slots=True)
class Observable:
    """One observable in its normal form.

    `kind` is a plain word ("phone", "account", "wallet", "host", "url", "email", "handle", "ip", "network", "imei", "proxy").
    `normal` is the normal form inside the kind ("+85512345678"); normalising it again gives itself.
    `schema` is the FollowTheMoney-style schema of the entity ("PhoneNumber", "BankAccount", "CryptoWallet", ...).
    `notes` say what the reader should know and the id must not hold ("extension 12", "checksum not checked"); they
    may differ between two spellings of one thing, so compare `entity` and not the whole object.
    """

    kind: str
    normal: str
    schema: str
    notes: tuple[str, ...] = ()

    @property
    def entity(self) -> str:
        """The id that this thing has in every node: kind, colon, normal form."""
        return f"{self.kind}:{self.normal}"


class Normaliser(Protocol):
    """What every kind offers: text as found in, one observable out, or `BadInput` with a reason.

    `country` (ISO 3166 alpha-2) says where the text was written or the number is used, for kinds with local forms.
    Pure, idempotent, and blind to the script that digits are written in.
    """

    def __call__(self, text: str, *, country: str | None = None) -> Observable: ...
