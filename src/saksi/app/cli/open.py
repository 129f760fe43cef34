"""Opens the node that a command is about: its home, its settings, its parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from saksi.app.config import find_home, load
from saksi.app.home import Home
from saksi.app.node import Node

__all__ = ["home_of", "reading"]


def home_of(ctx: click.Context) -> Home:
    """The directory of the node that the command is about."""
    return Home(find_home(ctx.obj.get("home")))


@contextmanager
def reading(ctx: click.Context) -> Iterator[Node]:
    """The node, open while the block runs. The ledger is locked only if the block writes or asks for the very words."""
    home = home_of(ctx)
    config, _ = load(home.path, os.environ, {})
    node = Node(home, config)
    try:
        yield node
    finally:
        node.close()
