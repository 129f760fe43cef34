"""Writes what could not be taken into a file for the desk that sent it: where it stands, why, and what it said.

The words come from strangers. A spreadsheet runs a cell that begins with =, +, -, @, a tab or a carriage return, so such a cell gets an
apostrophe in front in the CSV form (OWASP, CSV injection); JSON lines are written as they are.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator

from saksi.formats.batch import Rejected
from saksi.model.errors import BadInput

__all__ = ["REJECT_FORMS", "write_rejects"]

REJECT_FORMS = ("csv", "jsonl")
_HEADING = ("where", "reason", "original")
_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_rejects(found: Iterable[Rejected], form: str = "csv") -> Iterator[bytes]:
    """The file, piece by piece (UTF-8; the CSV begins with a mark so that spreadsheets read it as such)."""
    if form not in REJECT_FORMS:
        raise BadInput(f"rejects are written as {' or '.join(REJECT_FORMS)}, not {form!r}")
    if form == "jsonl":
        for one in found:
            made = {"locator": dict(one.locator.to_json()), "original": one.original, "reason": one.reason}
            if one.beside:
                made["beside"] = one.beside
            yield (json.dumps(made, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8", "backslashreplace")
        return
    yield b"\xef\xbb\xbf" + _line(_HEADING)
    for one in found:
        yield _line((one.where, one.reason, one.original))


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(_tame(cell) for cell in cells)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _tame(cell: str) -> str:
    cell = cell.replace("\0", "\\0")
    return "'" + cell if cell.lstrip(" ").startswith(_RUNS) else cell
