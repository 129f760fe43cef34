"""Opens the node that a command is about: its home, its settings, its parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from saksi.app.config import find_home, load
from saksi.app.home import Home

if TYPE_CHECKING:
    from saksi.app.listing import Listing
    from saksi.app.node import Node

__all__ = ["home_of", "looking", "reading"]


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
