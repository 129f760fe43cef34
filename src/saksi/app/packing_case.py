"""What a pack takes from a case: its entries and all they name, read as one of its members, and noted in the access log as such."""

from __future__ import annotations

from saksi.actions import Actor
from saksi.actions.pack_case import Read
from saksi.app.casing import Casing
from saksi.app.packing_draft import CaseTaken
from saksi.model import Tlp

__all__ = ["take_case"]


def take_case(node: Casing, case: str, actor: Actor, clearance: Tlp) -> CaseTaken:
    """The case for one of its members. Raises BadInput where there is none that they may know of, NotAllowed where it is sealed."""
    view = node.case(case, actor, clearance)
    have = view.case
    return CaseTaken(
        id=have.id,
        entries=tuple((each.leaf, each.place) for each in node.board.entries(case)),
        entities=tuple(each.name for each in (*have.reports, *have.entities)),
        refs=tuple(each.name for each in have.refs),
        favour=tuple(dict.fromkeys((*(each.name for each in have.favour), *view.favour))),
        documents=tuple(each.name for each in have.documents),
        reads=tuple(Read(each.when, each.who, each.role) for each in node.seen_by(case)),
    )
