"""Writes victim reports in Saksi's own column set, as CSV or JSON lines, so that reading them gives the same columns back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from saksi.formats.report_columns import FIELDS, base_name
from saksi.model.errors import BadInput

__all__ = ["write_reports"]

_PIECE = 512


def write_reports(rows: Iterable[Mapping[str, str]], columns: Sequence[str], form: str = "csv") -> Iterator[bytes]:
    """The file, piece by piece (UTF-8). Each row gives texts by column; a column it lacks is empty. Cells are data and stay as they are."""
    for name in columns:
        if base_name(name)[0] not in FIELDS:
            raise BadInput(f"{name!r} is not a column of a report")
    if form not in {"csv", "jsonl"}:
        raise BadInput(f"reports are written as csv or jsonl, not {form!r}")
    if form == "csv":
        yield (",".join(columns) + "\r\n").encode("ascii")
    waiting: list[Mapping[str, str]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == _PIECE:
            yield _piece(waiting, columns, form)
            waiting = []
    if waiting:
        yield _piece(waiting, columns, form)


def _piece(rows: Sequence[Mapping[str, str]], columns: Sequence[str], form: str) -> bytes:
    out = io.StringIO()
    if form == "csv":
        csv.writer(out, lineterminator="\r\n").writerows([row.get(name, "") for name in columns] for row in rows)
    else:
        for row in rows:
            made: dict[str, str | bool] = {name: row[name] for name in columns if row.get(name)}
            if "synthetic" in made:
                made["synthetic"] = made["synthetic"] == "true"
            out.write(json.dumps(made, ensure_ascii=False) + "\n")
    return out.getvalue().encode("utf-8")
