"""The public form under load: reports a second, latency, how soon they can be looked up, and whether every acknowledged one is there.

    python bench/bench_intake.py [--quick | --full]

50 forms a second for 30 s (`--quick`: 20 s; `--full`: 10 minutes) against `saksi serve --public` in a process of its own; then as many
forms at once as it takes. The peer, in the same run and the same way: FastAPI with one INSERT a form into SQLite (WAL, synchronous=FULL),
which neither reads, seals nor proves anything.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from intake_load import Load, run

_RATE = 50.0
_PEER = """
import sqlite3, sys
import uvicorn
from fastapi import FastAPI, Request
rows = sqlite3.connect(sys.argv[1], isolation_level=None, check_same_thread=False)
rows.execute("PRAGMA journal_mode=WAL"); rows.execute("PRAGMA synchronous=FULL")
rows.execute("CREATE TABLE report (id INTEGER PRIMARY KEY, said BLOB)")
app = FastAPI()
@app.post("/report", status_code=201)
async def report(request: Request):
    body = await request.body()
    return {"reference": str(rows.execute("INSERT INTO report (said) VALUES (?)", (body,)).lastrowid)}
server = uvicorn.Server(uvicorn.Config(app, port=0, access_log=False, log_level="warning"))
start = server.startup
async def started(sockets=None):
    await start(sockets=sockets)
    print("serving on http://127.0.0.1:%d/" % server.servers[0].sockets[0].getsockname()[1], flush=True)
server.startup = started
try:
    server.run()
except KeyboardInterrupt:
    pass
"""


def main() -> None:
    """Print the lines."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--full", action="store_true")
    told = ask.parse_args()
    seconds = 600.0 if told.full else 20.0 if told.quick else 30.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        _saksi(
            "init",
            "--home",
            str(home),
            "--authority",
            "centre.a.example",
            "--country",
            "KH",
            "--purpose",
            "a bench",
            "--legal-basis",
            "none",
        )
        (home / "public.toml").write_text("forwarded = true\n")
        server, port = _started([*_SAKSI, "serve", "--home", str(home), "--port", "0", "--public", "127.0.0.1:0"])
        idle = _cpu(server)
        steady = asyncio.run(run(port, "/report", rate=_RATE, seconds=seconds))
        spent = _cpu(server) - idle
        fold = _fold_lag(home)
        full = asyncio.run(run(port, "/report", rate=400, seconds=4, seed=2))
        _end(server)
        missing = _missing(home, [*steady.answers.values(), *full.answers.values()])
        peer_server, peer_port = _started([sys.executable, "-c", _PEER, str(Path(folder) / "peer.db")])
        peer_idle = _cpu(peer_server)
        peer = asyncio.run(run(peer_port, "/report", rate=_RATE, seconds=min(seconds, 30)))
        peer_spent = _cpu(peer_server) - peer_idle
        peer_full = asyncio.run(run(peer_port, "/report", rate=400, seconds=4, seed=2))
        _end(peer_server)
    asked = int(_RATE * seconds)
    rows = (
        ("intake acknowledged of asked", len(steady.answers) / asked, "share", 1.0, None),
        ("intake p50 at 50/s", steady.at(0.5), "ms", None, peer.at(0.5)),
        ("intake p99 at 50/s", steady.at(0.99), "ms", 200.0, peer.at(0.99)),
        ("intake CPU a report, folding included", spent / len(steady.answers), "ms", None, peer_spent / len(peer.answers)),
        ("intake answered when 400/s come", _rate(full), "1/s", 50.0, _rate(peer_full)),
        ("intake until it can be looked up", fold, "ms", 1000.0, None),
        ("intake acknowledged and missing", missing, "reports", 0, None),
    )
    for name, value, unit, goal, other in rows:
        made = {"name": name, "value": round(value, 3), "unit": unit, "goal": goal}
        if other is not None:
            made |= {"peer": "FastAPI + SQLite WAL FULL", "peer_value": round(other, 3), "ratio": round(value / other, 3)}
        print(json.dumps(made), flush=True)


_SAKSI = [sys.executable, "-m", "saksi.app.cli"]


def _saksi(*words: str) -> None:
    subprocess.run([*_SAKSI, *words], check=True, stdout=subprocess.DEVNULL)


def _started(command: list[str]) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=os.environ)
    assert process.stdout is not None
    line = process.stdout.readline()
    return process, int(line.rstrip("/\n").rpartition(":")[2])


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def _cpu(process: subprocess.Popen[str]) -> float:
    """Milliseconds of CPU that a process has used: what does not depend on how busy the machine is."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _rate(load: Load) -> float:
    return len(load.answers) / load.took


def _fold_lag(home: Path) -> float:
    """How long after the last acknowledgement the views reach the ledger, in ms."""
    from saksi.app.config import load
    from saksi.app.home import Home
    from saksi.app.node import Node

    began = time.perf_counter()
    node = Node(Home(home), load(home, {}, {})[0])
    try:
        while (state := node.state()).views < state.size and time.perf_counter() - began < 60:
            time.sleep(0.02)
        return (time.perf_counter() - began) * 1000
    finally:
        node.close()


def _missing(home: Path, references: list[str]) -> int:
    """How many of the acknowledged reports the ledger, opened anew, does not have."""
    from saksi.app.config import load
    from saksi.app.home import Home
    from saksi.app.intake.intake import Intake
    from saksi.app.node import Node

    node = Node(Home(home), load(home, {}, {})[0])
    try:
        node.views.fold(node.ledger)
        with Intake(node) as intake:
            return sum(intake.find(each) is None for each in references)
    finally:
        node.close()


if __name__ == "__main__":
    main()
