"""A node of invented data behind its own web application, without a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from calls import SETTINGS, Served

from saksi.app.api.desk import Desk, Limits


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Serve with settings or limits of one's own."""
    made: list[Served] = []

    def start(limits: Limits | None = None, **told: object) -> Served:
        settings = replace(SETTINGS, limits=limits or Limits(), **told)  # type: ignore[arg-type]
        made.append(Served(tmp_path / str(len(made)), settings))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.fixture
def served(serve: Callable[..., Served]) -> Served:
    """Serve as usual."""
    return serve()


@pytest.fixture
def desk(served: Served) -> Desk:
    """The desk of a node served as usual."""
    return served.desk
