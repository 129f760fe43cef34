"""The look-ups of a node: a value, an entity, a statement, its proof."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.ports import ChangeLine, StatementView
from saksi.app.home import today
from saksi.app.wired import Wired
from saksi.model import GROUPS, Amendment, BadInput, Reader, Statement, release
from saksi.observables.detect import detect
from saksi.screen.answer import Answer, marking_line
from saksi.screen.links import with_links
from saksi.screen.lookup import listed, lookup
from saksi.screen.page import Listed, Mark
from saksi.views.fact import Change, Fact, Standing, standing

__all__ = ["Answering", "Proofs"]

_HEX = re.compile(r"[0-9a-f]{64}")
_NAMED = "`saksi ask VALUE` lists references: give the whole of one, or what stands behind its '#'"


class Proofs(NamedTuple):
    """Proof files, and for each of them that is not about the value asked for what it is about: a domain or network that it belongs to.
    `ended` counts what is recorded about a value and does not stand any more, of which there is no proof among them.
    """

    files: list[bytes]
    wider: list[str]
    ended: int


class Answering(Wired):
    """Reads: from the views, and from the vault where the very words or a proof are asked for."""

    def ask(self, value: str, *, country: str | None, reader: Reader, at: int | None) -> Answer:
        """The answer about a value in any script and spelling."""
        readings = detect(value, country=country or self.config.country or None)
        judge = self.judge(reader, at)
        return with_links(self.views, judge, lookup(self.views, judge, value, readings))

    def entity(self, entity: str, *, reader: Reader, at: int | None, after: str | None = None) -> Listed:
        """The answer about an entity by its id; `after` is the `next` of the page before, at whose ledger size the list goes on."""
        if ":" not in entity or len(entity) > 2100:
            raise BadInput("an entity id is a kind, ':' and a normal form", where=entity[:80])
        cursor = None if after is None else read_cursor(after)
        judge = self.judge(reader, cursor.at if cursor is not None and at is None else at)
        said = with_links(self.views, judge, listed(self.views, judge, entity, None if cursor is None else Mark.read(cursor.after)))
        return said if said.next is None else replace(said, next=write_cursor(Cursor(said.next, said.at)))

    def statement(self, commitment: str, *, reader: Reader, at: int | None) -> StatementView | None:
        """One statement by its commitment (64 hex digits), as its author signed it; None where it is not there, or not for this reader."""
        place = self._place(commitment)
        if place is None or (at is not None and place[0] >= at):
            return None
        payload = self.shelf.payload(*place)
        if payload is None:
            return None
        said = Statement.parse(payload)
        entity, fact = self._fact(said, place, reader)
        if not entity:
            return None  # an amendment repeats its target's source: it is shown to those who may see both
        judge = self.judge(reader, at)
        marking = said.handling if fact is None else self.views.handling(standing(fact).handling)
        groups = release(marking, reader, on=today())
        if not groups:
            return None
        parts = dict(zip(GROUPS, said.groups(), strict=True))
        changes = [] if fact is None else [one for one in fact.changes if one.leaf < judge.at and judge.may_see(one.handling)]
        relabels = [] if fact is None else [one for one in fact.changes if one.op == "relabel"]
        state = None if fact is None else standing(fact, at=judge.at)
        return StatementView(
            ref=self.shelf.ref(bytes.fromhex(commitment)),
            commitment=commitment,
            entity=entity,
            groups={name: msgspec.Raw(parts[name]) for name in GROUPS if name in groups},
            hidden=tuple(name for name in GROUPS if name not in groups),
            leaf=place[0],
            index=place[1],
            logged_at=_utc(self.shelf.time_ms(place[0])),
            standing=_word(state),
            changes=tuple(self._change(each, last=relabels[-1:] == [each]) for each in changes),
            at=judge.at,
            synthetic=said.source.synthetic,
        )

    def _change(self, made: Change, *, last: bool) -> ChangeLine:
        marking = self.views.handling(made.handling) if made.op == "relabel" else None
        return ChangeLine(
            op=made.op,
            ref=self.shelf.ref(made.commitment) if made.commitment else "",
            recorded_at=made.asserted_at,
            reason=made.reason,
            marking=None if marking is None else marking_line(marking),
            read_as=None if marking is None or marking.read_as is marking.tlp else marking.read_as.value,
            in_force=last,
        )

    def proof(self, commitment: str, *, reader: Reader) -> bytes | None:
        """The proof file of a statement, opening the groups this reader may see."""
        seen = self.statement(commitment, reader=reader, at=None)
        return None if seen is None else self.shelf.prove(seen.leaf, seen.index, groups=tuple(seen.groups))

    def prove(self, what: str, *, country: str | None = None, hide: Collection[str] = ()) -> Proofs:
        """Proof files for the owner: of one statement by its reference or commitment, or of all that stands about a value."""
        wider: list[str] = []
        ended = 0
        digest = what.removeprefix(f"{self.config.origin}#")
        if _HEX.fullmatch(digest):
            place = self._place(digest)
            places = [] if place is None else [place]
        else:
            said = self.ask(what, country=country, reader=self.owner(), at=None)
            found = [self.views.find_ref(bytes.fromhex(line.ref.rpartition("#")[2])) for line in said.statements]
            places = [place for place in found if place is not None]
            wider = [said.parts[line.part].entity for line in said.statements if line.part]
            ended = len(said.past)
        groups = [name for name in GROUPS if name not in hide]
        return Proofs([self.shelf.prove(leaf, index, groups=groups) for leaf, index in places], wider, ended)

    def _place(self, commitment: str) -> tuple[int, int] | None:
        if not _HEX.fullmatch(commitment):
            raise BadInput(
                "a statement is named by a reference, which ends in 64 lower-case hex digits", where=commitment[:80], todo=_NAMED
            )
        return self.views.find_ref(bytes.fromhex(commitment))

    def _fact(self, said: Statement, place: tuple[int, int], reader: Reader) -> tuple[str, Fact | None]:
        """The entity a statement is about and its fact in the views; for an amendment its target's, "" where that is hidden."""
        if isinstance(said.content, Amendment):
            target = self.statement(said.content.target.rpartition("#")[2], reader=reader, at=None)
            return ("" if target is None else target.entity), None
        entity = said.content.entity
        facts = self.views.facts(entity, before=self.views.stop(place[0]) + place[1] + 1).facts
        last = facts[-1] if facts else None
        return entity, last if last is not None and (last.leaf, last.index) == place else None


def _word(state: Standing | None) -> str:
    """How a statement stands, in the words of an answer's lines."""
    if state is None or state.counts:
        return "stands"
    return "proposed" if state.last is None else {"expire": "expired", "reject": "rejected"}.get(state.last.op, "retracted")


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
