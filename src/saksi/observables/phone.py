"""A phone number as an officer finds it, in the one form that all countries share: E.164.

The reading and the validity are those of `phonenumbers` (the library of most phones), from a table of our own where
that decides; see `phone_read` for the two places where more is read. A number whose *length* its country does not know
is refused, and so is what reads two ways. A number that fits in length but that the plan does not list is kept, with a
note: plans open new ranges before the metadata knows of them, and a report must not be lost for it.
"""

from __future__ import annotations

from saksi.model.errors import BadInput
from saksi.observables.observable import Observable
from saksi.observables.phone_read import NO_COUNTRY, read

__all__ = ["NOT_IN_PLAN", "phone"]

NOT_IN_PLAN = "not valid in its country's number plan"


def phone(text: str, *, country: str | None = None) -> Observable:
    """The phone number in `text`; `country` (ISO 3166 alpha-2) is where a national form was written.

    Takes international and national forms, digits of any script, punctuation, "tel:" URIs, "00" prefixes and extensions
    (a note, never in the id). Raises `BadInput` with the reason otherwise.
    """
    if not isinstance(text, str):
        raise BadInput("a phone number has to be text", todo="keep the column as text, so that leading zeros stay")
    found = read(text, None if country is None else country.upper())
    if found.e164 is None or found.reason is not None:
        raise BadInput(f"not taken as a phone number: {found.reason}", todo=_todo(found.reason))
    notes = [] if found.valid else [NOT_IN_PLAN]
    if found.extension:
        notes.append(f"extension {found.extension}")
    return Observable("phone", found.e164, "PhoneNumber", tuple(notes))


def _todo(reason: str | None) -> str:
    if reason == NO_COUNTRY:
        return "say in which country it was written, or write it with + and the country code"
    return "write it with + and the country code, one number a field"
