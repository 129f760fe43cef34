"""A report made ready for the ledger: its statements in canonical form, spoken by the reader of victim reports and nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from hashlib import sha256
from io import BytesIO

from saksi.app.intake.attachment import Attachment
from saksi.app.intake.told import SEALED, Told
from saksi.formats.batch import StatementBatch
from saksi.formats.bulk import encode
from saksi.formats.reader import Given, read
from saksi.formats.report import ReportReader
from saksi.formats.report_mapping import ReportMapping
from saksi.ledger.commitment import Groups
from saksi.model import Asserter, Content, Grade, Marking, Op, Pap, Source, Statement, Tlp

__all__ = ["Channel", "Desk", "Issue", "Prepared", "Sheet", "prepare"]


class Channel(Enum):
    """By which way a report came. What the public form brings nobody has looked at: it is proposed, not asserted, and blocks nothing."""

    PUBLIC = "public"
    OPERATOR = "operator"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Desk:
    """Whose desk it is, and how what it takes down is marked."""

    authority: str
    country: str = ""
    purpose: str | None = None
    legal_basis: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One report as it came in: what was told, the files with it, and the line that is kept; `by` is the pseudonym of who took it down."""

    told: Told
    files: tuple[Attachment, ...]
    line: bytes
    channel: Channel
    by: str = ""

    @property
    def digest(self) -> bytes:
        """SHA-256 of the line: what the statements name as their source."""
        return sha256(self.line).digest()


@dataclass(frozen=True, slots=True)
class Issue:
    """What all statements of one report share."""

    source: Source
    asserter: Asserter
    handling: Marking
    entity: str

    def flag(self, name: str) -> Statement:
        """A word for triage about the report."""
        return Statement(Content(self.entity, "Case", "flag", name), self.source, self.asserter, self.handling)

    def attached(self, file: Attachment) -> Statement:
        """That the report came with a file: the file is its own source, so that it goes when the report's person is erased."""
        source = Source(file.digest, title="A file given with a report")
        said = Content(self.entity, "Document", "attachment", file.label)
        return Statement(said, source, replace(self.asserter, grade=None), self.handling)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One report, ready to be logged. `targets` are the entities it speaks against, `unread` the texts that no reader could take."""

    sheet: Sheet
    reference: str
    issue: Issue
    ids: tuple[bytes, ...]
    groups: tuple[Groups, ...]
    labels: tuple[str | None, ...]
    common: bytes
    targets: frozenset[str]
    unread: tuple[str, ...]

    def saying(self, said: Sequence[Statement]) -> Prepared:
        """The same with more statements about the report itself."""
        return replace(
            self,
            ids=(*self.ids, *(one.id() for one in said)),
            groups=(*self.groups, *(one.groups() for one in said)),
            labels=(*self.labels, *([self.reference] * len(said))),
        )


def prepare(sheets: Sequence[tuple[str, Sheet]], *, desk: Desk, now: str) -> list[Prepared]:
    """Read sheets, each with its reference, as reports of this desk; `now` is a UTC time. In the order given.

    Sheets of one channel are read as the rows of one file, a column of all of them at a time, which costs a fraction of reading each alone;
    then each statement gets its own report's source, marking and place.
    """
    made = [_Making(sheet, reference, _issue(sheet, reference, desk=desk, now=now)) for reference, sheet in sheets]
    for channel in Channel:
        rows = [one for one in made if one.sheet.channel is channel]
        if rows:
            _read(rows, desk=desk, now=now, op=Op.PROPOSE if channel is Channel.PUBLIC else Op.ASSERT)
    return [one.done() for one in made]


@dataclass(slots=True)
class _Making:
    """A report that is being read."""

    sheet: Sheet
    reference: str
    issue: Issue
    ids: list[bytes] = field(default_factory=list)
    groups: list[Groups] = field(default_factory=list)
    labels: list[str | None] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)
    unread: list[str] = field(default_factory=list)
    common: bytes = b""

    def row(self, now: str) -> bytes:
        """The line as the reader gets it: the report's number and its day are the desk's, not the giver's."""
        return b'{"reference":"%b","reported_at":"%b",%b' % (self.reference.encode(), now[:10].encode(), self.sheet.line[1:])

    def done(self) -> Prepared:
        """The report with what is said about itself."""
        told = self.sheet.told
        ready = Prepared(
            self.sheet, self.reference, self.issue, tuple(self.ids), tuple(self.groups), tuple(self.labels), self.common,
            frozenset(self.targets), tuple(self.unread),
        )  # fmt: skip
        flags = {"minor": told.minor, "unread": bool(self.unread)}
        return ready.saying(
            [*(self.issue.flag(name) for name, holds in flags.items() if holds), *map(self.issue.attached, self.sheet.files)]
        )


def _read(rows: Sequence[_Making], *, desk: Desk, now: str, op: Op) -> None:
    shared = _shared(rows[0].sheet, desk)
    given = Given(rows[0].issue.source, rows[0].issue.asserter, shared)
    reader = ReportReader(given, "jsonl", desk.authority, ReportMapping(ignore=SEALED, country=desk.country or None))
    for chunk in read(reader, BytesIO(b"\n".join(one.row(now) for one in rows))):
        batch = _bound(chunk.batch, rows, shared, op)
        made = encode(batch)
        at = batch.source
        for place, id_, groups in zip(made.rows, made.ids, made.groups, strict=True):
            one = rows[at[place]]
            one.ids.append(id_)
            one.groups.append(groups)
            one.labels.append(None if batch.subject is None else batch.subject[place])
            one.common = made.common
            one.targets.update(_target(batch, place))
        for fault in chunk.rejected:
            if fault.locator.row is not None:
                rows[fault.locator.row - 1].unread.append(fault.original)
        for refused in made.refused:
            rows[at[refused.row]].unread.append(str(batch.value[refused.row]))


def _bound(batch: StatementBatch, rows: Sequence[_Making], shared: Marking, op: Op) -> StatementBatch:
    """Each statement with its own report's source and asserter; the giver's own part under the giver's marking; all in row 1 of it."""
    at = [(number or 1) - 1 for number in batch.row or [1] * len(batch)]
    handlings = list(dict.fromkeys((shared, *(one.issue.handling for one in rows))))
    asserters = list(dict.fromkeys(one.issue.asserter for one in rows))
    own = [handlings.index(one.issue.handling) for one in rows]
    who = [asserters.index(one.issue.asserter) for one in rows]
    subject = batch.subject or [None] * len(batch)
    return replace(
        batch,
        sources=[one.issue.source for one in rows],
        source=at,
        asserters=asserters,
        asserter=[who[place] for place in at],
        handlings=handlings,
        handling=[0 if label is None else own[place] for place, label in zip(at, subject, strict=True)],
        row=[1] * len(batch),
        op=op,
    )


def _target(batch: StatementBatch, row: int) -> Iterator[str]:
    """What a statement speaks against: the thing itself, and the name of its holder."""
    prop, value = batch.prop[row], batch.value[row]
    if prop == "role" and value != "victim-own":
        yield batch.entity[row]
    elif prop == "label":
        yield f"name:{str(value).casefold()}"


def _shared(sheet: Sheet, desk: Desk) -> Marking:
    """The marking of what is nobody's own."""
    pap = Pap.AMBER if sheet.channel is Channel.PUBLIC else Pap.GREEN
    return Marking(Tlp.AMBER, pap, purpose=desk.purpose, legal_basis=desk.legal_basis)


def _issue(sheet: Sheet, reference: str, *, desk: Desk, now: str) -> Issue:
    told, public = sheet.told, sheet.channel is Channel.PUBLIC
    title = "Report from the public form" if public else "Victim report taken down"
    source = Source(
        digest=sheet.digest.hex(),
        title=f"{title} (synthetic)" if told.synthetic else title,
        publisher=desk.authority,
        series=f"report-{'public' if public else 'desk'}/{desk.authority}",
    )
    asserter = Asserter(desk.authority, now, sheet.by or None, Grade.parse("F6" if public else "C3"))
    shared = _shared(sheet, desk)
    own = shared if told.shared else replace(shared, tlp=Tlp.AMBER_STRICT)
    return Issue(source, asserter, own, f"report:{desk.authority}/{reference}")
