"""Victim reports: each row becomes a report, what it says about each phone, account, wallet, site and handle, and the money that moved.

Whose data is whose: the report, its narrative, its payments and the victim's own numbers carry the report's reference as their data
subject, and go when the victim asks. That an account received a scam's money is no victim's data: it stays, without the report. What is
somebody's own who is in danger stays with this authority, and their narrative in the original alone.
"""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from saksi.formats.batch import MAX_ROWS, Chunk, Rejected, StatementBatch
from saksi.formats.gather import Gather, nfc
from saksi.formats.reader import Given, Job, in_file, rejected
from saksi.formats.report_columns import MOST_REPEATS
from saksi.formats.report_csv import split_table
from saksi.formats.report_jsonl import split_jsonl
from saksi.formats.report_mapping import OWN, Layout, ReportMapping, layout
from saksi.formats.report_rows import MOST_VALUES, Rows, endangered, speak
from saksi.formats.report_values import reference
from saksi.formats.report_xlsx import split_xlsx
from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.marking import Tlp

__all__ = ["FORMS", "ReportReader"]

FORMS = ("csv", "jsonl", "xlsx")
_ROWS = 2_048


@dataclass(frozen=True, slots=True)
class ReportReader:
    """Reads victim reports of one desk. `form` is csv, jsonl or xlsx; `desk` is the authority whose reports these are (a domain name).

    `reference_key` (32 secret bytes of the node) makes a reference for a row that has none: a keyed hash of the whole row, the same each
    time and telling nobody anything. Without the key such a row is rejected.
    """

    given: Given
    form: str
    desk: str
    mapping: ReportMapping = OWN
    reference_key: bytes | None = None

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise BadInput(f"reports come as {', '.join(FORMS)}, not {self.form!r}")
        if self.reference_key is not None and len(self.reference_key) < 16:
            raise BadInput("a key for references has at least 16 bytes")

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Jobs of rows; columns that nobody reads are reported once, in the job that first has them."""
        told: set[str] = set()
        known = False
        for job in self._split(stream):
            found = layout(job.heading, self.mapping)
            if not known:
                self._check(found)
            notes = self._notes(found, known, told)
            known = True
            yield from _cut(replace(job, rejected=(*notes, *job.rejected)), self._most_rows(found))

    def read_job(self, job: Job) -> Chunk:
        """The reports of one job. A field that cannot be read is rejected by itself; the rest of its row is taken."""
        found = layout(job.heading, self.mapping)
        faults: list[Rejected] = list(job.rejected)
        own, shared = Gather(self.given), Gather(self.given)
        rows = self._rows(job, found, faults)
        if rows.cells:
            speak(rows, own, shared, faults)
        batch = _within(shared.batch(then=own), {rows.numbers[row] for row in endangered(rows, faults)})
        faults.sort(key=lambda fault: fault.locator.row or 0)  # columns are read one after another; a desk corrects row by row
        return Chunk(batch, tuple(self._found(job, faults)), job.counted)

    def _found(self, job: Job, faults: list[Rejected]) -> Iterator[Rejected]:
        """The faults with the line of the file, or the row of the sheet, beside the number of the row where the two do not go together."""
        beside = {number: words for number, line in zip(job.numbers, job.lines, strict=True) if (words := in_file(self.form, number, line))}
        for fault in faults:
            words = beside.get(fault.locator.row or 0, "")
            yield replace(fault, beside=words) if words else fault

    def _split(self, stream: BinaryIO) -> Iterator[Job]:
        if self.form == "csv":
            return split_table(stream, encoding=self.mapping.encoding, delimiter=self.mapping.delimiter, rows=_ROWS)
        if self.form == "jsonl":
            return split_jsonl(stream, encoding=self.mapping.encoding, rows=_ROWS)
        return split_xlsx(stream, self.mapping, rows=_ROWS)

    def _most_rows(self, found: Layout) -> int:
        """So many rows that even full ones, each cell with the most values it may have, fit a batch."""
        a_cell = 3 * (MOST_VALUES if self.mapping.many else 1)
        return max(1, MAX_ROWS // (a_cell * len(found.observed()) + 2 * MOST_REPEATS + 3))

    def _check(self, found: Layout) -> None:
        if not found.at:
            raise BadInput("no column of a victim report is in the heading", todo="give a mapping file")
        if not found.observed():
            raise BadInput("no column holds a phone, an account, a wallet, a site or a handle", todo="map one of them")
        if "reference" not in found.at and "reference" not in self.mapping.constants and self.reference_key is None:
            raise BadInput("no column holds the reference of the report", todo="map one, or let the node make references")

    def _notes(self, found: Layout, known: bool, told: set[str]) -> list[Rejected]:
        notes = [
            rejected(Locator(column=name), "nobody read this column: no field of a report; map it, or list it under 'ignore'", name)
            for name in found.unread
            if name not in told
        ]
        told.update(found.unread)
        if not known and self.form != "jsonl":
            reason = "the mapping names this column, the file does not have it"
            notes += [rejected(Locator(column=name), reason, name) for name in found.missing]
        return notes

    def _rows(self, job: Job, found: Layout, faults: list[Rejected]) -> Rows:
        """The rows that have a reference, and the references."""
        cells: list[Sequence[str]] = []
        numbers: list[int] = []
        references: list[str] = []
        at = found.at.get("reference")
        titles = _plain(job.heading)
        for row, number in zip(job.rows, job.numbers, strict=True):
            if not any(row):
                continue
            if _plain(row[:1]) == titles[:1] and _plain(row) == titles:  # files were put one behind another
                faults.append(rejected(Locator(row=number), "row left out: it is the heading once more", row[0]))
                continue
            try:
                references.append(self._reference(row[at] if at is not None else "", job.heading, row))
            except BadInput as refusal:
                shown = row[at] if at is not None else ""
                faults.append(rejected(Locator(row=number, column="reference"), f"row left out: {refusal}", shown))
                continue
            cells.append(row)
            numbers.append(number)
        return Rows(job.heading, cells, numbers, references, found, self.mapping, self.desk)

    def _reference(self, text: str, heading: Sequence[str], row: Sequence[str]) -> str:
        text = text.strip() or self.mapping.constants.get("reference", "")
        if text:
            return reference(text)
        if self.reference_key is None:
            raise BadInput("no reference", todo="give each report one")
        filled = sorted(f"{nfc(name)}\x1f{nfc(cell.strip())}" for name, cell in zip(heading, row, strict=True) if cell.strip())
        digest = hashlib.blake2b(
            "\x1e".join(filled).encode("utf-8"), digest_size=15, key=self.reference_key[:64], person=b"saksi/reference"
        ).digest()
        return "made-" + b32encode(digest).decode("ascii").lower()


def _plain(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _within(batch: StatementBatch, rows: set[int]) -> StatementBatch:
    """The batch with what is somebody's own in `rows`, who may be in danger, kept with this authority: TLP:AMBER+STRICT at the widest."""
    (handling,) = batch.handlings
    if not rows or batch.row is None or batch.subject is None or handling.tlp.rank >= Tlp.AMBER_STRICT.rank:
        return batch
    apart = [int(row in rows and subject is not None) for row, subject in zip(batch.row, batch.subject, strict=True)]
    return replace(batch, handlings=(handling, replace(handling, tlp=Tlp.AMBER_STRICT)), handling=apart)


def _cut(job: Job, most: int) -> Iterator[Job]:
    """The job in pieces of at most `most` rows; what was rejected goes with the first."""
    rest = job.counted - len(job.rows)
    for start in range(0, max(len(job.rows), 1), most):
        rows = job.rows[start : start + most]
        faults, more = (job.rejected, rest) if start == 0 else ((), 0)
        yield replace(
            job,
            rows=rows,
            numbers=job.numbers[start : start + most],
            lines=job.lines[start : start + most],
            rejected=faults,
            counted=len(rows) + more,
        )
