"""Victim reports as JSON lines: one object a line, keys as in the column set; a list gives the repeats of a field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from saksi.formats.batch import Rejected
from saksi.formats.lines import read_lines
from saksi.formats.reader import Job, check_sound, full, rejected
from saksi.formats.report_columns import FIELDS, MOST_REPEATS, field_name
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["split_jsonl"]

_MOST_KEYS = 500


def split_jsonl(stream: BinaryIO, *, encoding: str | None, rows: int) -> Iterator[Job]:
    """Jobs of at most `rows` objects; a job's heading is what its objects hold. Raises BadInput if the first line is no object."""
    objects: list[dict[str, str]] = []
    numbers: list[int] = []
    faults: list[Rejected] = []
    number = size = good = bad = 0
    first = ""
    for block in read_lines(stream, encoding):
        for at, text in enumerate(block.texts):
            if at not in block.faults and (not text or text.isspace()):
                continue
            number += 1
            try:
                if at in block.faults:
                    raise BadInput(block.faults[at][0])
                objects.append(_flat(_parse(text), number, faults))
            except BadInput as refusal:
                if number == 1:
                    raise BadInput(f"not JSON lines: {refusal.what}", where=f"line {block.first + at}") from refusal
                shown = block.faults[at][1] if at in block.faults else text
                faults.append(rejected(Locator(row=number), refusal.what, shown))
                bad, first = bad + 1, first or f"line {block.first + at}: {refusal.what}"
                check_sound(good, bad, first)
            else:
                numbers.append(number)
                good, size = good + 1, size + len(text)
            if full(len(objects), rows, faults=len(faults), size=size):
                yield _job(objects, numbers, faults)
                objects, numbers, faults, size = [], [], [], 0
    if objects or faults:
        yield _job(objects, numbers, faults)


def _job(objects: list[dict[str, str]], numbers: list[int], faults: list[Rejected]) -> Job:
    heading = tuple(dict.fromkeys(key for one in objects for key in one))
    bad = sum(fault.locator.column is None for fault in faults)
    return Job(heading, [[one.get(key, "") for key in heading] for one in objects], numbers, tuple(faults), len(objects) + bad)


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


def _flat(value: dict[str, object], number: int, faults: list[Rejected]) -> dict[str, str]:
    """Texts only: numbers as they were written, lists of texts as numbered repeats. What has another shape is rejected by itself."""
    made: dict[str, str] = {}
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
            faults.append(rejected(Locator(row=number, column=key), reason, repr(part)))
    return made


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
