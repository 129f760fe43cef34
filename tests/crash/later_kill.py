"""Run as a program: withdraw values while a file is taken in, kill the server with signal 9 at any moment, start it again, and so on.

`later_kill.py FOLDER ROUNDS ROWS SEED` prints one JSON line: kills, withdrawals answered and how many of them waited, values that a block
list still held after the answer, withdrawals not done in the end, statements withdrawn other than once.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from random import Random

from saksi.app.config import load as load_config
from saksi.app.home import Home
from saksi.app.node import Node

_SAKSI = [sys.executable, "-m", "saksi.app.cli"]
_AT_ONCE = 3
_PUBLISHER = "Desk A (synthetic)"
_HEAD = "reference,reported_at,country,scam_phone,victim_phone,narrative,synthetic\n"


class Caller:
    """A key at a port; each request has a connection of its own, and gives status and body, or nothing where the server was killed."""

    def __init__(self, port: int, key: str) -> None:
        self._port, self._headers = port, {"Authorization": f"Bearer {key}", "Saksi-Purpose": "a test"}

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        line = HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            line.request(method, f"/api/v1/{path}", body, {**self._headers, **{k.replace("_", "-"): v for k, v in headers.items()}})
            answer = line.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException):
            return 0, b""
        finally:
            line.close()

    def withdraw(self, host: str) -> tuple[str, int, str]:
        """The host, the status, and the id under which it waits."""
        body = json.dumps({"value": host, "publisher": _PUBLISHER, "reason": "a test"}).encode()
        status, said = self.ask("POST", "retractions", body, Content_Type="application/json")
        return host, status, json.loads(said)["id"] if status == 202 else ""

    def listed(self) -> str:
        """The hosts to block."""
        status, said = self.ask("GET", "feeds/hosts")
        return said.decode() if status == 200 else ""


@contextmanager
def served(home: Path, key: str) -> Iterator[tuple[subprocess.Popen[str], Caller]]:
    """The server, once it answers; killed at the end where it still runs."""
    command = [*_SAKSI, "serve", "--home", str(home), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("serving"):
            raise SystemExit(f"the server did not start: {line!r}")
        yield process, Caller(int(line.rstrip("/\n").rpartition(":")[2]), key)
        process.kill()


def main(folder: Path, rounds: int, rows: int, rng: Random) -> None:
    """The loop."""
    home = folder / "home"
    words = ("--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--legal-basis", "none")
    _run(home, "init", *words)
    hosts = [f"phish{number:03d}.example.net" for number in range(rounds * _AT_ONCE)]
    (folder / "hosts.txt").write_text("\n".join([*hosts, "stays.example.net"]) + "\n")
    _run(home, "take", str(folder / "hosts.txt"), "--publisher", _PUBLISHER, "--list", "hosts", "--tlp", "AMBER", "--pap", "GREEN")
    key = _run(home, "key", "create", "a desk", "--role", "analyst", "--clearance", "RED").split()[0]
    answered: dict[str, str] = {}
    still = 0
    for number in range(rounds):
        some = hosts[number * _AT_ONCE : (number + 1) * _AT_ONCE]
        with served(home, key) as (process, caller):
            file = (
                _HEAD + "".join(f"R-{number}-{row},2026-01-31,KH,,0921{number:02d}{row:05d},invented,true\n" for row in range(rows))
            ).encode()
            path = f"takes?name=reports.csv&source=report-desk&tlp=AMBER&pap=AMBER&grade=C{1 + number % 5}"
            taking = threading.Thread(target=caller.ask, args=("POST", path, file))
            taking.start()
            time.sleep(rng.random())
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                done = {host: id_ for host, status, id_ in pool.map(caller.withdraw, some) if status in {201, 202}}
            answered |= done
            list_ = caller.listed()
            still += sum(host in list_ for host in done) + ("stays.example.net" not in list_)
            time.sleep(rng.random() * 6)
            process.send_signal(signal.SIGKILL)
            taking.join()
    with served(home, key) as (process, caller):
        ended = {id_: _ended(caller, id_) for id_ in filter(None, answered.values())}
        list_ = caller.listed()
        still += sum(host in list_ for host in answered)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    _run(home, "fsck")
    node = Node(Home(home), load_config(home, {}, {})[0])
    times = {host: [len(fact.changes) for fact in node.views.facts(f"host:{host}").facts] for host in hosts}
    node.close()
    told = {
        "kills": rounds, "answered": len(answered), "waited": len(ended), "still_listed": still,
        "not_done": sum(state != "done" for state in ended.values()), "wrong": sum(times[host] != [1] for host in answered),
        "twice": sum(many > 1 for each in times.values() for many in each),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


def _ended(caller: Caller, id_: str) -> str:
    for _ in range(120):
        status, said = caller.ask("GET", f"retractions/{id_}")
        state = str(json.loads(said)["state"]) if status == 200 else str(status)
        if state != "waiting":
            break
        time.sleep(0.25)
    return state


def _run(home: Path, *words: str) -> str:
    return subprocess.run([*_SAKSI, *words, "--home", str(home)], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Random(int(sys.argv[4])))
