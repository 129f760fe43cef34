"""An amount of money, exactly as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from saksi.model import BadInput, Json, JsonObject
from saksi.model.fields import Fields

__all__ = ["Money"]

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,18})?")
_CURRENCY = re.compile(r"[A-Z][A-Z0-9]{2,9}")


@dataclass(frozen=True, slots=True)
class Money:
    """A positive decimal as text, and a currency: ISO 4217, or the ticker of a token (3 to 10 capital letters and digits)."""

    amount: str
    currency: str

    def __post_init__(self) -> None:
        if not _AMOUNT.fullmatch(self.amount) or not Decimal(self.amount):
            raise BadInput(f"an amount is a positive decimal like 1250.00, not {self.amount[:40]!r}")
        if not _CURRENCY.fullmatch(self.currency):
            raise BadInput(f"a currency is a code like USD, not {self.currency[:20]!r}")

    @property
    def value(self) -> Decimal:
        """The amount as a number."""
        return Decimal(self.amount)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def to_json(self) -> JsonObject:
        """The amount as an object."""
        return {"amount": self.amount, "currency": self.currency}

    @classmethod
    def from_json(cls, value: Json, *, where: str = "/money") -> Money:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where=where)
        made = cls(fields.text("amount"), fields.text("currency"))
        fields.done()
        return made
