"""How an authority names itself in what it sends: name, way to call back, way to answer, and how a holder contests."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.exchange.reference import mail_address
from saksi.model import BadInput

__all__ = ["Office"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The sender of letters.

    `place` is its postal address, `callback` the number at which its word can be checked, `mail` where answers go, `contest` how the
    holder of an account, number or page asks for a review (in words, with an address). `tipping_off` is the law that forbids the recipient
    to tell the holder, and None where the holder is to be told. `origin` names its ledger.
    """

    name: str
    place: str
    callback: str
    mail: str
    contest: str
    origin: str
    tipping_off: str | None = None

    def __post_init__(self) -> None:
        mail_address(self.mail, "mail")
        for name in ("name", "place", "callback", "contest", "origin"):
            if not getattr(self, name).strip():
                raise BadInput("an office names it in letters", where=name)
        if self.tipping_off is not None and not self.tipping_off.strip():
            raise BadInput("name the law that forbids to tell the holder, or leave it out", where="tipping_off")

    @property
    def domain(self) -> str:
        """The host of its mail."""
        return self.mail.rpartition("@")[2]
