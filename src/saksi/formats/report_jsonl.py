"""Victim reports as JSON lines: one object a line, keys as in the column set; a list gives the repeats of a field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from saksi.formats.batch import Rejected
from saksi.formats.lines import read_lines
from saksi.formats.reader import Job, check_sound, full, in_file, rejected
from saksi.formats.report_columns import FIELDS, MOST_REPEATS, field_name
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["split_jsonl"]

_MOST_KEYS = 500
_FIRST_FEW = 20
_VALUE = json.JSONDecoder(parse_float=str, parse_int=str)
_SIGNS = re.compile(r"[\s:,]*")


def split_jsonl(stream: BinaryIO, *, encoding: str | None, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` objects; a job's heading is what its objects hold.

    Raises BadInput if none of the first 20 lines is an object; a bad line before the first object costs itself only, as any other.
    """
    objects: list[dict[str, str]] = []
    numbers: list[int] = []
    lines: list[int] = []
    faults: list[Rejected] = []
    number = size = good = bad = 0
    place = reason = ""
    for block in read_lines(stream, encoding):
        for at, text in enumerate(block.texts):
            if at not in block.faults and (not text or text.isspace()):
                continue
            number += 1
            try:
                if at in block.faults:
                    raise BadInput(block.faults[at][0])
                objects.append(_flat(text, number, faults))
            except BadInput as refusal:
                shown = block.faults[at][1] if at in block.faults else text
                faults.append(rejected(Locator(row=number), refusal.what, shown, in_file("jsonl", number, block.first + at)))
                if not bad:
                    place, reason = f"line {block.first + at}", refusal.what
                bad += 1
                if not good and bad == _FIRST_FEW:
                    raise _no_lines(place, reason) from refusal
                check_sound(good, bad, f"{place}: {reason}")
            else:
                numbers.append(number)
                lines.append(block.first + at)
                good, size = good + 1, size + len(text)
            if full(len(objects), rows, faults=len(faults), size=size):
                yield _job(objects, numbers, lines, faults)
                objects, numbers, lines, faults, size = [], [], [], [], 0
    if bad and not good:
        raise _no_lines(place, reason)
    if objects or faults:
        yield _job(objects, numbers, lines, faults)


def _no_lines(place: str, reason: str) -> BadInput:
    todo = "give one object a line; if it is another kind of file, name it by its kind (.csv, .xlsx)"
    return BadInput(f"not JSON lines: {reason}", where=place, todo=todo)


def _job(objects: list[dict[str, str]], numbers: list[int], lines: list[int], faults: list[Rejected]) -> Job:
    heading = tuple(dict.fromkeys(key for one in objects for key in one))
    bad = sum(fault.locator.column is None for fault in faults)
    rows = [[one.get(key, "") for key in heading] for one in objects]
    return Job(heading, rows, numbers, tuple(faults), len(objects) + bad, lines=lines)


def _parse(text: str) -> dict[str, object]:
    try:
        value = json.loads(text, object_pairs_hook=_no_twins, parse_float=str, parse_int=str, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise BadInput("nested too deeply") from error
    if not isinstance(value, dict):
        raise BadInput("a line holds one object")
    if len(value) > _MOST_KEYS:
        raise BadInput(f"an object of {len(value)} keys, at most {_MOST_KEYS} are taken")
    if "\\u" in text:
        _no_surrogates(value)
    return value


def _flat(text: str, number: int, faults: list[Rejected]) -> dict[str, str]:
    """Texts only: numbers as they were written, lists of texts as numbered repeats. What has another shape is rejected by itself."""
    value = _parse(text)
    made: dict[str, str] = {}
    written: dict[str, str] = {}
    for key, part in value.items():
        if isinstance(part, str):
            made[key] = part
        elif isinstance(part, bool):
            made[key] = "true" if part else "false"
        elif part is None:
            continue
        elif isinstance(part, list) and all(isinstance(piece, str) for piece in part) and _fits(key, len(part)):
            for at, piece in enumerate(part, 1):
                if field_name(key, at) in value and at > 1:
                    faults.append(rejected(Locator(row=number, column=key), f"{field_name(key, at)} is given apart, too", piece))
                else:
                    made[field_name(key, at)] = piece
        else:
            reason = f"{'a list' if isinstance(part, list) else 'an object'} stands where a text is expected"
            written = written or _written(text)
            faults.append(rejected(Locator(row=number, column=key), reason, written[key]))
    return made


def _written(text: str) -> dict[str, str]:
    """The values of an object that was read already, each as it stands in the line. Raises BadInput where it is nested too deeply."""
    made: dict[str, str] = {}
    at = text.index("{") + 1
    try:
        while (at := _next(text, at)) < len(text) and text[at] != "}":
            key, at = _VALUE.raw_decode(text, at)
            begin = _next(text, at)
            _, at = _VALUE.raw_decode(text, begin)
            made[key] = text[begin:at]
    except RecursionError as error:
        raise BadInput("nested too deeply") from error
    return made


def _next(text: str, at: int) -> int:
    """Where the next key, value or brace begins, behind blanks and the sign between them."""
    found = _SIGNS.match(text, at)
    return at if found is None else found.end()


def _fits(key: str, many: int) -> bool:
    return key in FIELDS and FIELDS[key].repeats and many <= MOST_REPEATS


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadInput("an object has the same key twice")
    return made


def _no_constant(text: str) -> object:
    raise BadInput(f"{text} is not JSON")


def _no_surrogates(value: dict[str, object]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput("an escape stands for half a character (a lone surrogate)") from error
