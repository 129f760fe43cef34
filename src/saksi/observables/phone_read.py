"""One phone number read: by the table where it decides, by `phonenumbers` where it does not, and why it is refused.

The E.164 form and validity are those of `phonenumbers` for every text that it can parse. More than it, this reads
numbers with rare spaces or invisible marks between their digits, and "00" for "+" where no country is given. What
`phonenumbers` reads but no phone can have (a length that the plan does not know, words beside the number, a form that
would read differently the next time) keeps its reading here and gets a reason; `phone` then refuses it. So it is with
letters for keypads ("1-800-FLOWERS"): `phonenumbers` dials any three letters, so that in a country with numbers of many
lengths "030 123456 Mrs" becomes another number, and a valid one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from saksi.observables.phone_table import PLUS, SHORTEST_NSN, Reading, table
from saksi.observables.phone_text import Shape, label_reason, lead_end, letters_inside, shape, without_marks
from saksi.observables.phone_unlike import suspects, unlike

__all__ = [
    "LENGTH_REASONS",
    "LONGEST_TEXT",
    "NO_COUNTRY",
    "TOO_LONG",
    "UNSTABLE",
    "Read",
    "international_reason",
    "read",
    "read_seen",
    "steady",
]

LONGEST_TEXT = 250  # characters; the limit of `phonenumbers`
LENGTH_REASONS: tuple[str | None, ...] = (  # in the order of the table's length classes
    None,
    "the area code is missing",
    "the number is too short for its country",
    "the number is too long for its country",
    "its country has no number of this length",
)
NO_COUNTRY = "it is a national form, and no country with a known number plan is given"
TOO_LONG = "the number is too long"
UNSTABLE = "after its national prefix it begins with the prefix again"
_WORDS = "there are letters in the number"


@dataclass(frozen=True, slots=True)
class Read:
    """`e164` as read or None; `valid` in its plan; `reason` why it must not be used, or None; `extension` digits."""

    e164: str | None
    valid: bool
    reason: str | None
    extension: str = ""


def read(text: str, country: str | None) -> Read:
    """One text; `country` an upper-case ISO 3166 code or None."""
    found = read_seen(text, country, shape(text) if len(text) <= LONGEST_TEXT else None)
    reason = unlike(text) if suspects([text]) else None
    return found if reason is None else replace(found, reason=reason)


def read_seen(text: str, country: str | None, found: Shape | None) -> Read:
    """As `read`, for a text whose shape somebody has already looked for."""
    if len(text) > LONGEST_TEXT:
        return Read(None, False, "the text is too long for a phone number")
    if found is None:
        if sum(map(str.isdecimal, text)) < SHORTEST_NSN:  # empty cells and words need nobody's opinion
            return Read(None, False, "it is not a phone number")
        return _foreign(text, country, None)
    known = country is not None and country != PLUS and country in table().starts
    if not found.plus and not known:
        if not found.digits.startswith("00"):
            return Read(None, False, NO_COUNTRY)
        found = Shape(True, found.digits[2:], found.extension)
        text = f"{text[: lead_end(text)]}+{found.digits}"
    reading = table().read(found.digits, PLUS if found.plus else country or "")
    if reading is None:
        return _foreign(text, country, found)
    if reading.e164 is None:
        return Read(None, False, TOO_LONG)
    reason = _reason(reading.e164, reading, found, country) or label_reason(text)
    return Read(reading.e164, reading.valid, reason, found.extension)


def _foreign(text: str, country: str | None, found: Shape | None) -> Read:
    """What `phonenumbers` says; where it gives up, once more without marks that nobody sees."""
    from saksi.observables.phone_foreign import CODE_UNKNOWN, foreign

    said = foreign(text, country)
    if said.reading is None and (clean := without_marks(text)) != text:
        text = clean
        said = foreign(text, country)
    if said.reading is None or said.reading.e164 is None:
        homeless = said.failure == CODE_UNKNOWN and not {"+", "\uff0b"} & set(text)
        return Read(None, False, NO_COUNTRY if homeless else said.failure)
    extension = said.extension or (found.extension if found else "")
    reason = _reason(said.reading.e164, said.reading, found, country)
    if found is None and (label_reason(text) is None) and letters_inside(text):
        reason = "there are letters in the number"
    return Read(said.reading.e164, said.reading.valid, reason or label_reason(text), extension)


def _reason(e164: str, reading: Reading, found: Shape | None, country: str | None) -> str | None:
    if found and not found.plus and not reading.valid and found.digits.startswith("00"):
        reason = international_reason(e164, found.digits, country)
        if reason:
            return reason
    if not reading.valid and reading.length_class:
        return LENGTH_REASONS[reading.length_class]
    if not reading.settled and not (found and e164 == f"+{found.digits}") and not steady(e164):
        return UNSTABLE
    return None


def international_reason(e164: str, digits: str, country: str | None) -> str | None:
    """Why "00..." is ambiguous: read as dialled in `country` it is no valid number, read as "+..." it would be."""
    other = _international(digits[2:])
    if other is None or not other.valid or other.e164 == e164:
        return None
    return f"00 is not the international prefix of {country}: {e164} would not be valid, {other.e164} would"


def steady(e164: str) -> bool:
    """Reading the form again gives the same form."""
    again = _international(e164[1:])
    return again is not None and again.e164 == e164


def _international(digits: str) -> Reading | None:
    reading = table().read(digits, PLUS)
    if reading is None:
        from saksi.observables.phone_foreign import foreign

        reading = foreign(f"+{digits}", None).reading
    return reading
