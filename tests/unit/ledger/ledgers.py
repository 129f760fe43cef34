"""Small real ledgers on the machine's own disk, for the tests of the vault."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from saksi.ledger.backup import BackedUp, Other, Target, Term, back_up
from saksi.ledger.beside import LedgerBeside
from saksi.ledger.frame import seal_batch
from saksi.ledger.ledger import Ledger, Setup
from saksi.model.grade import Grade
from saksi.model.locator import Locator
from saksi.model.marking import Marking, Pap, Tlp
from saksi.model.source import Source
from saksi.model.statement import Asserter, Content, Statement

ORIGIN = "a.example/saksi/1"


def statement(number: int, digest: str | None = None) -> Statement:
    return Statement(
        Content(f"phone:+999{number:08d}", "PhoneNumber", "role", "suspected-mule", original=f"០{number}"),
        Source(digest, title="Desk of A (synthetic)", locator=Locator(row=number + 1, column="phone"), quote=f"it was {number}\nsaid X"),
        Asserter("a.example", "2026-01-31T09:00:00Z", "an-7", None if digest is None else Grade("B", 2)),
        Marking(Tlp.AMBER, Pap.GREEN, ("a.example",), "prevention", "Act 7, s. 12", "2031-01-31"),
    )


class Clock:
    """Milliseconds that go on by one each time they are asked for."""

    def __init__(self) -> None:
        self.now = 1_770_000_000_000

    def __call__(self) -> int:
        self.now += 1
        return self.now


def setup() -> Setup:
    return Setup(ORIGIN, clock=Clock())


def take(ledger: Ledger, statements: Sequence[Statement], labels: Sequence[str | None] | None = None) -> int:
    """Take statements in as one batch; returns its leaf."""
    with ledger.transaction() as taking:
        batch = seal_batch([one.groups() for one in statements], labels, keys=taking.keys, common=b"Desk of A", random=os.urandom)
        return taking.add(batch)


def filled(folder: Path) -> Ledger:
    """A ledger with two leaves of one statement each (the second with two subjects), and a batch of 150 over three subjects."""
    ledger = Ledger.create(folder, setup())
    one, other = ledger.new_subject(), ledger.new_subject()
    ledger.append([statement(1), statement(2)], subjects=[[one], [one, other]])
    with ledger.transaction() as taking:
        kept = taking.keep_original([b"the very file, ", b"in pieces"])
        groups = [statement(number, kept.digest.hex()).groups() for number in range(10, 160)]
        labels = [(None, "x", "y", "z")[number // 40] for number in range(150)]
        taking.add(seal_batch(groups, labels, keys=taking.keys, common=b"Desk of A", random=os.urandom))
    return ledger


def backed_up(folder: Path, target: Target, term: Term, other: Other | None = None) -> BackedUp:
    """Back the ledger in a folder up, beside whoever writes it."""
    with LedgerBeside(folder, setup()) as ledger:
        return back_up(ledger, target, term=term, other=other)
