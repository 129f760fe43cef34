"""The list of takes: one JSON object a line, told to whoever gave the file and to those who may see what was in it.

It says nothing that a file said: refusals are counted, their words are in the answer to the file alone. How a file was called may name
somebody, too: it goes when the file is erased, which is known again by a keyed digest.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from saksi.app.api.ports import TakeLine, TakePage
from saksi.app.order import Taken
from saksi.model import BadInput, LedgerFault, Tlp

__all__ = ["TakeLog", "line_of"]


class TakeLog:
    """The list in one file. A line that a crash or a full disk cut short was never acknowledged and is passed over."""

    def __init__(self, path: Path, *, key: bytes) -> None:
        self._path, self._key = path, key

    def add(self, made: Taken) -> None:
        """Write down what was taken, behind whatever a crash left of the line before. The file's plain digest stays out: a file of one
        number could be guessed from it, long after the number was erased."""
        kept = {**asdict(made), "digest": self._keyed(bytes.fromhex(made.digest)), "rejects": _own(made.rejects, made.warnings)}
        with self._path.open("ab+") as log:
            if end := log.seek(0, os.SEEK_END):
                log.seek(end - 1)
            torn = bool(end) and log.read(1) != b"\n"
            log.write(b"\n" * torn + json.dumps(kept).encode() + b"\n")

    def forget(self, digests: Collection[bytes]) -> None:
        """Take out, in place, how the files with these SHA-256 were called. Raises LedgerFault where the disk fails."""
        gone = {self._keyed(digest) for digest in digests}
        if not gone or not self._path.is_file():
            return
        try:
            with self._path.open("r+b") as log:
                lines = log.read().split(b"\n")
                log.seek(0)
                log.write(b"\n".join(_nameless(line, gone) for line in lines))
                log.flush()
                os.fsync(log.fileno())
        except OSError as fault:
            raise LedgerFault(
                f"the list of takes cannot be written: {fault.strerror}", where=str(self._path), todo="mend the disk"
            ) from fault

    def _keyed(self, digest: bytes) -> str:
        return hmac.digest(self._key, digest, "sha256").hex()

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
                warnings = tuple(row["warnings"])
                yield Taken(**{**row, "digest": "", "warnings": warnings, "rejects": _own(row["rejects"], warnings)})


def _own(rejects: Collection[str], warnings: Collection[str]) -> tuple[str, ...]:
    """Of what was refused the words that are the node's own, about erasures: they quote nothing."""
    return tuple(told for told in rejects if told in warnings)


def _nameless(line: bytes, gone: Collection[str]) -> bytes:
    """The line of a take of one of these files without the file's name, as long as it was: a backup may be reading it."""
    try:
        row = json.loads(line)
    except ValueError:
        return line
    return json.dumps({**row, "name": ""}).encode().ljust(len(line)) if row["digest"] in gone else line


def line_of(made: Taken, clearance: Tlp, *, erases: bool) -> TakeLine:
    """What the API tells of a take: what stands under a stricter marking than `clearance` counts as taken, and so does what was erased,
    unless it is told to somebody who may erase. Else a file would confirm guesses about what its giver may not see.
    """
    unseen, erased = _stricter(made.stood, clearance), made.erased if erases else 0
    return TakeLine(
        id=made.id, name=made.name, taken_at=made.taken_at, digest=made.digest, taken=made.taken + unseen + made.erased - erased,
        duplicate=made.duplicate - unseen, rejected=made.rejected, expired=made.expired - _stricter(made.gone, clearance),
        changed=sum(made.turned.values()) - _stricter(made.turned, clearance), erased=erased, size=made.size,
        rejects=tuple(told for told in made.rejects if erases or told not in made.warnings),
    )  # fmt: skip


def _stricter(counts: Mapping[str, int], clearance: Tlp) -> int:
    return sum(count for level, count in counts.items() if Tlp.read(level).rank > clearance.rank)
