"""What `phonenumbers` says of the texts that the table leaves to it.

Loaded only when such a text comes: the package takes longer to load than the table takes to read ten thousand numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from saksi.observables.phone_table import Reading

__all__ = ["CODE_UNKNOWN", "Foreign", "foreign"]

_LENGTHS = {  # the table's length classes
    ValidationResult.IS_POSSIBLE: 0,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: 1,
    ValidationResult.TOO_SHORT: 2,
    ValidationResult.TOO_LONG: 3,
    ValidationResult.INVALID_LENGTH: 4,
}
CODE_UNKNOWN = "its country calling code does not exist"
_NOT_A_NUMBER = "it is not a phone number"
_FAILURES = {
    NumberParseException.INVALID_COUNTRY_CODE: CODE_UNKNOWN,
    NumberParseException.TOO_SHORT_AFTER_IDD: "the number is too short",
    NumberParseException.TOO_SHORT_NSN: "the number is too short",
    NumberParseException.TOO_LONG: "the number is too long",
}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A reading and the extension that was found, or no reading and why."""

    reading: Reading | None
    extension: str = ""
    failure: str = ""


def foreign(text: str, country: str | None) -> Foreign:
    """One text read by the package; `country` an upper-case ISO 3166 code or None."""
    # Else the patterns of some 250 plans push each other out of the cache of `re`, and it takes ten times as long.
    phonenumbers.enable_pattern_cache()
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException as error:
        return Foreign(None, failure=_FAILURES.get(error.error_type, _NOT_A_NUMBER))
    except (ValueError, RecursionError):  # what the package lets through on texts it was not made for
        return Foreign(None, failure=_NOT_A_NUMBER)
    e164 = str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    valid = bool(phonenumbers.is_valid_number(number))
    length_class = 0 if valid else _LENGTHS[phonenumbers.is_possible_number_with_reason(number)]
    return Foreign(Reading(e164, valid, length_class, settled=False), number.extension or "")
