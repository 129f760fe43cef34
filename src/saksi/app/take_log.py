"""The list of takes: one JSON object a line, told to whoever gave the file and to those who may see what was in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from saksi.app.api.ports import TakeLine, TakePage
from saksi.app.order import Taken
from saksi.model import BadInput, Tlp

__all__ = ["TakeLog", "line_of"]


class TakeLog:
    """The list in one file. A line that a crash or a full disk cut short was never acknowledged and is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, made: Taken) -> None:
        """Write down what was taken, behind whatever a crash left of the line before. The file's digest stays out: a file of one
        number could be guessed from it, long after the number was erased."""
        with self._path.open("ab+") as log:
            if end := log.seek(0, os.SEEK_END):
                log.seek(end - 1)
            torn = bool(end) and log.read(1) != b"\n"
            log.write(b"\n" * torn + json.dumps({**asdict(made), "digest": ""}).encode() + b"\n")

    def page(self, *, after: str | None, limit: int, clearance: Tlp, by: str, erases: bool) -> TakePage:
        """The takes given by `by`, or marked so that `clearance` may see them, newest first; `after` is the id of the last one seen."""
        rows = [made for made in self._read() if (by and made.by == by) or Tlp.read(made.tlp).rank <= clearance.rank]
        rows.reverse()
        if after is not None:
            at = next((place for place, made in enumerate(rows) if made.id == after), None)
            if at is None:
                raise BadInput("a cursor is what an earlier page gave", where="after")
            rows = rows[at + 1 :]
        lines = tuple(line_of(made, clearance, erases=erases) for made in rows[:limit])
        return TakePage(takes=lines, after=lines[-1].id if len(rows) > limit else None)

    def _read(self) -> Iterator[Taken]:
        if not self._path.is_file():
            return
        with self._path.open("rb") as lines:  # as bytes: in text, characters such as U+2028 would end a line too
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                yield Taken(**{**row, "warnings": tuple(row["warnings"]), "rejects": tuple(row["rejects"])})


def line_of(made: Taken, clearance: Tlp, *, erases: bool) -> TakeLine:
    """What the API tells of a take: what stands under a stricter marking than `clearance` counts as taken, and so does what was erased,
    unless it is told to somebody who may erase. Else a file would confirm guesses about what its giver may not see.
    """
    unseen, erased = _stricter(made.stood, clearance), made.erased if erases else 0
    return TakeLine(
        id=made.id, name=made.name, taken_at=made.taken_at, digest=made.digest, taken=made.taken + unseen + made.erased - erased,
        duplicate=made.duplicate - unseen, rejected=made.rejected, expired=made.expired - _stricter(made.gone, clearance), erased=erased,
        size=made.size, rejects=tuple(told for told in made.rejects if erases or told not in made.warnings),
    )  # fmt: skip


def _stricter(counts: Mapping[str, int], clearance: Tlp) -> int:
    return sum(count for level, count in counts.items() if Tlp.read(level).rank > clearance.rank)
