"""A ledger of invented statements for the benches, sealed in a real vault: half reports (phones, accounts), half lists (hosts, wallets).

All four groups are filled. Every fifth statement of a report is its record; a report is one data subject, so its statements are sealed
apart from others'. About 40 % of the values come back from earlier statements; one account is named 1 % of all
times. All of it is synthetic.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from saksi.formats.batch import StatementBatch
from saksi.formats.bulk import encode
from saksi.ledger.frame import SealedBatch, TakeKeys, seal_batch
from saksi.ledger.ledger import Ledger, Setup
from saksi.model import Asserter, Grade, Marking, Pap, Source, Tlp

ORIGIN = "authority-a.example/saksi/1"
HUB = "account:XA:BANKA:000000000001"
BATCH = 65_000
_TLP = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER)


def make(folder: Path, rows: int, *, workers: int = 2) -> Ledger:
    """A ledger of about `rows` statements in batches of `BATCH`."""
    ledger = Ledger.create(folder, Setup(ORIGIN, clock=lambda: 1_770_000_000_000))
    numbers = range(-(-rows // BATCH))
    with ledger.transaction() as take, ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        for batch in pool.map(_sealed, numbers, [min(BATCH, rows - number * BATCH) for number in numbers], [take.keys] * len(numbers)):
            take.add(batch)
    return ledger


def more(ledger: Ledger, number: int, rows: int) -> None:
    """Append one more batch to it."""
    with ledger.transaction() as take:
        take.add(_sealed(number, rows, take.keys))


def _sealed(number: int, rows: int, keys: TakeKeys) -> SealedBatch:
    batch = columns(number, rows)
    made = encode(batch)
    assert not made.refused, made.refused[:1]
    return seal_batch(made.groups, batch.subject, keys=keys, common=made.common, random=os.urandom)


def columns(number: int, rows: int) -> StatementBatch:
    """The statements of one batch, the same for the same number."""
    choose = random.Random(number)
    told = list(_reports(number, rows, choose) if number % 2 == 0 else _listed(number, rows, choose))[:rows]
    entity, schema, prop, value, original, quote, row, column, subject = (list(part) for part in zip(*told, strict=True))
    listed = number % 2 == 1
    source = Source(
        digest=f"{number:064x}",
        uri=f"https://authority-{'abcde'[number % 5]}.example/{'lists' if listed else 'reports'}/{number}",
        title=f"{'List' if listed else 'Reports'} {number % 40} (synthetic)",
        publisher=f"Authority {'ABCDE'[number % 5]}",
        published=f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        series=f"{'list' if listed else 'desk'}-{number % 40}",
    )
    asserter = Asserter(
        "authority-a.example", f"2026-02-{number % 28 + 1:02d}T08:30:00Z", analyst=f"analyst-{number % 7}", grade=Grade("B", number % 5 + 1)
    )
    marking = Marking(
        _TLP[number % 3], Pap.GREEN, audience=("authority-b.example", "circle-1"), purpose="prevention of scams", legal_basis="Act 1, s. 2"
    )
    zero, affirm = [0] * rows, ["affirm"] * rows
    return StatementBatch(
        sources=[source], asserters=[asserter], handlings=[marking], source=zero, asserter=zero, handling=zero, entity=entity,
        schema=schema,
        prop=prop, value=value, polarity=affirm, original=original, quote=quote, row=row, column=column,
        subject=None if listed else subject,
    )  # fmt: skip


def _reports(number: int, rows: int, choose: random.Random) -> Iterator[tuple[object, ...]]:
    for line in range(-(-rows // 5)):
        at = _again(number * BATCH + line, choose)
        digits = f"{at * 7919 % 10**9:09d}"
        phone, account = f"phone:+999{digits}", f"account:XA:BANK{'ABCDE'[at % 5]}:{at * 104729 % 10**12:012d}"
        if choose.random() < 0.05:
            account = HUB
        report = f"report:authority-a/{number}-{line}"
        spoken = f"0{digits[:2]} {digits[2:5]} {digits[5:]}"
        said = f"asked to send {choose.randrange(10_000)}.00 to {account[-12:]}" if line % 5 == 0 else None
        yield phone, "PhoneNumber", "role", "infrastructure", spoken, None, line + 1, "phone", report
        yield phone, "PhoneNumber", "reportedIn", report, spoken, None, line + 1, "phone", report
        yield account, "BankAccount", "role", "recipient", account[-12:], said, line + 1, "account", report
        yield account, "BankAccount", "reportedIn", report, account[-12:], None, line + 1, "account", report
        record = {
            "reference": f"{number}-{line}",
            "amount": f"{choose.randrange(10_000)}.00",
            "currency": "XAD",
            "country": "XA",
            "synthetic": True,
        }
        yield report, "VictimReport", "record", record, None, None, line + 1, None, report


def _listed(number: int, rows: int, choose: random.Random) -> Iterator[tuple[object, ...]]:
    for line in range(rows):
        at = _again(number * BATCH + line, choose)
        if line % 5 == 0:
            mixed = at * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**160
            yield f"wallet:eth:0x{mixed:040x}", "CryptoWallet", "role", "infrastructure", None, None, line + 1, "address", None
        else:
            host = f"login{at * 7919 % 10**8}.shop-{at % 977}.example"
            yield f"host:{host}", "WebSite", "role", "infrastructure", host, None, line + 1, None, None


def _again(at: int, choose: random.Random) -> int:
    return choose.randrange(at + 1) if choose.random() < 0.4 else at
