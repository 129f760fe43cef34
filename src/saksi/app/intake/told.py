"""What somebody tells about a scam: strictly read from JSON, or put together from a form; and the line that is kept of it.

The line is one JSON object in the column set of victim reports, so that it is read by the same reader as every desk's file; beside those
columns stand the ones in `SEALED`, which no reader reads: they stay in the sealed original and nowhere else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from saksi.app.intake.attachment import MOST_FILES, Attachment
from saksi.formats.report_columns import field_name
from saksi.model.errors import BadInput

__all__ = ["AGES", "CONSENTS", "LONGEST", "SEALED", "Contact", "Payment", "Profile", "Told", "line_of", "read_told"]

LONGEST = 8_000
AGES = ("", "under-18", "18-24", "25-59", "60-plus")
CONSENTS = ("authorities", "banks", "contact", "rescue")
SEALED = (
    "about", "age", "attachments", "consent", "contact_email", "contact_name", "contact_other", "contact_phone", "contact_when",
    "location", "session", "words",
)  # fmt: skip

Short = Annotated[str, Meta(max_length=200)]
Long = Annotated[str, Meta(max_length=2_000)]
Words = Annotated[str, Meta(max_length=LONGEST)]
Few = Annotated[tuple[Short, ...], Meta(max_length=9)]


class Payment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One payment: what, when (`about`: not sure of the day), to which account, wallet or phone, and from which account of the victim."""

    amount: Short = ""
    currency: Short = ""
    paid_at: Short = ""
    about: bool = False
    account: Short = ""
    bank: Short = ""
    country: Short = ""
    name: Short = ""
    wallet: Short = ""
    coin: Short = ""
    phone: Short = ""
    rail: Short = ""
    from_account: Short = ""
    from_bank: Short = ""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The scammers' account on a messenger or network."""

    handle: Short = ""
    platform: Short = ""


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How the person can be reached, and when it is safe to."""

    name: Short = ""
    phone: Short = ""
    email: Short = ""
    other: Short = ""
    when: Short = ""


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One report as it was told. Texts are as people write them; `location` is taken only with the consent `rescue`.

    `in_danger` and `still_paying` are None where nobody asked: that is no "no".
    """

    country: Short = ""
    language: Short = ""
    channel: Short = ""
    typology: Short = ""
    happened_at: Short = ""
    happened_about: bool = False
    narrative: Words = ""
    payments: Annotated[tuple[Payment, ...], Meta(max_length=9)] = ()
    phones: Few = ()
    emails: Few = ()
    profiles: Annotated[tuple[Profile, ...], Meta(max_length=9)] = ()
    links: Annotated[tuple[Long, ...], Meta(max_length=9)] = ()
    wallets: Few = ()
    age: str = ""
    still_paying: bool | None = None
    in_danger: bool | None = None
    location: Long = ""
    consent: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    contact: Contact = Contact()
    synthetic: bool = False

    def __post_init__(self) -> None:
        if self.age not in AGES:
            raise ValueError(f"age is one of {', '.join(AGES[1:])}")
        if not set(self.consent) <= set(CONSENTS) or len(set(self.consent)) != len(self.consent):
            raise ValueError(f"consent names each of {', '.join(CONSENTS)} at most once")
        if self.location and "rescue" not in self.consent:
            raise ValueError("a location is taken only with the consent to pass it to rescuers")

    @property
    def minor(self) -> bool:
        """Whether a child tells it: handled apart."""
        return self.age == "under-18"

    @property
    def shared(self) -> bool:
        """Whether the person's own part may be seen by other authorities, and the story by those who look things up here."""
        return "authorities" in self.consent and not self.minor and not self.in_danger

    @property
    def empty(self) -> bool:
        """Whether nothing at all is told."""
        said = self.narrative or self.phones or self.emails or self.profiles or self.links or self.wallets or self.in_danger
        return not said and not any(pay != Payment(about=pay.about) for pay in self.payments)


def read_told(body: bytes) -> Told:
    """A report in JSON. Raises BadInput with the place of what does not fit."""
    try:
        told = msgspec.json.decode(body, type=Told)
    except msgspec.ValidationError as refusal:
        what, _, where = str(refusal).partition(" - at `")
        raise BadInput(what, where=where.rstrip("`") or "body") from refusal
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as fault:
        raise BadInput("the body is not JSON", where="body") from fault
    if told.empty:
        raise BadInput("the report says nothing: tell what happened, or give an account, phone, link or payment", where="body")
    return told


def line_of(told: Told, files: Sequence[Attachment], session: str) -> bytes:
    """The line that is kept: canonical JSON of texts and truth values. `session` makes its digest one that nobody can guess."""
    if len(files) > MOST_FILES:
        raise BadInput(f"at most {MOST_FILES} files are taken with a report", where="files")
    made: dict[str, str | bool] = {
        "scam_phone": "", "country": told.country.upper(), "language": told.language, "channel": told.channel, "typology": told.typology,
        "happened_at": told.happened_at, "narrative" if told.shared else "words": told.narrative, "age": told.age,
        "consent": " ".join(sorted(told.consent)), "location": told.location, "session": session, "synthetic": told.synthetic,
        "attachments": "\n".join(f"{file.digest} {len(file.data)} {file.name}" for file in files),
        **{f"contact_{name}": getattr(told.contact, name) for name in Contact.__struct_fields__},
    }  # fmt: skip
    answered = {"person_in_danger": told.in_danger, "still_paying": told.still_paying}
    made |= {name: value for name, value in answered.items() if value is not None}
    about = ["happened_at"] if told.happened_about else []
    for number, payment in enumerate(told.payments, 1):
        for name, column in _PAYMENT.items():
            made[field_name(column, number)] = getattr(payment, name)
        about += [field_name("paid_at", number)] if payment.about else []
    lists: dict[str, Sequence[str]] = {
        "scam_phone": told.phones, "scam_email": told.emails, "scam_url": told.links, "scam_wallet": told.wallets,
        "scam_handle": [one.handle for one in told.profiles], "scam_platform": [one.platform for one in told.profiles],
    }  # fmt: skip
    for column, texts in lists.items():
        made |= {field_name(column, number): text for number, text in enumerate(texts, 1)}
    made["about"] = " ".join(about)
    kept = {name: _clean(value, name) if isinstance(value, str) else value for name, value in made.items()}
    told_of = {name: value for name, value in kept.items() if value or name in {"scam_phone", "synthetic", *answered}}
    return msgspec.json.encode(told_of, order="sorted")


_PAYMENT = {
    "amount": "amount", "currency": "currency", "paid_at": "paid_at", "rail": "rail", "account": "payee_account", "bank": "payee_bank",
    "country": "payee_country", "name": "payee_name", "wallet": "payee_wallet", "coin": "payee_chain", "phone": "payee_phone",
    "from_account": "victim_account", "from_bank": "victim_bank",
}  # fmt: skip
_TELLING = frozenset({"narrative", "words", "location", "attachments"})


def _clean(text: str, name: str) -> str:
    """Without what is not a character of a text. Messengers wrap copied numbers in marks of direction: in short fields those go, too."""
    gone = {"Cc", "Cs"} if name in _TELLING else {"Cc", "Cs", "Cf"}
    kept = "".join(sign for sign in text if sign == "\n" or unicodedata.category(sign) not in gone or sign in "\u200c\u200d\u200b")
    return unicodedata.normalize("NFC", kept).strip()
