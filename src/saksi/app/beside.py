"""Work beside the pages: a thread that makes a round every so often for as long as the node is served, whatever a round meets.

A round that fails is made again: rounds lose nothing and do nothing twice, and a ledger that must not be written to any more refuses by
itself. What fails is logged once, and is among the checks of the node until a round is through.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

from saksi.app.api.ports import Check
from saksi.model import SaksiError

__all__ = ["Checks", "beside", "in_words"]

Checks = list[Callable[[], Check]]

_AFTER_A_FAULT = 30.0


@contextmanager
def beside(name: str, make: Callable[[], float], *, checks: Checks, ends_within: float) -> Iterator[None]:
    """Make rounds while the block runs: `make` gives the seconds until the next. Leaving waits `ends_within` seconds for the one under
    way. `checks` tells how it goes meanwhile."""
    rounds = _Rounds(name, make)
    checks.append(rounds.check)
    rounds.thread.start()
    try:
        yield
    finally:
        rounds.end.set()
        rounds.thread.join(ends_within)
        checks.remove(rounds.check)


def in_words(fault: Exception) -> str:
    """What may be written into a log: our own words, and of a foreign exception its name alone."""
    return str(fault) if isinstance(fault, SaksiError) else type(fault).__name__


class _Rounds:
    def __init__(self, name: str, make: Callable[[], float]) -> None:
        self._name, self._make, self._log = name, make, logging.getLogger(f"saksi.{name}")
        self._fault: str | None = None
        self._since: datetime | None = None
        self.end, self.thread = Event(), Thread(target=self._run, name=name, daemon=True)

    def check(self) -> Check:
        """How it goes."""
        if not self.thread.is_alive():
            return Check(name=self._name, ok=False, said="it has ended: start the node again", needed=False)
        fault, since = self._fault, self._since
        if fault is not None and since is not None:
            said = f"its rounds fail since {since:%Y-%m-%d %H:%M} UTC, and are made again: {fault}"
            return Check(name=self._name, ok=False, said=said, needed=False)
        return Check(name=self._name, ok=True, said="makes its rounds", needed=False)

    def _run(self) -> None:
        wait = 0.0
        while not self.end.wait(wait):
            try:
                wait = self._make()
                self._fault = self._since = None
            except Exception as fault:  # a round's edge: nothing was lost, the next one does it again
                said, wait = in_words(fault), _AFTER_A_FAULT
                if said != self._fault:
                    self._log.error("a round failed, and is made again: %s", said)
                self._fault, self._since = said, self._since or datetime.now(UTC)
