"""Run as a program: serve the public form, send it reports, kill it with signal 9 at any moment, start it again, and so on.

`intake_kill.py FOLDER ROUNDS SEED` prints one JSON line: kills, acknowledged reports, reports that were sent again because their answer
never came, how many of those were in already, reports missing, reports that are there twice. Sending again is what a browser does.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from zlib import crc32

from intake_load import Load, run
from saksi.app.config import load as load_config
from saksi.app.home import Home
from saksi.app.node import Node

_SAKSI = [sys.executable, "-m", "saksi.app.cli"]
_FORM = "application/x-www-form-urlencoded"


def started(home: Path) -> tuple[subprocess.Popen[str], int]:
    """The server, once it answers, and its port."""
    command = [*_SAKSI, "serve", "--home", str(home), "--port", "0", "--public", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("serving everybody on"):
        raise SystemExit(f"the server did not start: {line!r}")
    return process, int(line.rstrip("/\n").rpartition(":")[2])


def killed_under_load(home: Path, seed: int, after: float) -> Load:
    """Load until the server is killed; what was acknowledged by then."""
    process, port = started(home)
    timer = threading.Timer(after, process.send_signal, [signal.SIGKILL])
    timer.start()
    made = asyncio.run(run(port, "/report", rate=80, seconds=after + 0.3, seed=seed))
    timer.join()
    process.wait(20)
    assert process.stdout is not None
    process.stdout.close()
    return made


def again(port: int, body: bytes) -> dict[str, object]:
    """The same form once more."""
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    source = f"10.9.{crc32(body) % 250}.{crc32(body) // 250 % 250}"
    line.request("POST", "/report", body, {"Content-Type": _FORM, "Accept": "application/json", "X-Forwarded-For": source})
    answer = line.getresponse()
    said: dict[str, object] = json.loads(answer.read())
    line.close()
    if answer.status != 201:
        raise SystemExit(f"sent again, a form got {answer.status}: {said}")
    return said


def main(folder: Path, rounds: int, rng: Random) -> None:
    """The loop."""
    home = folder / "home"
    words = ("--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--legal-basis", "none")
    subprocess.run([*_SAKSI, "init", "--home", str(home), *words], check=True, stdout=subprocess.DEVNULL)
    (home / "public.toml").write_text("forwarded = true\n")
    sent: dict[str, bytes] = {}
    given: dict[str, str] = {}
    for _ in range(rounds):
        made = killed_under_load(home, rng.randrange(10**6), 1 + rng.random() * 3)
        sent |= made.sent
        given |= made.answers
    acknowledged = len(given)
    process, port = started(home)
    unanswered = [session for session in sent if session not in given]
    found = 0
    for session in unanswered:
        said = again(port, sent[session])
        found += bool(said["duplicate"])
        given[session] = str(said["reference"])
    wrong = [session for session in list(sent)[:: max(1, len(sent) // 40)] if again(port, sent[session])["reference"] != given[session]]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=300)  # thousands of reports are folded before it ends
    subprocess.run([*_SAKSI, "fsck", "--home", str(home)], check=True, stdout=subprocess.DEVNULL)
    node = Node(Home(home), load_config(home, {}, {})[0])
    node.views.fold(node.ledger)
    records = {one.rpartition("/")[2]: _records(node, one) for one in _reports(node)}
    node.close()
    told = {
        "kills": rounds, "acknowledged": acknowledged, "again": len(unanswered), "found": found, "wrong": len(wrong),
        "missing": len(set(given.values()) - records.keys()), "twice": sum(many != 1 for many in records.values()),
        "more": len(records) - len(set(given.values())),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


def _reports(node: Node) -> list[str]:
    made: list[str] = []
    while page := node.views.entities("report:", after=made[-1] if made else "", limit=500):
        made += page
    return made


def _records(node: Node, entity: str) -> int:
    return sum(fact.prop == "record" for fact in node.views.facts(entity).facts)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Random(int(sys.argv[3])))
