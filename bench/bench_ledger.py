"""The tiled log: durable appends, proofs, verification, recovery, acknowledgements; each beside a peer in the same run.

    python bench/bench_ledger.py [--quick] [--folder FOLDER]

`--quick`: proofs from 200,000 entries, recovery of 1 M instead of 10 M, shorter runs. Leaves have 48 bytes, as Saksi's own.
FOLDER should be on the disk to be measured (else the system's temporary folder); `sync` is the time of one bare
write + fdatasync there, the floor under every figure that is durable.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

import pymerkle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.group import GroupCommit, check_entry
from saksi.ledger.log import Appended, Log
from saksi.ledger.merkle import leaf_hash
from saksi.ledger.note import Ed25519Signer
from saksi.ledger.proof import verify_inclusion
from saksi.ledger.verify import verify_log

SIGNER = Ed25519Signer("bench.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
GROUP = 1000


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--quick", action="store_true")
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    quick = chosen.quick
    with tempfile.TemporaryDirectory(dir=chosen.folder) as place:
        folder = Path(place)
        appends(folder, 100 if quick else 500)
        proofs(folder, 200_000 if quick else 1_000_000)
        acknowledgements(folder, 3 if quick else 20)
        recovery(folder, 1_000_000 if quick else 10_000_000)


def say(name: str, value: float, unit: str, *, goal: float, peer: tuple[str, float]) -> None:
    """One line; `ratio` above 1 is better than the peer, for times too."""
    ratio = value / peer[1] if unit.endswith("/s") else peer[1] / value
    line = {"name": name, "value": round(value, 4), "unit": unit, "goal": goal, "peer": peer[0]}
    print(json.dumps({**line, "peer_value": round(peer[1], 4), "ratio": round(ratio, 2)}), flush=True)


def groups(count: int, seed: int = 1) -> Iterator[list[bytes]]:
    rng = random.Random(seed)
    for _ in range(count):
        block = rng.randbytes(48 * GROUP)
        yield [block[at : at + 48] for at in range(0, len(block), 48)]


def timed(work: Callable[[list[bytes]], object], count: int) -> float:
    """Entries a second, the making of the entries left out."""
    spent = 0.0
    for group in groups(count):
        begun = time.perf_counter()
        work(group)
        spent += time.perf_counter() - begun
    return count * GROUP / spent


def create(folder: Path) -> Log:
    return Log.create(folder, origin=SIGNER.name, signer=SIGNER)


def appends(folder: Path, count: int) -> None:
    with create(folder / "append") as log:
        ours = timed(log.append, count)

    table = sqlite3.connect(folder / "rows.sqlite", isolation_level=None)
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("PRAGMA synchronous=FULL")
    table.execute("CREATE TABLE rows (leaf BLOB)")

    def insert(group: list[bytes]) -> None:
        table.execute("BEGIN")
        table.executemany("INSERT INTO rows VALUES (?)", [(leaf,) for leaf in group])
        table.execute("COMMIT")

    rows = timed(insert, count)
    table.close()
    tree = pymerkle.SqliteTree(str(folder / "tree.sqlite"))
    trees = timed(tree.append_entries, max(20, count // 5))
    tree.con.close()

    fd = os.open(folder / "floor", os.O_RDWR | os.O_CREAT)

    def floor(group: list[bytes]) -> None:
        os.write(fd, b"".join(group))
        os.fdatasync(fd)

    bare = timed(floor, count)
    os.close(fd)
    say("append, groups of 1,000", ours, "leaves/s", goal=50_000, peer=("SQLite WAL FULL, rows only", rows))
    say("append, groups of 1,000", ours, "leaves/s", goal=50_000, peer=("pymerkle SqliteTree", trees))
    say("append, groups of 1,000", ours, "leaves/s", goal=50_000, peer=("limit: one bare write + fdatasync a group", bare))


def proofs(folder: Path, size: int) -> None:
    tree = pymerkle.InmemoryTree()  # the faster of its two for proofs
    held: list[bytes] = []
    with create(folder / "proofs") as log:
        for group in groups(size // GROUP, seed=2):
            log.append(group)
            tree.append_entries(group)
            held += group
    rng = random.Random(3)
    with Log.open(folder / "proofs", origin=SIGNER.name, signer=SIGNER) as log:  # nothing is cached
        asked = [rng.randrange(size) for _ in range(50_000)]
        begun = time.perf_counter()
        made = [log.inclusion(index) for index in asked]
        cold = len(asked) / (time.perf_counter() - begun)
        begun = time.perf_counter()
        for index in asked:
            log.inclusion(index)
        warm = len(asked) / (time.perf_counter() - begun)
        for index, proof in list(zip(asked, made, strict=True))[::500]:
            verify_inclusion(leaf_hash(held[index]), index, size=size, root=log.root, proof=proof)
    for index in asked[:1000]:
        tree.prove_inclusion(index + 1)
    begun = time.perf_counter()
    for index in asked[:10_000]:
        tree.prove_inclusion(index + 1)
    theirs = 10_000 / (time.perf_counter() - begun)
    peer = ("pymerkle InmemoryTree, warm", theirs)
    say(f"50,000 inclusion proofs from {size:,} entries, the first after a start", cold, "proofs/s", goal=20_000, peer=peer)
    say(f"50,000 inclusion proofs from {size:,} entries, warm", warm, "proofs/s", goal=20_000, peer=peer)

    begun = time.perf_counter()
    verify_log(folder / "proofs", [SIGNER.vkey])
    ours = size / (time.perf_counter() - begun)
    key, signature = SIGNER.private.public_key(), SIGNER.private.sign(held[0])
    begun = time.perf_counter()
    for _ in range(3000):
        key.verify(signature, held[0])
    theirs = 3000 / (time.perf_counter() - begun)
    peer = ("an Ed25519 signature an entry", theirs)
    say("verify a log: recompute the tree", ours, "entries/s", goal=100_000, peer=peer)


def lateness(late: list[float], due: float, _: Future[Appended]) -> None:
    late.append(time.perf_counter() - due)


def acknowledgements(folder: Path, seconds: int) -> None:
    """1,000 single entries a second, open loop: lateness counts from when an entry was due, not from when it was sent."""
    late: list[float] = []
    with create(folder / "acks") as log, GroupCommit(log.append, check=check_entry) as front:
        begun = time.perf_counter()
        waiting = []
        for number in range(seconds * 1000):
            due = begun + number / 1000
            if (left := due - time.perf_counter()) > 0:
                time.sleep(left)
            future = front.submit([number.to_bytes(48, "big")])
            future.add_done_callback(partial(lateness, late, due))
            waiting.append(future)
        places: list[Appended] = [one.result(30) for one in waiting]
    assert [place.first for place in places] == list(range(len(places)))

    table = sqlite3.connect(folder / "acks.sqlite", isolation_level=None)
    table.execute("PRAGMA journal_mode=WAL")
    table.execute("PRAGMA synchronous=FULL")
    table.execute("CREATE TABLE rows (leaf BLOB)")
    theirs = []
    begun = time.perf_counter()
    for number in range(seconds * 1000):
        due = begun + number / 1000
        if (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        table.execute("INSERT INTO rows VALUES (?)", (number.to_bytes(48, "big"),))
        theirs.append(time.perf_counter() - due)
    table.close()
    peer = ("SQLite WAL FULL, a commit a row", 1000 * sorted(theirs)[int(0.99 * len(theirs))])
    say("acknowledgement p99 at 1,000/s", 1000 * sorted(late)[int(0.99 * len(late))], "ms", goal=100, peer=peer)


def recovery(folder: Path, size: int) -> None:
    """The process is killed with a torn tail behind it; the next one starts."""
    place = folder / "recovery"
    log = create(place)
    block = random.Random(4).randbytes(48 * 10_000)
    entries = [block[at : at + 48] for at in range(0, len(block), 48)]
    for _ in range(size // len(entries)):
        log.append(entries)
    root = log.root
    log.close()
    for name in ("entries.data", "level0.hashes", "checkpoints.log"):
        with (place / name).open("ab") as file:
            file.write(b"\x00\x30torn")
    begun = time.perf_counter()
    with Log.open(place, origin=SIGNER.name, signer=SIGNER) as log:
        ours = time.perf_counter() - begun
        assert (log.size, log.root) == (size, root)
    for name in ("level0.hashes", "level1.hashes", "level2.hashes", "bundles.idx"):
        (place / name).unlink()
    begun = time.perf_counter()
    with Log.open(place, origin=SIGNER.name, signer=SIGNER) as log:
        whole = time.perf_counter() - begun
        assert log.root == root
    peer = ("the same with all derived files lost: hash every entry again", whole)
    say(f"recovery of {size:,} entries", ours, "s", goal=5, peer=peer)


if __name__ == "__main__":
    main()
