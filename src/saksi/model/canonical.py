"""Canonical form: the one spelling of a value, so that equal values have equal digests.

JSON Canonicalization Scheme (RFC 8785) under a narrow profile: ASCII keys, NFC strings without lone surrogates,
integers between -(2^53 - 1) and 2^53 - 1, no floats and no null, no duplicate keys, depth at most 16, at most 60,000 bytes.
Under this profile the standard library's sorted, separator-tight `json.dumps` gives the bytes that RFC 8785 asks for.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from saksi.model.errors import BadInput

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_INTEGER", "Json", "JsonObject", "canonical", "check_text", "parse_canonical"]

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json]"
JsonObject: TypeAlias = Mapping[str, Json]

MAX_DEPTH = 16
MAX_BYTES = 60_000
MAX_INTEGER = 2**53 - 1


def canonical(value: JsonObject) -> bytes:
    """Write `value` in canonical form. Raises BadInput where it leaves the profile, naming the place."""
    _check(value, "", 1)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    data = text.encode("utf-8")
    if len(data) > MAX_BYTES:
        raise BadInput(f"canonical form is {len(data)} bytes, at most {MAX_BYTES} are allowed")
    return data


def parse_canonical(data: bytes) -> dict[str, Json]:
    """Read canonical bytes; anything that `canonical` would not have written is refused."""
    if len(data) > MAX_BYTES:
        raise BadInput(f"canonical form is {len(data)} bytes, at most {MAX_BYTES} are allowed")
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_no_twins, parse_float=_no_float, parse_constant=_no_float)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise BadInput(f"not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise BadInput("a canonical value is an object")
    if canonical(value) != data:
        raise BadInput("not in canonical form", todo="write it with saksi.model.canonical")
    return value


def check_text(text: str, where: str = "") -> str:
    """Give `text` back if it is NFC without lone surrogates, else raise BadInput."""
    if text.isascii():
        return text
    if not unicodedata.is_normalized("NFC", text):
        raise BadInput("text is not in Unicode normal form C", where=where)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as fault:
        raise BadInput("text holds a lone surrogate", where=where) from fault
    return text


def _check(value: Json, where: str, depth: int) -> None:
    if isinstance(value, str):
        check_text(value, where)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise BadInput("integer of 2^53 or beyond: write it as a string", where=where)
    elif isinstance(value, (dict, list, tuple)):
        if depth > MAX_DEPTH:
            raise BadInput(f"nested deeper than {MAX_DEPTH}", where=where)
        if isinstance(value, dict):
            for key, part in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise BadInput(f"key {key!r} is not ASCII text", where=where)
                _check(part, f"{where}/{key}", depth + 1)
        else:
            for place, part in enumerate(value):
                _check(part, f"{where}/{place}", depth + 1)
    else:
        raise BadInput(
            f"{type(value).__name__} has no canonical form",
            where=where,
            todo="write decimals as strings, leave out null",
        )


def _no_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInput("an object has the same key twice")
    return made


def _no_float(text: str) -> Json:
    raise BadInput(f"{text} is not an integer: write decimals as strings")
