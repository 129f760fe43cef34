"""An answer as one flat row, for tables: CSV and Parquet. What does not fit in a row is reached by the references."""

from __future__ import annotations

from typing import NamedTuple

from saksi.screen.answer import Answer

__all__ = ["FlatRow", "flat"]

_REFS = 10


class FlatRow(NamedTuple):
    """The columns of a bulk answer. Lists are joined with "; " and references (at most ten, the newest) with a blank.

    `matched` is the entity that decided, `row` the row of the input. `happened_*` and `reported_*` are dates as coarse as their sources.
    """

    row: int
    query: str
    entity: str
    status: str
    flagged: bool
    matched: str
    why: str
    roles: str
    said_by: str
    happened_first: str
    happened_last: str
    reported_first: str
    reported_last: str
    independent_sources: int
    reports: int
    statements: int
    warnings: str
    tlp: str
    pap: str
    refs: str
    at: int


def flat(row: int, answer: Answer) -> FlatRow:
    """The answer to input row `row` as a flat row."""
    happened, reported = answer.seen.happened, answer.seen.reported
    return FlatRow(
        row,
        answer.query,
        answer.entity,
        answer.status,
        answer.flagged,
        "" if answer.decided_by is None else answer.parts[answer.decided_by].entity,
        "; ".join([note.code for note in answer.why]),
        "; ".join([line.role for line in answer.roles if line.statements]),
        "; ".join(dict.fromkeys([name for line in answer.roles for name in line.said_by])),
        "" if happened is None else happened.first,
        "" if happened is None else happened.last,
        "" if reported is None else reported.first,
        "" if reported is None else reported.last,
        answer.independent.sources,
        answer.reports,
        answer.total,
        "; ".join([note.code for note in answer.warnings]),
        answer.marking.tlp,
        answer.marking.pap,
        " ".join([line.ref for line in answer.statements[-_REFS:]]),
        answer.at,
    )
