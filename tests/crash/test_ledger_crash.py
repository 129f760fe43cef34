"""The whole ledger on a disk that dies before any operation, tears and reorders: all of a take or nothing, all of an erasure or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from fakedisk import Died, FakeDisk

from saksi.ledger import log as log_module
from saksi.ledger import recovery
from saksi.ledger import vault as vault_module
from saksi.ledger.batch import Kind
from saksi.ledger.check import Apart, check_ledger
from saksi.ledger.disk import DiskFull
from saksi.ledger.frame import seal_batch
from saksi.ledger.ledger import Ledger, Setup
from saksi.ledger.transaction import Transaction
from saksi.model.errors import BadInput, LedgerFault
from saksi.model.marking import Marking
from saksi.model.source import Source
from saksi.model.statement import Asserter, Content, Statement

pytestmark = pytest.mark.crash

FOLDER = Path("/disk/ledger")
ORIGIN = "a.example/saksi/1"
DIGEST = "0" * 64


def statement(number: int, digest: str | None = None) -> Statement:
    return Statement(
        Content(f"phone:+999{number:08d}", "PhoneNumber", "role", "recipient", original=f"0{number}"),
        Source(digest=digest, title="Desk (synthetic)", quote=f"it was {number}"),
        Asserter("a.example", "2026-01-31T09:00:00Z"),
        Marking(),
    )


@dataclass
class World:
    """What the outside was told: every payload that was acknowledged, those erased since, and what was under way when the process died."""

    rng: Random
    held: dict[bytes, bool] = field(default_factory=dict)  # payload -> whether it was erased
    owned: dict[bytes, list[bytes]] = field(default_factory=dict)  # subject -> payloads
    asked: list[bytes] = field(default_factory=list)
    erasing: list[bytes] = field(default_factory=list)
    next: int = 0

    def fresh(self, count: int, digest: str | None = None) -> list[Statement]:
        self.next += count
        return [statement(number, digest) for number in range(self.next - count, self.next)]


def setup(disk: FakeDisk, rng: Random) -> Setup:
    clock = iter(range(1_700_000_000_000, 1_800_000_000_000))
    return Setup(ORIGIN, clock=lambda: next(clock), random=rng.randbytes, disk=disk)


def begin(disk: FakeDisk, world: World) -> Ledger:
    try:
        return Ledger.open(FOLDER, setup(disk, world.rng))
    except (LedgerFault, BadInput):
        if world.held:
            raise
        return Ledger.create(FOLDER, setup(disk, world.rng))


def one_by_one(ledger: Ledger, world: World) -> None:
    rng = world.rng
    subjects = [ledger.new_subject(), ledger.new_subject()]
    made = world.fresh(rng.randint(1, 4))
    named = [rng.choice([[], subjects[:1], subjects]) for _ in made]
    world.asked = [one.payload() for one in made]
    ledger.append(made, subjects=named)
    for one, ids in zip(made, named, strict=True):
        for id_ in ids:
            world.owned.setdefault(id_, []).append(one.payload())
    acknowledge(world)


def take(ledger: Ledger, world: World) -> None:
    rng = world.rng
    words = rng.randbytes(rng.choice((0, 10, 3000)))
    with ledger.transaction() as taking:
        kept = taking.keep_original([words])
        pieces = [world.fresh(rng.randint(1, 90), kept.digest.hex()) for _ in range(rng.randint(1, 3))]
        world.asked = [one.payload() for piece in pieces for one in piece]
        for piece in pieces:
            labels = [rng.choice([None, "one", "two"]) for _ in piece]
            batch = seal_batch([one.groups() for one in piece], labels, keys=taking.keys, common=b"a.example", random=rng.randbytes)
            taking.add(batch)
            for one, label in zip(piece, labels, strict=True):
                if label is not None:
                    world.owned.setdefault(taking.keys.subject(label).id, []).append(one.payload())
    acknowledge(world)
    assert b"".join(ledger.original(kept.digest) or ()) == words


def erase_subject(ledger: Ledger, world: World) -> None:
    live = [id_ for id_, payloads in world.owned.items() if all(payload in world.held and not world.held[payload] for payload in payloads)]
    if not live:
        return
    id_ = world.rng.choice(sorted(live))
    plan = ledger.plan_erasure([id_])
    assert len(plan.touched) == len(world.owned[id_])
    world.erasing = list(world.owned[id_])
    done = ledger.erase(plan, ground="asked for", keep_originals=world.rng.random() < 0.5)
    assert sorted(done.touched) == sorted(plan.touched)
    settle_erasure(world)


def erase_items(ledger: Ledger, world: World) -> None:
    places = [
        (block.leaf, block.first + place, payload)
        for block in ledger.read()
        if block.kind in {Kind.PRIVATE, Kind.BATCH}
        for place, payload in enumerate(block.payloads)
        if payload is not None
    ]
    if not places:
        return
    chosen = world.rng.sample(places, min(3, len(places)))
    plan = ledger.plan_erasure(items=[(leaf, index) for leaf, index, _ in chosen])
    world.erasing = [payload for _, _, payload in chosen]
    ledger.erase(plan, ground="a court's order", keep_originals=True)
    settle_erasure(world)


def acknowledge(world: World) -> None:
    world.held.update(dict.fromkeys(world.asked, False))
    world.asked = []


def settle_erasure(world: World) -> None:
    world.held.update(dict.fromkeys(world.erasing, True))
    world.erasing = []


def check(ledger: Ledger, world: World) -> None:
    """What a newly opened ledger must hold."""
    found = {payload for block in ledger.read() if block.kind in {Kind.PRIVATE, Kind.BATCH} for payload in block.payloads} - {None}
    expected = {payload for payload, erased in world.held.items() if not erased}
    erasing = set(world.erasing)
    if erasing and not erasing & found:
        settle_erasure(world)  # the erasure was finished
        expected -= erasing
    assert not erasing or erasing <= found or not erasing & found, "half an erasure"
    gone = [Statement.parse(payload).id() for payload, erased in world.held.items() if erased]
    with ledger.transaction() as taking:
        assert None not in taking.erased_on(gone), "something was erased that a take would bring back"
    new = found - expected
    asked = set(world.asked)
    assert expected <= found, f"{len(expected - found)} acknowledged statements are lost"
    assert new in (set(), asked), f"half a take: {len(new)} of {len(asked)}"
    if new:
        acknowledge(world)
    world.asked, world.erasing = [], []


ACTS: tuple[Callable[[Ledger, World], None], ...] = (one_by_one, take, erase_subject, take, erase_items, one_by_one)


def live(disk: FakeDisk, world: World, acts: int) -> None:
    ledger = begin(disk, world)
    check(ledger, world)
    for _ in range(acts):
        world.rng.choice(ACTS)(ledger, world)
    ledger.close()


@pytest.fixture(autouse=True)
def small_boundaries(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (recovery, log_module):
        monkeypatch.setattr(module, "BOUNDARY", 256)
    monkeypatch.setattr(vault_module, "BOUNDARY", 4)


@pytest.mark.parametrize("power_cut", [False, True], ids=["killed", "power cut"])
@pytest.mark.parametrize("seed", range(40))
def test_lives_that_end_at_any_operation(seed: int, power_cut: bool) -> None:
    rng = Random(seed * 2 + power_cut)
    disk, world = FakeDisk(), World(rng)
    for _ in range(6):
        disk.die_before = disk.operations + rng.randint(1, 120)
        with contextlib.suppress(Died):
            live(disk, world, 4)
        disk = disk.survivor(rng, power_cut=power_cut)
    live(disk, world, 3)
    ledger = begin(disk, world)
    check(ledger, world)
    signers = ledger.vkeys
    ledger.close()
    report = check_ledger(FOLDER, signers, apart=Apart(disk=disk))
    assert not (*report.log.differences, *report.vault.differences), (report.log.differences, report.vault.differences)
    assert not report.vault.missing


@pytest.mark.parametrize("act", [take, erase_subject, erase_items, one_by_one], ids=lambda act: act.__name__)
def test_every_single_operation_of_an_act_may_be_the_last(act: Callable[[Ledger, World], None]) -> None:
    """Die before operation 1, 2, 3 ... of one act, each time from the same state, and open again."""
    steps = 0
    while True:
        rng = Random(7)
        disk, world = FakeDisk(), World(rng)
        ledger = begin(disk, world)
        one_by_one(ledger, world)
        take(ledger, world)
        disk.die_before = disk.operations + steps
        try:
            act(ledger, world)
        except Died:
            disk = disk.survivor(rng, power_cut=bool(steps % 2))
        else:
            break
        cut = check_ledger(FOLDER, ledger.vkeys, apart=Apart(disk=disk))
        found = (*cut.log.differences, *cut.vault.differences)
        assert cut.clean or steps % 2, (steps, found)  # a power cut may leave what only a start puts right
        assert not any("without a notice" in each.what or "key is here" in each.what for each in found), (steps, found)
        ledger = begin(disk, world)
        check(ledger, world)
        take(ledger, world)
        ledger.close()
        report = check_ledger(FOLDER, ledger.vkeys, apart=Apart(disk=disk))
        assert not (*report.log.differences, *report.vault.differences), (steps, report.log.differences, report.vault.differences)
        steps += 1
    assert steps > 8


def test_recovery_of_an_erasure_may_be_killed_too() -> None:
    rng = Random(3)
    for first in range(2, 30, 3):
        disk, world = FakeDisk(), World(rng)
        ledger = begin(disk, world)
        take(ledger, world)
        one_by_one(ledger, world)
        disk.die_before = disk.operations + first
        with contextlib.suppress(Died):
            erase_subject(ledger, world)
        for step in range(1, 40, 2):
            disk = disk.survivor(rng, power_cut=bool(step % 4 == 1))
            disk.die_before = disk.operations + step
            with contextlib.suppress(Died):
                begin(disk, world).close()
        disk = disk.survivor(rng, power_cut=True)
        ledger = begin(disk, world)
        check(ledger, world)
        ledger.close()
        report = check_ledger(FOLDER, ledger.vkeys, apart=Apart(disk=disk))
        assert not (*report.log.differences, *report.vault.differences), (first, report.vault.differences)


def test_a_full_disk_takes_the_whole_take_back_and_the_ledger_goes_on() -> None:
    rng = Random(5)
    for room in range(0, 30_000, 1_500):
        disk, world = FakeDisk(), World(rng)
        ledger = begin(disk, world)
        one_by_one(ledger, world)
        disk.room = room
        try:
            take(ledger, world)
        except DiskFull:
            world.asked = []
        disk.room = None
        take(ledger, world)
        check(ledger, world)
        ledger.close()
        report = check_ledger(FOLDER, ledger.vkeys, apart=Apart(disk=disk))
        assert not (*report.log.differences, *report.vault.differences), (room, report.log.differences, report.vault.differences)


def test_a_take_that_fails_in_the_middle_leaves_nothing() -> None:
    rng = Random(9)
    disk, world = FakeDisk(), World(rng)
    ledger = begin(disk, world)
    take(ledger, world)
    before = ledger.size, ledger.vault_bytes

    def failing(taking: Transaction) -> None:
        taking.keep_original([b"words"])
        taking.add(seal_batch([statement(999_999).groups()], ["x"], keys=taking.keys, random=rng.randbytes))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ledger.transaction() as taking:
        failing(taking)
    assert (ledger.size, ledger.vault_bytes) == before
    take(ledger, world)
    check(ledger, world)
