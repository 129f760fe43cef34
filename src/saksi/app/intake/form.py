"""From the fields of the form, public or operator's, to what was told."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

import msgspec

from saksi.app.intake.attachment import MOST_FILE_BYTES, MOST_FILES, Attachment, safe_name
from saksi.app.intake.multipart import Sent
from saksi.app.intake.prepared import Channel, Sheet
from saksi.app.intake.told import CONSENTS, Contact, Payment, Profile, Told, line_of
from saksi.model.errors import BadInput

__all__ = ["MOST_PAYMENTS", "MOST_PROFILES", "Unfit", "new_session", "sheet_of"]

MOST_PAYMENTS = 4
MOST_PROFILES = 2
_ANSWERS = {"yes": True, "no": False}
_SESSION = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Unfit(Exception):
    """An answer that cannot be taken as it is; `word` names the sentence of the catalogue that says so."""

    word: str


def new_session() -> str:
    """What a form that is shown bears, so that sending it twice is known for what it is. It says nothing about anybody."""
    return secrets.token_hex(16)


def sheet_of(sent: Sent, *, channel: Channel, by: str = "") -> Sheet:
    """The form as a report. Raises Unfit with what a person can mend, BadInput for what no browser sends."""
    if len(sent.files) > MOST_FILES:
        raise Unfit("unfit_files")
    if any(len(file.data) > MOST_FILE_BYTES for file in sent.files):
        raise Unfit("unfit_file_size")
    files = tuple(Attachment(safe_name(file.name), file.data) for file in sent.files if file.data)
    consent = tuple(name for name in CONSENTS if name in sent.fields.get("consent", ()))
    location = sent.text("location")
    if location and "rescue" not in consent:
        raise Unfit("unfit_location")
    told = _told(sent, consent, location)
    if told.empty:
        raise Unfit("unfit_empty")
    given = sent.text("form")
    session = given if _SESSION.fullmatch(given) else new_session()
    return Sheet(told, files, line_of(told, files, session), channel, by)


def _told(sent: Sent, consent: tuple[str, ...], location: str) -> Told:
    payments = tuple(pay for number in range(1, MOST_PAYMENTS + 1) if (pay := _payment(sent, number)) != Payment(about=pay.about))
    profiles = tuple(
        Profile(handle, sent.text(f"platform_{number}"))
        for number in range(1, MOST_PROFILES + 1)
        if (handle := sent.text(f"handle_{number}"))
    )
    made = Told(
        country=sent.text("country").upper(),
        language=sent.text("language"),
        channel=sent.text("channel"),
        happened_at=sent.text("happened_at"),
        happened_about=bool(sent.text("happened_about")),
        narrative=sent.text("narrative").replace("\r\n", "\n"),
        payments=payments,
        phones=sent.lines("phones"),
        emails=sent.lines("emails"),
        profiles=profiles,
        links=sent.lines("links"),
        wallets=sent.lines("wallets"),
        age=sent.text("age") if sent.text("age") in {"under-18", "18-24", "25-59", "60-plus"} else "",
        still_paying=_ANSWERS.get(sent.text("still_paying")),
        in_danger=_ANSWERS.get(sent.text("in_danger")),
        location=location,
        consent=consent,
        contact=Contact(**{name: sent.text(f"contact_{name}") for name in Contact.__struct_fields__}),
    )
    try:
        return msgspec.convert(msgspec.to_builtins(made), Told)  # the lengths are checked here
    except msgspec.ValidationError as fault:
        if "length" in str(fault):
            raise Unfit("unfit_long") from fault
        raise BadInput("an answer cannot be read", where="form") from fault


def _payment(sent: Sent, number: int) -> Payment:
    names = (name for name in Payment.__struct_fields__ if name != "about")
    texts = {name: sent.text(f"{name}_{number}") for name in names}
    return Payment(**texts, about=bool(sent.text(f"about_{number}")))
