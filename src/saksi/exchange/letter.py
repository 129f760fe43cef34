"""The letter: a request as a page that a bank clerk or an abuse desk can read, check and answer without any machine of ours.

It is HTML here, pure and whole; `pdf.py` makes it a tagged PDF, `seal.py` signs that. What others wrote is escaped and spelled out
(`shown.py`). It names nobody but the observables asked about: the officer by pseudonym, statements by reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from saksi.actions import Request
from saksi.exchange.office import Office
from saksi.exchange.reference import reference
from saksi.exchange.shown import line, named, paragraphs
from saksi.exchange.wording import Wording, wording
from saksi.ledger.checkpoint import Checkpoint
from saksi.ledger.wire import write_base64
from saksi.model import JsonObject, canonical
from saksi.model.moment import moment

__all__ = ["FAMILIES", "Letter", "Signer", "html", "local", "rendered", "request_json", "seal_said"]

FAMILIES = (
    "Inter", "Inter Extended", "Inter Vietnamese", "Noto Sans Khmer", "Noto Sans Thai", "Noto Sans Lao", "Noto Sans Myanmar",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, as the letter says it: subject and issuer of the certificate and its SHA-256 in hex. `vouched` is False for a key of the
    node's own that nobody else vouches for."""

    subject: str
    issuer: str
    fingerprint: str
    vouched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A request on its way to a recipient.

    `sent_at` is a UTC time; the due times count from it. `seen` is the ledger's checkpoint at that time, None where there is none yet.
    `languages` are the recipient's, `offset` is its distance from UTC in minutes.
    """

    asked: Request
    office: Office
    sent_at: str
    seen: Checkpoint | None
    signer: Signer
    languages: tuple[str, ...] = ("en",)
    offset: int = 0

    @property
    def words(self) -> Wording:
        """The fixed words in the recipient's language."""
        return wording(self.languages)

    @property
    def attached(self) -> str:
        """SHA-256 of the attached `request.json`, in hex."""
        return sha256(request_json(self.asked)).hexdigest()

    @property
    def receive(self) -> str:
        """When receipt is asked to be acknowledged, in the recipient's time."""
        return local(moment(self.sent_at, "sent_at") + self.asked.urgency.receive, self.offset)

    @property
    def decide(self) -> str:
        """When a decision is asked for, in the recipient's time."""
        return local(moment(self.sent_at, "sent_at") + self.asked.urgency.decide, self.offset)


def request_json(asked: Request) -> bytes:
    """The request in canonical form without its nonce: with the nonce, whoever reads a mail could link every step in public leaves."""
    whole = asked.to_json()
    kept: JsonObject = {name: value for name, value in whole.items() if name != "nonce"}
    return canonical(kept)


def local(at: datetime, offset: int) -> str:
    """A UTC time as the clock of a place shows it, with the distance from UTC beside it."""
    sign, minutes = ("-" if offset < 0 else "+"), abs(offset)
    shown = at + timedelta(minutes=offset)
    return f"{shown:%Y-%m-%d %H:%M} (UTC{sign}{minutes // 60:02d}:{minutes % 60:02d})"


def html(letter: Letter) -> str:
    """The letter as one HTML page without any link to elsewhere."""
    asked, words, office = letter.asked, letter.words, letter.office
    until = None if asked.until is None else local(moment(asked.until, "until"), letter.offset)
    told = office.tipping_off is None and asked.rule.coercive
    notice = wording((asked.holder_language or "en",)) if told else None
    asks = words.kinds[asked.kind.value]
    return rendered(
        "letter.html", words, letter=letter, asked=asked, office=office, reference=reference(asked.id), asks=asks,
        title=words["title"].format(reference=reference(asked.id), asks=asks),
        money=asked.rule.money, offence=words.offences[asked.offence], urgency=words.urgencies[asked.urgency.value],
        made_of=words.made_of, refusals=words.refusals, sent=local(moment(letter.sent_at, "sent_at"), letter.offset),
        receive=letter.receive, decide=letter.decide, until=until, checkpoint=_checkpoint(letter), seal=seal_said(letter.signer, words),
        translated=words["translated"].format(language=words["language"]),
        tip_off=words["tip_off"].format(law=line(office.tipping_off or "")),
        notice=None if notice is None else {**notice.texts, "language": notice.language},
        notice_asks="" if notice is None else notice.kinds[asked.kind.value],
        notice_until="" if notice is None else notice["notice_until"].format(until=until),
    )  # fmt: skip


def _checkpoint(letter: Letter) -> str:
    seen = letter.seen
    return letter.words["no_checkpoint"] if seen is None else f"{seen.origin} {seen.size} {write_base64(seen.root)}"


def rendered(template: str, words: Wording, **parts: object) -> str:
    """A page of this room in one language, with its style in it."""
    families = ", ".join(f'"{each}"' for each in FAMILIES) + ", sans-serif"
    style = _pages().get_template("letter.css").render(families=Markup(families), page=words["page"], of=words["of"])  # noqa: S704 - ours
    return _pages().get_template(template).render(w=words.texts, lang=words.language, style=style, **parts)


def seal_said(by: Signer, words: Wording) -> str:
    """By whom it is signed and how that is checked, in words."""
    text = words["seal_vouched" if by.vouched else "seal_own"]
    return text.format(subject=line(by.subject), issuer=line(by.issuer), fingerprint=by.fingerprint)


@cache
def _pages() -> Environment:
    made = Environment(
        loader=PackageLoader("saksi.exchange"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, auto_reload=False
    )
    made.filters.update(line=line, named=named, paragraphs=paragraphs)
    return made
