"""The desk: the reports that wait, most urgent first, and what belongs together; as far as each reader may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from saksi.actions import Actor, Role
from saksi.app.acting import Acting
from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.home import now_text, today
from saksi.cases.board import Board
from saksi.cases.flood import Stretches
from saksi.cases.links import Linked
from saksi.cases.queue import Place, Queue, ReportLine
from saksi.model import BadInput, NotAllowed, Reader, Tlp, release
from saksi.views.fact import Fact, standing

__all__ = ["DESK", "Escalation", "Queueing", "no_report"]

DESK = frozenset({Role.INTAKE, Role.ANALYST, Role.APPROVER})


@dataclass(frozen=True, slots=True)
class Escalation:
    """What escalating a report would do, to be shown first: the report, what it names, and what others share with it."""

    line: ReportLine
    entities: tuple[str, ...]
    linked: Linked


class Queueing(Acting):
    """Reports as they wait."""

    _board: Board | None = None

    def fold_desk(self) -> None:
        """Bring the board up to the views, so that no page has to wait for what came in since it was last looked at."""
        _ = self.board

    @property
    def board(self) -> Board:
        """Where each report and case stands, up to the newest leaf that the views know."""
        with self._opening:
            if self._board is None:
                self._board = Board(self.files.path / "board.sqlite", origin=self.config.origin)
            board = self._board
        if board.size != self.views.size:  # under its own lock: whoever needs no board does not wait for it
            board.catch_up(self.views, self.shelf)
        return board

    def queue(self, actor: Actor, clearance: Tlp, *, state: str = "open", after: str | None = None, limit: int = 50) -> Queue:
        """The reports that wait and that this reader may see, the most urgent first. Nothing about a page tells what others may see."""
        self._at_the_desk(actor)
        mark = None if after is None else read_cursor(after).after
        made: list[ReportLine] = []
        while True:
            page = self.board.queue(now_text(), state=state, after=mark, limit=limit + 1)
            made += self._seen(page.lines, clearance)
            mark = page.next
            if len(made) > limit:
                last = made[limit - 1]
                return Queue(tuple(made[:limit]), page.now, write_cursor(Cursor(Place.behind(last, page.now).write())))
            if mark is None:
                return Queue(tuple(made), page.now, None)

    def linked(self, report: str, actor: Actor, clearance: Tlp, stretches: Stretches | None = None) -> Linked:
        """What other reports share with one: the candidates that this reader may see. `stretches` as in `Board.linked`."""
        line = self._report(report, actor, clearance)
        found = self.board.linked(line.id, stretches)
        if found is None:
            raise no_report()
        lines = [self.board.report(each.report, now_text()) for each in found.candidates]
        may = {each.id for each in self._seen([line for line in lines if line is not None], clearance)}
        return replace(found, candidates=tuple(each for each in found.candidates if each.report in may))

    def plan_escalation(self, report: str, actor: Actor, clearance: Tlp) -> Escalation:
        """The first click: what a case made of a report would hold."""
        line = self._report(report, actor, clearance)
        return Escalation(line, tuple(self.board.of_report(report)), self.linked(report, actor, clearance))

    def close(self) -> None:
        """Let go of everything."""
        if self._board is not None:
            self._board.close()
            self._board = None
        super().close()

    def _report(self, report: str, actor: Actor, clearance: Tlp) -> ReportLine:
        self._at_the_desk(actor)
        line = self.board.report(report, now_text())
        if line is None or not self._seen([line], clearance):
            raise no_report()
        return line

    def _seen(self, lines: Sequence[ReportLine], clearance: Tlp) -> list[ReportLine]:
        """Those of the reports whose record this reader may see."""
        reader = self.owner(clearance)
        held = self.views.facts_many([line.id for line in lines])
        return [line for line, one in zip(lines, held, strict=True) if self._may(one.facts, line, reader)]

    def _may(self, facts: Sequence[Fact], line: ReportLine, reader: Reader) -> bool:
        return any((fact.leaf, fact.index) == (line.leaf, line.place) and self._told(fact, reader) for fact in facts)

    def _told(self, fact: Fact, reader: Reader) -> bool:
        """Whether a statement counts, or waits to be confirmed, and this reader may see what it says."""
        state = standing(fact)
        waits = fact.op == "propose" and state.last is None
        return (state.counts or waits) and "content" in release(self.views.handling(state.handling), reader, on=today())

    def _stands(self, fact: Fact, reader: Reader) -> bool:
        """Whether a statement counts and this reader may see what it says."""
        return standing(fact).counts and self._told(fact, reader)

    @staticmethod
    def _at_the_desk(actor: Actor) -> None:
        if not actor.roles & DESK:
            raise NotAllowed("reports are read by those who work on them", where="role")


def no_report() -> BadInput:
    """What is said of a report that is not there, and of one that is not for this reader."""
    return BadInput("there is no such report", where="report")
