"""Binds one file that is being taken in to its reader: the source it is, who records it, its grade and marking, its settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from saksi.formats.eth_phishing import EthPhishingReader
from saksi.formats.reader import Given, Reader
from saksi.formats.report import FORMS, ReportReader
from saksi.formats.report_mapping import OWN, ReportMapping
from saksi.formats.tagpack import TagPackReader
from saksi.formats.valuelist import ListReader
from saksi.formats.warninglist import WarningListReader
from saksi.model.errors import BadInput
from saksi.model.grade import Grade
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.statement import Asserter
from saksi.sources.spec import FileSpec, SourceSpec

__all__ = ["Issue", "given_for", "reader_for"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One file at its taking-in. What is left None is as the source's settings say.

    `digest` is the SHA-256 of its bytes, `name` its file name; `authority` and `analyst` record it at `asserted_at` (UTC). For reports:
    `desk` (the authority whose reports they are, else `authority`), `mapping`, and `reference_key` for rows without a reference.
    """

    digest: str
    name: str
    authority: str
    asserted_at: str
    analyst: str | None = None
    uri: str | None = None
    published: str | None = None
    grade: Grade | None = None
    marking: Marking | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    desk: str | None = None
    mapping: ReportMapping = field(default=OWN)
    reference_key: bytes | None = None


def given_for(spec: SourceSpec, file: FileSpec, issue: Issue) -> Given:
    """The source, asserter and handling groups that the file's statements share."""
    series = file.series_of(issue.name)
    if file.reader == "report":
        series = f"{series}/{issue.desk or issue.authority}"
    title = file.title if file.title or file.per_file else spec.title
    publisher = issue.desk or issue.authority if spec.name == "report-desk" else spec.publisher
    return Given(
        source=Source(issue.digest, issue.uri, title, publisher, issue.published, series),
        asserter=Asserter(issue.authority, issue.asserted_at, issue.analyst, issue.grade or spec.grade),
        handling=issue.marking or Marking(spec.tlp, spec.pap, purpose=issue.purpose, legal_basis=issue.legal_basis),
    )


def reader_for(spec: SourceSpec, file: FileSpec, issue: Issue) -> Reader:
    """The reader of the file, bound to all that; it can be pickled and sent to other processes."""
    given = given_for(spec, file, issue)
    if file.reader == "report":
        ending = issue.name.rpartition(".")[2].casefold()
        form = {"ndjson": "jsonl", "tsv": "csv", "txt": "csv", "xlsm": "xlsx"}.get(ending, ending)
        if form not in FORMS:
            raise BadInput(f"reports end in .{', .'.join(FORMS)}", where=issue.name)
        mapping = issue.mapping if issue.mapping.phone_plans else replace(issue.mapping, phone_plans=file.phone_plans)
        return ReportReader(given, form, issue.desk or issue.authority, mapping, issue.reference_key)
    if file.reader == "tagpack":
        return TagPackReader(given, file.roles)
    if file.reader == "warninglist":
        return WarningListReader(given, file.meanings)
    if file.says is None:
        raise BadInput("the source does not say what its values are", where=spec.name)
    if file.reader == "eth-phishing":
        if file.allowed is None:
            raise BadInput("the source does not say what its allowed values are", where=spec.name)
        return EthPhishingReader(given, file.says, file.allowed)
    return ListReader(given, file.says, file.reader, file.table)
