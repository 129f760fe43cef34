"""What is told of a hit: judged for its owner at the moment of telling, by the same look-up that shows a statement on its page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

import msgspec

from saksi.app.alerts.alert import Alert, Hit
from saksi.app.alerts.owners import Owner, Owners
from saksi.app.api.access import AccessLog
from saksi.app.api.ports import StatementView
from saksi.app.web.layout import entity_path
from saksi.model import Reader, Tlp

__all__ = ["STANDS", "AlertHit", "Bell", "Shelf", "Teller"]

STANDS = "stands"


class Shelf(Protocol):
    """Where the statements are."""

    def statement(self, commitment: str, *, reader: Reader, at: int | None) -> StatementView | None:
        """One statement by its commitment, as its reader may see it."""


class AlertHit(msgspec.Struct, frozen=True, kw_only=True):
    """A hit as its owner may see it now. `id` is the number to know it by; `page` and `statement` are addresses of this node; `standing`
    says how the statement stands; `more`: others were found beside it that are not listed here."""

    id: int
    alert: str
    found_at: str
    ref: str
    statement: str
    page: str
    entity: str
    prop: str
    value: str
    standing: str
    synthetic: bool
    more: bool


class Bell(msgspec.Struct, frozen=True, kw_only=True):
    """A hit as it may leave the node by itself: its number and its reference, and what it is about only where that is TLP:CLEAR."""

    id: int
    alert: str
    found_at: str
    ref: str
    statement: str
    more: bool
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells owners what was found for them, from any thread. `access` is where it is written down before it is told."""

    node: Shelf
    owners: Owners
    access: AccessLog
    turn: Lock = field(default_factory=Lock)

    def told(self, alert: Alert, hits: Iterable[Hit], *, way: str, withdrawn: bool = False) -> list[AlertHit]:
        """What the owner of an alert may see of its hits now; nothing where they may not look any more.

        What was taken back since is left out, or with `withdrawn` told as that.
        """
        owner = self.owners.now(alert.owner)
        if owner is None:
            return []
        made = [told for hit in hits if (told := self._one(hit, owner, alert.purpose)) and (withdrawn or told.standing == STANDS)]
        self._note(alert, owner, way, made)
        return made

    def bells(self, alert: Alert, hits: Iterable[Hit], *, way: str, withdrawn: bool = False) -> list[Bell]:
        """The same as it may leave the node, or be given to whoever has no more than an address."""
        owner = self.owners.now(alert.owner)
        if owner is None:
            return []
        told = self.told(alert, hits, way=way, withdrawn=withdrawn)
        anybody = owner.reader(alert.purpose, clearance=Tlp.CLEAR)
        return [
            Bell(
                id=each.id, alert=each.alert, found_at=each.found_at, ref=each.ref, statement=each.statement, more=each.more,
                entity=each.entity if self.node.statement(each.ref.rpartition("#")[2], reader=anybody, at=None) is not None else "",
            )
            for each in told
        ]  # fmt: skip

    def _one(self, hit: Hit, owner: Owner, purpose: str) -> AlertHit | None:
        view = self.node.statement(hit.statement, reader=owner.reader(purpose), at=None)
        if view is None or not view.entity or view.standing == "proposed":
            return None
        content = json.loads(bytes(view.groups["content"]))
        value = content.get("value", "")
        return AlertHit(
            id=hit.number, alert=hit.alert, found_at=hit.at, ref=view.ref, statement=f"/s/{hit.statement}", page=entity_path(view.entity),
            entity=view.entity, prop=str(content.get("prop", "")), value=value if isinstance(value, str) else "",
            standing=view.standing, synthetic=view.synthetic, more=bool(hit.more) and Tlp(hit.more).rank <= owner.clearance.rank,
        )  # fmt: skip

    def _note(self, alert: Alert, owner: Owner, way: str, made: list[AlertHit]) -> None:
        if made:
            with self.turn:  # one log, several threads that tell
                self.access.note(owner.watcher(alert.purpose), f"alert-{way}", what=[each.entity for each in made])
