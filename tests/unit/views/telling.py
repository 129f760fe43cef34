"""Everything that views answer, with numbers resolved, so that two states can be compared."""

from __future__ import annotations

import msgspec

from saksi.views.fact import Fact, Tally, standing
from saksi.views.views import Views


def told(views: Views, at: int | None = None, *, engine: bool = True) -> dict[str, object]:
    """All answers at a ledger size, those of the engine too."""
    entities = views.entities(limit=10_000, at=at)
    held = views.facts_many(entities, at)
    asked: list[object] = []
    if engine:
        with views.engine() as duck:
            stop = views.stop(at)
            rows = [
                row
                for batch in duck.scan(["entity", "value", "valid_from", "reported", "leaf", "index"], stop=stop)
                for row in batch.to_pylist()
            ]
            asked = [duck.counts(stop), sorted(str(row) for row in rows), duck.entities(stop)]
    totals = views.totals(at) if engine or at is None else None
    return {
        "entities": entities,
        "facts": {one.entity: everything(views, one.entity, at) for one in held},
        "totals": totals,
        "tally": {entity: sorted(str(spelt(views, one)) for one in views.tally(entity, at)) for entity in entities},
        "engine": asked,
        "newest": [plain(views, fact, at) for fact in views.newest(1000, at)],
    }


def everything(views: Views, entity: str, at: int | None = None) -> list[object]:
    """All facts of an entity, page by page, oldest first."""
    held = views.facts(entity, at)
    facts, cursor = held.facts, held.cursor
    while cursor is not None:
        page = views.facts(entity, at, before=cursor)
        assert page.total == held.total
        facts, cursor = page.facts + facts, page.cursor
    assert len(facts) == held.total
    return [plain(views, fact, at) for fact in facts]


def plain(views: Views, fact: Fact, at: int | None = None) -> object:
    """A fact with its numbers resolved and its standing."""
    stands = standing(fact, at=at)
    return (
        msgspec.structs.replace(fact, source=0, asserter=0, handling=0, changes=()),
        views.source(fact.source), views.asserter(fact.asserter), views.handling(fact.handling),
        [
            (msgspec.structs.replace(one, asserter=0, handling=0), views.asserter(one.asserter), views.handling(one.handling))
            for one in fact.changes
        ],
        stands.counts, views.asserter(stands.asserter), views.handling(stands.handling),
    )  # fmt: skip


def spelt(views: Views, one: Tally) -> object:
    """A tally with its numbers resolved."""
    fields = msgspec.structs.asdict(one)
    resolved = {"source": views.source(one.source), "asserter": views.asserter(one.asserter), "handling": views.handling(one.handling)}
    return {**fields, **resolved}
