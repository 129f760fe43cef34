"""Run as a program: start a writer, kill it with signal 9 at any moment, look, and again.

`kill_loop.py FOLDER ROUNDS SEED` prints one JSON line: kills, kills during recovery, acknowledged entries. Entry `i`
of the log is a function of `i`, so that a lost, doubled or altered one is seen whatever the processes remembered.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from hashlib import sha256
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.fsck import fsck
from saksi.ledger.log import Log, second_place
from saksi.ledger.note import Ed25519Signer
from saksi.ledger.source import open_source

SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))


def entry(index: int) -> bytes:
    seed = sha256(index.to_bytes(8, "big")).digest()
    return seed * (1 + seed[0] % 3) if seed[1] else b""


def write_for_ever(folder: Path, pipe: int, most: int, seed: int) -> None:
    """The writer: recover, say so, then append and acknowledge on the pipe until killed."""
    rng = Random(seed)
    log = Log.open(folder, origin=SIGNER.name, signer=SIGNER)
    os.write(pipe, b"%d\n" % log.size)
    while True:
        first = log.size
        done = log.append([entry(i) for i in range(first, first + rng.randint(1, most))])
        os.write(pipe, b"%d\n" % done.size)


def one_kill(folder: Path, rng: Random) -> list[int]:
    """Start a writer, kill it; returns every size it acknowledged (empty: killed before it had recovered)."""
    out, into = os.pipe()
    seed, most = rng.getrandbits(32), rng.choice((1, 20, 400))
    child = os.fork()
    if child == 0:
        os.close(out)
        try:
            write_for_ever(folder, into, most, seed)
        finally:
            os._exit(70)
    os.close(into)
    if rng.random() < 0.7:
        select.select([out], [], [], 30)  # let it recover first
    time.sleep(rng.random() * 0.02)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(out, "rb") as pipe:
        lines = pipe.read().split(b"\n")[:-1]
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"the writer ended by itself after {lines[-1:]}")
    return [int(line) for line in lines]


def check(folder: Path, acknowledged: int) -> None:
    """Recover once more and look at everything."""
    with Log.open(folder, origin=SIGNER.name, signer=SIGNER) as log:
        if log.size < acknowledged:
            raise SystemExit(f"lost: {acknowledged} were acknowledged, {log.size} are there")
        for index, held in enumerate(log.entries()):
            if held != entry(index):
                raise SystemExit(f"entry {index} is not what was logged")
    report = fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder))
    if report.differences:
        raise SystemExit(f"fsck: {report.differences}")


def main(place: Path, rounds: int, seed: int) -> None:
    rng = Random(seed)
    killed = early = total = 0
    folder, acknowledged = place / "0", 0
    for number in range(rounds):
        if number % 50 == 0:
            if number:
                check(folder, acknowledged)
                total += acknowledged
            folder, acknowledged = place / str(number), 0
            Log.create(folder, origin=SIGNER.name, signer=SIGNER).close()
        sizes = one_kill(folder, rng)
        killed += 1
        early += not sizes
        if sizes and sizes[0] < acknowledged:
            raise SystemExit(f"lost: {acknowledged} were acknowledged, {sizes[0]} came back")
        acknowledged = max([acknowledged, *sizes])
        if number % 10 == 9:
            check(folder, acknowledged)
    check(folder, acknowledged)
    print(json.dumps({"kills": killed, "before_recovered": early, "acknowledged": total + acknowledged}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
