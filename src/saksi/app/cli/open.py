"""Opens the node that a command is about: its home, its settings, its parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from saksi.app.config import find_home, load
from saksi.app.home import Home
from saksi.model import LedgerFault, NotAllowed

if TYPE_CHECKING:
    from saksi.app.listing import Listing
    from saksi.app.node import Node

__all__ = ["beside_a_server", "home_of", "looking", "reading", "written_first"]


def home_of(ctx: click.Context) -> Home:
    """The directory of the node that the command is about."""
    return Home(find_home(ctx.obj.get("home")))


@contextmanager
def looking(ctx: click.Context) -> Iterator[Listing]:
    """The part of the node that answers, open while the block runs: it loads in a fraction of the time of the whole, and locks nothing."""
    from saksi.app.listing import Listing

    home = home_of(ctx)
    part = Listing(home, load(home.path, os.environ, {})[0])
    try:
        yield part
    finally:
        part.close()


@contextmanager
def reading(ctx: click.Context) -> Iterator[Node]:
    """The whole node, open while the block runs. The ledger is locked only if the block writes or asks for the very words."""
    from saksi.app.node import Node

    home = home_of(ctx)
    node = Node(home, load(home.path, os.environ, {})[0])
    try:
        yield node
    finally:
        node.close()


def written_first(node: Node, *, whole: bool = True) -> None:
    """Write what was accepted over HTTP and waits still: it was asked for before. Raises LedgerFault where that cannot be done now, and all
    of it (`whole`) has to be in the ledger.
    """
    from saksi.app.withheld import mark_of

    if not mark_of(node.files.waiting).exists():
        return
    from saksi.app.api.application import make_desk
    from saksi.app.api.desk import Settings
    from saksi.app.api.later import work_off

    _ = node.ledger  # the lock: nobody serves this node
    desk = make_desk(node, node.files.path, Settings(node.config.title, node.config.authority))
    try:
        work_off(desk)
        if whole and desk.waiting.waiting():
            todo = "`saksi doctor` says what is wrong; `saksi serve` writes it once it can"
            raise LedgerFault("what was asked for before waits still to be written", where=str(node.files.waiting), todo=todo)
    finally:
        desk.close()


@contextmanager
def beside_a_server(route: str) -> Iterator[None]:
    """Where another process holds the ledger, say how it is done through the server that may be that process."""
    from saksi.ledger.disk import Held

    try:
        yield
    except Held as held:
        role = "approver" if route == "erasures" else "analyst"
        key = f"`saksi key create NAME --role {role} --clearance RED`"
        todo = f"if it is `saksi serve`, ask it: POST /api/v1/{route}, with a key ({key}); else wait until it has ended"
        raise NotAllowed(held.what, where=held.where, todo=todo) from held
