"""Run as a program: start a `saksi erase` or `saksi retract`, kill it with signal 9 at any moment, look at everything, and again.

`amend_kill.py FOLDER ROUNDS SEED` prints one JSON line: kills, commands that said they were done, and of the killed ones those found whole
at once, those that left an erasure for the next opening to finish, and those that had done nothing. What was erased is in no file of the
home: as bytes, in what SQLite and Parquet hold, or deflated.
"""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pyarrow.parquet as pq

from saksi.app.config import load
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.app.whole import Whole, check_whole
from saksi.ledger.keys import JOURNAL
from saksi.ledger.store import ENTRIES

_SAKSI = [sys.executable, "-m", "saksi.app.cli"]
_REPORTS, _HOSTS = 100, 60
_HEAD = "reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic\n"
_WHAT = ("subject", "item", "retract")
_LIST = ("--tlp", "AMBER", "--pap", "GREEN", "--list", "hosts")


@dataclass(frozen=True, slots=True)
class Act:
    """A command, what it is about, and the words that are nowhere once that is erased (none for a withdrawal)."""

    words: tuple[str, ...]
    entity: str
    marks: tuple[bytes, ...]

    @classmethod
    def of(cls, what: str, number: int) -> Act:
        """The act of a round: each is about something that no other is about."""
        if what == "subject":
            report, marks = f"report:centre.a.example/R{number:03d}", (_narrative(number).encode(), _victim(number).encode())
            return cls(("erase", report, "--ground", "a test", "--yes"), report, marks)
        host = _host(what, number)
        if what == "item":
            return cls(("erase", host, "--ground", "a test", "--yes"), f"host:{host}", (host.encode(),))
        words = ("retract", "--value", host, "--publisher", f"List {what} (synthetic)", "--reason", "a test", "--yes")
        return cls(words, f"host:{host}", ())


def _narrative(number: int) -> str:
    return f"tale{number * 7919 % 100_003:06d}told"


def _victim(number: int) -> str:
    return f"447700900{number:03d}"


def _host(what: str, number: int) -> str:
    return f"{what}{number * 7919 % 100_003:06d}.example.net"


def made(folder: Path) -> Home:
    """A node with invented reports and two lists."""
    home = Home(folder / "home")
    _run(home, "init", "--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--legal-basis", "none")
    rows = [f"R{number:03d},2026-03-02,KH,+855121{number:05d},+{_victim(number)},{_narrative(number)},true\n" for number in range(_REPORTS)]
    (folder / "reports.csv").write_text(_HEAD + "".join(rows))
    _run(home, "take", str(folder / "reports.csv"), "--source", "report-desk")
    for what in ("item", "retract"):
        file = folder / f"{what}.txt"
        file.write_text("".join(f"{_host(what, number)}\n" for number in range(_HOSTS)))
        _run(home, "take", str(file), "--publisher", f"List {what} (synthetic)", *_LIST)
    return home


def _run(home: Home, *words: str) -> float:
    began = time.monotonic()
    done = subprocess.run([*_SAKSI, *words, "--home", str(home.path)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(f"`saksi {' '.join(words)}` ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return time.monotonic() - began


def killed(home: Home, act: Act, wait: Callable[[subprocess.Popen[bytes]], None]) -> bool:
    """Start a command and kill it once `wait` returns; True where it said that it was done."""
    words = [*_SAKSI, *act.words, "--home", str(home.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as acting:
        wait(acting)
        acting.send_signal(signal.SIGKILL)
        said, told = acting.communicate()
    if acting.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"{act.words} ended by itself with {acting.returncode}: {told[-2000:]!r}")
    return b"the notice is leaf" in said or b"  by " in said


def writing(home: Home, delay: float) -> Callable[[subprocess.Popen[bytes]], None]:
    """Waits until a command has begun to write to the log, or to the journal of erasures, and some time more."""
    places = (home.ledger / "log" / ENTRIES, home.ledger / "keys" / JOURNAL)
    before = [place.stat().st_size for place in places]

    def wait(acting: subprocess.Popen[bytes]) -> None:
        while acting.poll() is None and [place.stat().st_size for place in places] == before:
            time.sleep(0.0002)
        time.sleep(delay)

    return wait


def checked(node: Node, when: str) -> Whole:
    """What fsck says, which has to be that nothing is damaged."""
    found = check_whole(node, progress=lambda _done, _total: None)
    if not found.ok:
        raise SystemExit(f"{when}: fsck found {found.differences}")
    return found


def look(home: Home, act: Act, when: str) -> tuple[bool, str]:
    """Check a home as it was left and once it has been opened; whether the act is whole there, and how it was left."""
    node = Node(home, load(home.path, {}, {})[0])
    with closing(node):
        left = checked(node, when).unfinished
        before = node.ledger.size  # finishes what was cut off
        node.catch_up()
        if unfinished := checked(node, f"{when}, opened again").unfinished:
            raise SystemExit(f"{when}: left unfinished by the next opening: {unfinished}")
        facts = node.views.facts(act.entity).facts
        if not act.marks:
            changes = [change.op for fact in facts for change in fact.changes]
            listed = act.entity.removeprefix("host:") in b"".join(node.feed("hosts", reader=node.owner(), at=None)).decode()
            if changes not in ([], ["retract"]) or listed == bool(changes):
                raise SystemExit(f"{when}: {changes} and listed: {listed}")
            return bool(changes), "whole" if changes else "nothing"
        held = [fact for fact in facts if node.ledger.payload(fact.leaf, fact.index) is not None]
        if len(held) != len(facts):
            raise SystemExit(f"{when}: {len(held)} of {len(facts)} statements can be read")
        how = "finished" if any("an erasure was interrupted" in text for text in left) else "nothing" if held else "whole"
        if how == "finished" and (held or before != node.ledger.size):
            raise SystemExit(f"{when}: not finished by the next opening")
    if not held and (found := [str(path) for path, text in texts(home.path) if any(mark in text for mark in act.marks)]):
        raise SystemExit(f"{when}: erased, and still in {found}")
    return not held, how


def texts(folder: Path) -> list[tuple[Path, bytes]]:
    """What each file of a home holds: its bytes, and what can be read out of them without a key."""
    made = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        more = [data]
        if path.suffix == ".parquet":
            more.append(repr(pq.read_table(path).to_pylist()).encode())  # type: ignore[no-untyped-call]
        if data.startswith(b"SQLite format 3"):
            with closing(sqlite3.connect(path)) as rows:
                for (table,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    cells = [cell for row in rows.execute(f'SELECT * FROM "{table}"') for cell in row if isinstance(cell, bytes)]
                    more += [_inflated(cell, -15) for cell in cells]
        more += [_inflated(data[found.start() :], 15) for found in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data)]
        made.append((path, b"\n".join(more)))
    return made


def _inflated(data: bytes, window: int) -> bytes:
    with suppress(zlib.error):
        return zlib.decompressobj(window).decompress(data)
    return b""


def main(folder: Path, rounds: int, rng: Random) -> None:
    """The loop."""
    home = made(folder)
    told = dict.fromkeys(("kills", "said", "whole", "finished", "nothing"), 0)
    for mark in (mark for what in _WHAT[:2] for mark in Act.of(what, 0).marks):
        if not any(mark in text for _, text in texts(home.path)):
            raise SystemExit(f"{mark!r} is not found where it stands")
    lasts = {what: _run(home, *Act.of(what, 0).words) for what in _WHAT}
    gone: list[tuple[Act, str]] = []
    for number in range(1, rounds + 1):
        what = _WHAT[number % len(_WHAT)]
        act, when = Act.of(what, number), f"round {number}, {what}"
        late, before = rng.random() ** 2 * 0.1, lasts[what] * rng.uniform(0.4, 1.0)
        said = killed(home, act, writing(home, late) if rng.random() < 0.75 else lambda _acting, before=before: time.sleep(before))
        whole, how = look(home, act, when)
        if said and not whole:
            raise SystemExit(f"{when}: it said that it was done, and is not")
        told["kills"] += 1
        told["said"] += said
        told[how] += 1
        if whole:
            gone.append((act, when))
    _run(home, "fold", "--rebuild")
    for act, when in gone:
        if not look(home, act, f"{when}, in the end")[0]:
            raise SystemExit(f"{when}: it was done, and is no more")
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Random(int(sys.argv[3])))
