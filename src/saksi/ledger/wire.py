"""The two text forms that log formats are made of, read as strictly as they are written.

Python's own `int()` takes " 42", "4_2" and Thai digits, and its base64 takes stray bits: neither may happen on bytes
that are signed.
"""

from __future__ import annotations

import base64
import binascii
import re

from saksi.model.errors import BadInput

__all__ = ["MAX_SIZE", "parse_base64", "parse_decimal", "write_base64"]

MAX_SIZE = (1 << 63) - 1  # the greatest tree size, index or time that other implementations can hold
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_decimal(text: str, what: str) -> int:
    """A number from 0 to 2^63 - 1 in ASCII digits without sign, spaces or leading zeroes."""
    if not _DECIMAL.fullmatch(text) or (number := int(text)) > MAX_SIZE:
        raise BadInput(f"{what} is not a plain decimal number below 2^63: {text[:40]!r}")
    return number


def parse_base64(text: str, what: str) -> bytes:
    """Standard base64 with padding (RFC 4648, section 4), in the one form that a writer makes."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise BadInput(f"{what} is not base64: {text[:40]!r}") from error
    if write_base64(data) != text:
        raise BadInput(f"{what} is not base64 as it is written (padding or stray bits): {text[:40]!r}")
    return data


def write_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")
