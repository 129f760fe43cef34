"""Delivery of a request to a recipient without a node: what is packed for whom, and the mail that carries it.

1. the letter, in the recipient's language, as a signed PDF; 2. `request.json`, the same for any machine; 3. XARF for abuse desks, camt.056
for banks, where those formats have a word for it, else a note why not; 4. one mail with all of it, into the outbox (`courier.py` sends).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from saksi.actions import History, Kind, Request
from saksi.actions.half import Mine
from saksi.exchange.camt056 import Payment, cancellation
from saksi.exchange.directory import Entry
from saksi.exchange.letter import Letter, html, request_json
from saksi.exchange.message import Attachment, Mail, mail
from saksi.exchange.office import Office
from saksi.exchange.printer import made_pdf
from saksi.exchange.reference import reference
from saksi.exchange.seal import Seal, detached, sealed
from saksi.exchange.xarf import reports
from saksi.ledger.checkpoint import Checkpoint
from saksi.model import BadInput, NotAllowed
from saksi.model.moment import moment

__all__ = ["Parcel", "Sender", "packed", "signed"]


@dataclass(frozen=True, slots=True)
class Sender:
    """What an authority sends with: how it names itself, its seal, the folder with the fonts of its pages."""

    office: Office
    seal: Seal
    fonts: Path


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mail ready for the outbox, its files one by one, until when to try (UTC), and what could not be put in and why."""

    mail: Mail
    files: tuple[Attachment, ...]
    give_up_at: str
    left_out: tuple[str, ...] = field(default=())


def packed(
    have: History, entry: Entry, sender: Sender, *, seen: Checkpoint | None, payments: Mapping[str, Payment] | None = None
) -> Parcel:  # fmt: skip
    """The parcel for a request that was sent (its `send` step is in the ledger), for the directory's `entry` of its recipient.

    What is said later about it is `follow.py`. Raises NotAllowed for a request that was not sent or for another recipient; BadInput
    where a part cannot be made.
    """
    asked = have.request
    if have.mine is not Mine.SENT or have.sent_at is None:
        raise NotAllowed("only a request that was approved and sent leaves", where="mine")
    if (entry.id, entry.address) != (asked.to.id, asked.to.address):
        raise NotAllowed("the directory now says something else of this recipient than the request", where="to", todo="edit the request")
    letter = Letter(
        asked=asked, office=sender.office, sent_at=have.sent_at, seen=seen, signer=sender.seal.signer, languages=entry.languages,
        offset=entry.offset,
    )  # fmt: skip
    files = [
        *signed(html(letter), f"{reference(asked.id)}.pdf", sender, have.sent_at),
        Attachment("request.json", "application/json", request_json(asked)),
    ]
    more, left_out = _machine(asked, sender.office, have.sent_at, entry.bic, payments or {})
    files += more
    until = moment(have.sent_at, "at") + min(asked.urgency.decide, timedelta(days=3))
    made = mail(letter, files, at=have.sent_at)
    return Parcel(made, tuple(files), f"{until:%Y-%m-%dT%H:%M:%SZ}", left_out)


def signed(page: str, name: str, sender: Sender, at: str) -> list[Attachment]:
    """A page of ours as a signed PDF, or as a PDF and the signature of the node's own key beside it; `at` is a UTC time."""
    pdf, when = made_pdf(page, sender.fonts), moment(at, "at")
    if sender.seal.vouched:
        return [Attachment(name, "application/pdf", sealed(pdf, sender.seal, when))]
    signature = Attachment(f"{name}.p7s", "application/pkcs7-signature", detached(pdf, sender.seal, when))
    return [Attachment(name, "application/pdf", pdf), signature]


def _machine(
    asked: Request, office: Office, sent_at: str, bic: str | None, payments: Mapping[str, Payment]
) -> tuple[list[Attachment], tuple[str, ...]]:
    try:
        if asked.kind is Kind.RECALL:
            made = cancellation(asked, office, sent_at, bic=bic, payments=payments)
            return [Attachment("camt.056.001.08.xml", "application/xml", made)], ()
        if asked.kind in {Kind.TAKEDOWN, Kind.SUSPEND}:
            found = reports(asked, office, sent_at)
            return [Attachment(f"xarf-{at}.json", "application/json", each.data) for at, each in enumerate(found, 1)], ()
    except BadInput as why:
        return [], (f"{'camt.056' if asked.kind is Kind.RECALL else 'XARF'}: {why}",)
    return [], ()
