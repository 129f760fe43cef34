"""A small node for tests of the API and the pages: a real ledger, real screening, facts held in memory. All of it is invented."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec

from saksi.app.api.cursor import Cursor, read_cursor, write_cursor
from saksi.app.api.ports import (
    AmendLine,
    AmendPlan,
    ChangeLine,
    Check,
    ErasureLine,
    ErasureOrder,
    FeedName,
    Hit,
    HitPage,
    Home,
    LedgerState,
    OutcomeLine,
    OutcomePlan,
    StatementView,
    TakeLine,
    TakePage,
    TakePlan,
)
from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.ledger import Ledger, Setup
from saksi.ledger.note import parse_note
from saksi.ledger.tiles import parse_path
from saksi.model import (
    GROUPS,
    Amendment,
    Asserter,
    BadInput,
    Content,
    Grade,
    LedgerFault,
    Locator,
    Marking,
    Op,
    Pap,
    PeerFault,
    Reader,
    Source,
    Statement,
    Tlp,
    canonical,
    release,
)
from saksi.observables.detect import detect
from saksi.screen.answer import Answer
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import listed, lookup
from saksi.screen.page import Listed, Mark
from saksi.views.fact import Change, Fact, Held, Recorder, Tally, standing
from saksi.views.withheld import Asked

AUTHORITY = "centre.a.example"
ORIGIN = f"{AUTHORITY}/saksi/1"
NOW = "2026-06-15T12:00:00Z"
PHONE = "phone:+85512345678"
SECRET = "phone:+85517777777"  # known, but TLP:RED
T = TypeVar("T")


def source(number: int, publisher: str, **other: object) -> Source:
    digest = sha256(f"source {number}".encode()).hexdigest()
    made = {"digest": digest, "title": f"List {number}", "publisher": f"{publisher} (synthetic)", "published": "2026-05-01"}
    return Source(**{**made, **other})  # type: ignore[arg-type]


def said(entity: str, prop: str, value: str, *, by: Source, tlp: Tlp = Tlp.CLEAR, **other: str) -> Statement:
    schema = {"phone": "PhoneNumber", "host": "WebSite"}.get(entity.partition(":")[0], "Observable")
    content = Content(entity, schema, prop, value, **other)  # type: ignore[arg-type]
    marking = Marking(tlp, Pap.GREEN, purpose="preventing fraud", legal_basis="Act 1")
    return Statement(content, by, Asserter(AUTHORITY, "2026-06-01T00:00:00Z", grade=Grade("B", 2)), marking)


def invented() -> list[Statement]:
    """Statements in six scripts, contested ones, protected ones, some that few may see."""
    row = Locator(row=7, column="phone")
    centre = source(1, "Centre of Country A", locator=row, quote="សូមទូរស័ព្ទមកលេខ ០១២ ៣៤៥ ៦៧៨")
    bank = source(2, "Bank of Country B", locator=Locator(page=3, start=10, end=42), quote="โปรดโอนเงินมาที่เบอร์นี้")
    desk = source(3, "Desk of Country C", locator=Locator(pointer="/reports/4"), quote="ဤဖုန်းနံပါတ်သို့ ငွေလွှဲပါ")
    paper = source(4, "Paper of Country D", quote="请把钱转到这个号码")
    made = [
        said(PHONE, "role", "suspected-mule", by=centre, original="០១២ ៣៤៥ ៦៧៨", lang="km"),
        said(PHONE, "role", "suspected-mule", by=bank, polarity="deny", original="๐๑๒ ๓๔๕ ๖๗๘", lang="th"),
        said(PHONE, "role", "impersonated", by=desk, original="၀၁၂ ၃၄၅ ၆၇၈", lang="my"),
        said(PHONE, "label", "客服中心", by=paper, lang="zh"),
        said(PHONE, "label", "ຝ່າຍບໍລິການ", by=desk, lang="lo", tlp=Tlp.GREEN),
        said(SECRET, "role", "recipient", by=centre, tlp=Tlp.RED),
        said("host:phish.example.net", "role", "infrastructure", by=paper, original="phish[.]example[.]net"),
        said("host:news.example.com", "safeListed", "benign", by=bank),
        said("host:news.example.com", "role", "infrastructure", by=paper),
        said("host:bad.json", "role", "infrastructure", by=paper, tlp=Tlp.AMBER),
    ]
    return made + [said(f"host:page{number:03d}.example.org", "role", "infrastructure", by=paper) for number in range(120)]


@dataclass(slots=True)
class _Place:
    leaf: int
    statement: Statement


class Stand:
    """What `saksi.app.api.ports.Node` asks for."""

    def __init__(self, folder: Path, statements: Sequence[Statement] | None = None) -> None:
        self._ledger = Ledger.create(folder, Setup(ORIGIN, clock=lambda: 1_780_000_000_000))
        self._facts: dict[str, list[Fact]] = {}
        self._places: dict[str, _Place] = {}
        self._sources: list[Source] = []
        self._asserters: list[Recorder] = []
        self._handlings: list[Marking] = []
        self._takes: list[TakeLine] = []
        self._outcomes: dict[bytes, str] = {}
        self._judges: dict[tuple[Reader, int], Judge] = {}
        self.ready = True
        self.broken: Exception | None = None
        self.slow = 0.0
        self.add(invented() if statements is None else statements)
        self._state: LedgerState | None = None

    def close(self) -> None:
        self._ledger.close()

    # --- writing

    def add(self, statements: Sequence[Statement]) -> list[str]:
        first = self._ledger.size
        refs = self._ledger.append(statements)
        for place, (each, ref) in enumerate(zip(statements, refs, strict=True)):
            digest = ref.rpartition("#")[2]
            self._places[digest] = _Place(first + place, each)
            if isinstance(each.content, Amendment):
                self._change(each, each.content, first + place, digest)
            else:
                self._facts.setdefault(each.content.entity, []).append(self._fact(each, each.content, first + place, digest))
        self._state = None
        return refs

    def amend(self, ref: str, op: Op, reason: str) -> str:
        target = self._places[ref.rpartition("#")[2]].statement
        made = Statement(Amendment(op, ref, reason=reason), target.source, Asserter(AUTHORITY, NOW), target.handling)
        return self.add([made])[0]

    def _fact(self, each: Statement, content: Content, leaf: int, digest: str) -> Fact:
        where = None if each.source.locator is None else canonical(each.source.locator.to_json()).decode()
        bare = Source(**{name: getattr(each.source, name) for name in ("digest", "uri", "title", "publisher", "published", "series")})
        return Fact(
            entity=content.entity,
            schema=content.schema,
            prop=content.prop,
            value=content.value,
            polarity=content.polarity,
            op="assert",
            original=content.original,
            lang=content.lang,
            valid_from=content.valid_from,
            valid_until=content.valid_until,
            source=_index(self._sources, bare),
            locator=where,
            quote=each.source.quote,
            asserter=_index(self._asserters, Recorder(each.asserter.authority, grade=each.asserter.grade)),
            handling=_index(self._handlings, each.handling),
            asserted_at=each.asserter.asserted_at,
            leaf=leaf,
            index=0,
            commitment=bytes.fromhex(digest),
        )

    def _change(self, each: Statement, content: Amendment, leaf: int, digest: str) -> None:
        target = self._places[content.target.rpartition("#")[2]]
        assert isinstance(target.statement.content, Content)
        held = self._facts[target.statement.content.entity]
        place = next(place for place, fact in enumerate(held) if fact.leaf == target.leaf)
        change = Change(
            op=content.op.value,
            leaf=leaf,
            index=0,
            commitment=bytes.fromhex(digest),
            asserted_at=each.asserter.asserted_at,
            asserter=held[place].asserter,
            handling=held[place].handling,
            reason=content.reason,
        )
        held[place] = msgspec.structs.replace(held[place], changes=(*held[place].changes, change))

    # --- what screening reads

    def source(self, place: int, /) -> Source:
        return self._sources[place]

    def asserter(self, place: int, /) -> Recorder:
        return self._asserters[place]

    def handling(self, place: int, /) -> Marking:
        return self._handlings[place]

    @property
    def size(self) -> int:
        return self._ledger.size

    def stop(self, at: int | None = None) -> int:
        return self.size if at is None else at

    def facts(self, entity: str, at: int | None = None, **_: object) -> Held:
        facts = [fact for fact in self._facts.get(entity, []) if at is None or fact.leaf < at]
        return Held(entity, facts, len(facts))

    def facts_many(self, entities: Sequence[str], at: int | None = None) -> list[Held]:
        return [self.facts(entity, at) for entity in entities]

    def tally(self, entity: str, at: int | None = None, **_: object) -> Sequence[Tally]:
        return ()

    def around(self, entity: str) -> Sequence[str]:
        return ()

    def judge(self, reader: Reader, at: int | None) -> Judge:
        self._fail()
        size = self._ledger.size if at is None else at
        key = (reader, size)
        if key not in self._judges:
            self._judges[key] = Judge(self, Setting(reader, NOW[:10], ORIGIN, size))
        return self._judges[key]

    def _fail(self) -> None:
        if self.broken is not None:
            raise self.broken

    # --- the ports

    def ask(self, value: str, *, country: str | None, reader: Reader, at: int | None) -> Answer:
        return lookup(self, self.judge(reader, at), value, detect(value, country=country))

    def entity(self, entity: str, *, reader: Reader, at: int | None, after: str | None = None) -> Listed:
        if ":" not in entity:
            raise BadInput("an entity id is a kind, ':' and a normal form", where="entity")
        cursor = None if after is None else read_cursor(after)
        judge = self.judge(reader, cursor.at if cursor is not None and at is None else at)
        said = listed(self, judge, entity, None if cursor is None else Mark.read(cursor.after))
        return said if said.next is None else msgspec.structs.replace(said, next=write_cursor(Cursor(said.next, said.at)))

    def statement(self, commitment: str, *, reader: Reader, at: int | None) -> StatementView | None:
        place = self._places.get(commitment)
        if place is None or (at is not None and place.leaf >= at):
            return None
        groups = release(place.statement.handling, reader, on=NOW[:10])
        if not groups:
            return None
        content = place.statement.content
        entity = content.entity if isinstance(content, Content) else ""
        fact = next((fact for fact in self._facts.get(entity, []) if fact.leaf == place.leaf), None)
        changes = () if fact is None else tuple(change for change in fact.changes if at is None or change.leaf < at)
        word = {"retract": "retracted", "expire": "expired", "reject": "rejected"}
        counts = fact is None or standing(fact, at=at).counts
        return StatementView(
            ref=f"{ORIGIN}#{commitment}",
            commitment=commitment,
            entity=entity,
            groups=dict(zip(GROUPS, map(msgspec.Raw, place.statement.groups()), strict=True)),
            hidden=(),
            leaf=place.leaf,
            index=0,
            logged_at="2026-05-28T20:26:40Z",
            standing="stands" if counts else word[changes[-1].op],
            changes=tuple(
                ChangeLine(op=each.op, ref=f"{ORIGIN}#{each.commitment.hex()}", recorded_at=each.asserted_at, reason=each.reason)
                for each in changes
            ),
            at=self._ledger.size if at is None else at,
            synthetic=True,
        )

    def proof(self, commitment: str, *, reader: Reader) -> bytes | None:
        found = self.statement(commitment, reader=reader, at=None)
        return None if found is None else self._ledger.prove(found.leaf)

    def search(self, text: str, *, after: str | None, limit: int, reader: Reader, at: int | None) -> HitPage:
        names = sorted(entity for entity in self._facts if text in entity and (after is None or entity > after))
        hits = [hit for entity in names if (hit := self._hit(entity, reader, at)).statements]
        size = self._ledger.size if at is None else at
        return HitPage(hits=tuple(hits[:limit]), after=hits[limit - 1].entity if len(hits) > limit else None, at=size)

    def _hit(self, entity: str, reader: Reader, at: int | None) -> Hit:
        answer = self.entity(entity, reader=reader, at=at)
        newest = answer.statements[0] if answer.statements else None
        return Hit(
            entity=entity,
            kind=answer.kind,
            status=answer.status,
            statements=answer.total,
            said_by=(answer.sources[0].publisher or "") if answer.sources else "",
            recorded_at=newest.recorded_at if newest else "",
            synthetic=True,
            flagged=answer.flagged,
        )

    def home(self, *, reader: Reader, limit: int) -> Home:
        hits = [hit for entity in self._facts if (hit := self._hit(entity, reader, None)).statements]
        contested = tuple(hit for hit in hits if hit.status == "contested")[:limit]
        return Home(contested=contested, newest=tuple(hits[:limit]), at=self._ledger.size)

    def feeds(self) -> tuple[FeedName, ...]:
        return (FeedName(name="hosts.txt", media_type="text/plain; charset=utf-8", about="hosts, one a line"),)

    def feed(self, name: str, *, reader: Reader, at: int | None, historical: bool = False) -> Iterator[bytes]:
        assert name == "hosts.txt"
        assert historical is (at != self._ledger.size)
        for entity in sorted(self._facts):
            if entity.startswith("host:") and self.entity(entity, reader=reader, at=at).flagged:
                yield entity[5:].encode() + b"\n"

    def take(self, plan: TakePlan) -> TakeLine:
        data = plan.path.read_bytes()
        self._fail()
        if data.startswith(b"\0"):
            raise BadInput("this is no file that a reader knows", where=plan.name, todo="name the source")
        hosts = [line for line in data.decode("utf-8", "replace").split() if "." in line]
        fresh = [host for host in dict.fromkeys(hosts) if f"host:{host}" not in self._facts]
        self.add([said(f"host:{host}", "role", "infrastructure", by=source(9, "Upload")) for host in fresh])
        line = TakeLine(
            id=f"{len(self._takes) + 1:016d}",
            name=plan.name,
            taken_at=NOW,
            digest=sha256(data).hexdigest(),
            taken=len(fresh),
            duplicate=len(hosts) - len(fresh),
            rejected=0,
            size=self._ledger.size,
        )
        self._takes.append(line)
        return line

    def takes(self, *, after: str | None, limit: int, clearance: Tlp, by: str = "", erases: bool = False) -> TakePage:
        lines = [line for line in reversed(self._takes) if after is None or line.id < after]
        return TakePage(takes=tuple(lines[:limit]), after=lines[limit - 1].id if len(lines) > limit else None)

    def outcome(self, plan: OutcomePlan) -> OutcomeLine:
        entity = detect(plan.value, country=plan.country)[0].entity
        name = f"{entity} {plan.outcome} {plan.happened} {plan.by}".encode()
        if name in self._outcomes:
            return OutcomeLine(ref=self._outcomes[name], entity=entity, outcome=plan.outcome, duplicate=True)
        (ref,) = self.add([said(entity, "outcome", plan.outcome, by=source(8, "Caller"))])
        self._outcomes[name] = ref
        return OutcomeLine(ref=ref, entity=entity, outcome=plan.outcome)

    def to_withdraw(self, plan: AmendPlan, before: Sequence[AmendPlan]) -> AmendPlan:
        held = () if plan.value is None else self._facts.get(detect(plan.value, country=plan.country)[0].entity, ())
        refs = plan.refs or tuple(f"{ORIGIN}#{fact.commitment.hex()}" for fact in held)
        if not refs or any(ref.rpartition("#")[2] not in self._places for ref in refs):
            raise BadInput("there is no such statement", where="refs")
        return replace(plan, refs=refs, value=None)

    def withdraw_later(self, plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        return AmendLine(op=plan.op, targets=plan.refs, refs=tuple(self.amend(ref, Op(plan.op), plan.reason) for ref in plan.refs))

    def is_written(self, op: str, statements: Collection[bytes]) -> bool:
        return True

    def withhold(self, asked: Mapping[bytes, Asked]) -> None:
        """Nothing waits here: facts in memory are written at once."""

    @property
    def withheld(self) -> str:
        return ""

    def erase_as_told(self, order: ErasureOrder) -> ErasureLine:
        if order.what.rpartition("#")[2] not in self._places:
            raise BadInput("there is no such statement", where="what")
        done = order.statements is not None
        return ErasureLine(
            what=order.what, statements=1, amendments=0, subjects=1, shared_with_others=0, originals=0, losing_their_original=0,
            erased=done,
            notices=(self._ledger.size,) if done else (),
        )  # fmt: skip

    def catch_up(self) -> None:
        """Nothing here is ever behind."""

    def state(self) -> LedgerState:
        if self._state is None:
            note = self._ledger.checkpoint()
            point = parse_checkpoint(parse_note(note).text)
            self._state = LedgerState(
                origin=ORIGIN,
                size=point.size,
                root=point.root.hex(),
                checkpoint=note.decode(),
                vkey=self.vkey,
                statements=len(self._places),
                erased=0,
                witnesses=0,
                views=point.size,
                synthetic=True,
            )
        return self._state

    @property
    def vkey(self) -> str:
        return self._ledger._core.log._signer.vkeys[0].write()

    def resource(self, path: str) -> bytes | None:
        if path == "checkpoint":
            return self._ledger.checkpoint()
        try:
            return self._ledger.log.tile(parse_path(path))
        except BadInput:
            return None

    def checks(self) -> tuple[Check, ...]:
        return (Check(name="ledger", ok=self.ready, said=f"{self._ledger.size} leaves"),)


def _index(table: list[T], part: T) -> int:
    if part not in table:
        table.append(part)
    return table.index(part)


BROKEN = (
    LedgerFault("the vault at /secret/place is torn", where="/secret/place"),
    PeerFault("a witness did not answer"),
    KeyError("surprise"),
)
