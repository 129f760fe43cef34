"""What the tests of readers share: a source, an asserter, a marking, and a reading taken whole."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any

from saksi.formats.batch import Rejected
from saksi.formats.bulk import statement_of
from saksi.formats.reader import Given, Reader, read_job
from saksi.model import Asserter, Content, Grade, Marking, Pap, Source, Statement, Tlp

GIVEN = Given(
    Source(digest="0" * 64, title="a test", series="test/list"),
    Asserter("centre.a.example", "2026-01-01T00:00:00Z", grade=Grade.parse("C3")),
    Marking(Tlp.AMBER, Pap.GREEN),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """All statements and rejects of a reading, and the rows it counted."""

    statements: list[Statement]
    rejected: list[Rejected]
    rows: int

    def said(self, prop: str) -> list[tuple[str, Any]]:
        return [
            (one.content.entity, one.content.value)
            for one in self.statements
            if isinstance(one.content, Content) and one.content.prop == prop
        ]

    def why(self) -> list[tuple[str, str]]:
        return [(str(one.locator), one.reason) for one in self.rejected]


def take(reader: Reader, data: bytes) -> Taken:
    """Read everything; reader and jobs go through pickle as they would to another process, and each row must be a valid statement."""
    statements: list[Statement] = []
    rejected: list[Rejected] = []
    rows = 0
    for job in reader.split(io.BytesIO(data)):
        chunk = read_job(pickle.loads(pickle.dumps(reader)), pickle.loads(pickle.dumps(job)))
        statements += [statement_of(chunk.batch, row) for row in range(len(chunk.batch))]
        for one in chunk.rejected:
            assert one.reason
            assert len(one.original) <= 500
        rejected += chunk.rejected
        rows += chunk.rows
    return Taken(statements, rejected, rows)
