"""A request as one mail: words for people, the signed letter, the same for machines. Made anew from the same parts, it has the same bytes.

The plain part and the subject name no observable: mail lies about in many places. `Auto-Submitted: no` (RFC 3834), since a person decided
to send it and many desks drop automatic mail; absence notices are held off by the header that Exchange reads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from saksi.actions import Request
from saksi.exchange.letter import Letter
from saksi.exchange.office import Office
from saksi.exchange.reference import mail_address, message_id, reference
from saksi.exchange.shown import line
from saksi.model import BadInput
from saksi.model.moment import moment

__all__ = ["MOST_BYTES", "Attachment", "Mail", "Said", "mail", "written"]

MOST_BYTES = 8_000_000  # what every mail server takes
_POLICY = SMTP.clone(max_line_length=76)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the words: its name, its media type, its bytes."""

    name: str
    media: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a mail, in one language."""

    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail: its Message-ID, the request's id, the bare addresses of its envelope, its bytes."""

    id: str
    request: str
    sender: str
    recipient: str
    data: bytes

    def __post_init__(self) -> None:
        for name in ("sender", "recipient"):
            if mail_address(getattr(self, name), name) != getattr(self, name):
                raise BadInput("the host of an address is in small letters", where=name)


def mail(letter: Letter, files: Sequence[Attachment], *, at: str, number: int = 1, before: Sequence[str] = ()) -> Mail:
    """The `number`th mail about a request (from 1), written `at` a UTC time, in the thread of the Message-IDs `before`.

    Raises BadInput where it cannot be sent.
    """
    asked, words = letter.asked, letter.words
    subject = words["mail_subject"].format(reference=reference(asked.id), party=asked.to.party.value, by=letter.decide)
    said = Said(words.language, subject, _body(letter))
    return written(asked, letter.office, said, files, at=at, number=number, before=before)


def written(  # noqa: PLR0913 - what a mail is made of
    asked: Request, office: Office, said: Said, files: Sequence[Attachment], *, at: str, number: int, before: Sequence[str]
) -> Mail:
    """A mail about a request in words of one's own; as `mail`."""
    to = mail_address(asked.to.address, "to/address")
    id_ = message_id(asked, number, office.domain)
    made = EmailMessage(policy=_POLICY)
    made["From"] = Address(_name(office.name), addr_spec=office.mail)
    made["To"] = Address(_name(asked.to.name), addr_spec=to)
    made["Subject"] = line(said.subject, 200)
    made["Date"] = format_datetime(moment(at, "at"))
    made["Message-ID"] = id_
    if before:
        made["In-Reply-To"], made["References"] = before[-1], " ".join(before)
    made["Auto-Submitted"] = "no"
    made["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    made["Content-Language"] = said.language
    made.set_content(said.body, cte="quoted-printable")
    for each in files:
        main, _, sub = each.media.partition("/")
        made.add_attachment(each.data, maintype=main, subtype=sub, filename=each.name)
    made.set_boundary(f"=_saksi_{id_[1:33]}")
    data = made.as_bytes()
    if len(data) > MOST_BYTES:
        raise BadInput(f"the mail has {len(data):,} bytes, at most {MOST_BYTES:,} are taken", where="mail")
    return Mail(id_, asked.id, office.mail, to, data)


def _name(text: str) -> str:
    """A name beside an address, without the signs that mean something there: a name that is quoted and folded loses its quotes in some
    versions of Python's library, and then what it holds becomes an address."""
    kept = "".join(char if char.isalnum() or unicodedata.category(char) in {"Mn", "Mc"} or char in "-'&" else " " for char in line(text))
    return " ".join(kept.split())[:60].strip()


def _body(letter: Letter) -> str:
    words, asked = letter.words, letter.asked
    return words["mail_body"].strip().format(
        office=line(letter.office.name), recipient=line(asked.to.name), asks=words.kinds[asked.kind.value], reference=reference(asked.id),
        receive=letter.receive, decide=letter.decide, reasons=", ".join(words.refusals),
    ) + "\n"  # fmt: skip
