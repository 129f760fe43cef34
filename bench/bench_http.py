"""Look-ups over HTTP: latency at 500 a second on one core, and how many a second one core gives, beside a bare endpoint in the same run.

The server runs in a process of its own, bound to one core; the load comes from another, over 8 kept-alive connections on loopback.
Latency is counted from the moment a request was due, not from when it was sent, so that waiting behind a slow answer counts. Peer: the
same server (uvicorn) with a FastAPI endpoint that returns a constant of about the same length.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
CONNECTIONS = 8


class Line:
    """One kept-alive connection; asks and reads whole answers."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, target: str) -> tuple[int, int]:
        """Status and length of the body."""
        self._writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nSaksi-Purpose: bench\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await self._reader.readexactly(length)
        return int(head[9:12]), length

    def close(self) -> None:
        self._writer.close()


async def steady(port: int, targets: list[str], *, rate: float, seconds: float) -> list[float]:
    """Latencies in seconds of requests that are due at a steady rate."""
    free: asyncio.Queue[Line] = asyncio.Queue()
    lines = [Line(port) for _ in range(CONNECTIONS)]
    for line in lines:
        await line.open()
        free.put_nowait(line)
    taken: list[float] = []

    async def one(number: int, due: float) -> None:
        line = await free.get()
        status, _ = await line.ask(targets[number % len(targets)])
        taken.append(time.perf_counter() - due)
        free.put_nowait(line)
        if status != 200:
            raise SystemExit(f"{targets[number % len(targets)]} gave {status}")

    began = time.perf_counter()
    running: list[asyncio.Task[None]] = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        running.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*running)
    for line in lines:
        line.close()
    return taken


async def flat_out(port: int, targets: list[str], *, seconds: float) -> float:
    """Answers a second with every connection always busy."""
    ends = time.perf_counter() + seconds
    counts = [0] * CONNECTIONS

    async def busy(me: int) -> None:
        line = Line(port)
        await line.open()
        while time.perf_counter() < ends:
            await line.ask(targets[(counts[me] * CONNECTIONS + me) % len(targets)])
            counts[me] += 1
        line.close()

    await asyncio.gather(*map(busy, range(CONNECTIONS)))
    return sum(counts) / seconds


def start(kind: str, home: Path) -> tuple[subprocess.Popen[str], int]:
    """A server of this kind; its port."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen([sys.executable, __file__, "--serve", kind, "--home", str(home)], stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def serve_node(home: Path) -> None:
    """A node of 20,000 invented hosts and 2,000 phones, served."""
    from saksi.app.api.desk import Limits, Settings
    from saksi.app.config import Config
    from saksi.app.home import Home, set_up
    from saksi.app.node import Node
    from saksi.app.web.serve import Listen, serve
    from saksi.model import Asserter, Content, Grade, Locator, Marking, Pap, Source, Statement, Tlp

    config = Config(authority="centre.a.example", name="Centre of Country A", country="KH")
    files = Home(home)
    set_up(files, config)
    node = Node(files, config)
    by = Asserter(config.authority, "2026-01-31T09:00:00Z", grade=Grade("B", 2))
    marking = Marking(Tlp.AMBER, Pap.GREEN)

    def said(entity: str, schema: str, role: str, number: int) -> Statement:
        source = Source(
            digest=f"{number % 7:064x}",
            title=f"Reports {number % 7} (synthetic)",
            publisher="Centre of Country A (synthetic)",
            published="2026-01-31",
            locator=Locator(row=number + 1, column="value"),
            quote="the words of the report",
        )
        return Statement(Content(entity, schema, "role", role, original=entity), source, by, marking)

    statements = [said(f"host:page{n}.example.net", "WebSite", "infrastructure", n) for n in range(20_000)]
    for n in range(2_000):
        statements += [said(f"phone:+8551{n:07d}", "PhoneNumber", role, n * k) for k, role in ((1, "recipient"), (2, "suspected-mule"))]
    for first in range(0, len(statements), 5_000):
        node.ledger.append(statements[first : first + 5_000])
    node.views.fold(node.ledger)
    settings = Settings(config.title, config.authority, "KH", limits=Limits(each_second=1e6, burst=10_000_000))
    serve(node, home, settings, listen=Listen(port=0), ready=lambda address: print(address.rstrip("/").rpartition(":")[2], flush=True))


def serve_peer() -> None:
    """A FastAPI endpoint that returns a constant."""
    import socket

    import uvicorn
    from fastapi import FastAPI
    from starlette.responses import Response

    app = FastAPI(openapi_url=None)
    body = b"{" + b" " * 1800 + b"}"

    @app.get("/constant")
    async def constant() -> Response:
        return Response(body, media_type="application/json")

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        print(listening.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run(sockets=[listening])


def report(name: str, value: float, *, unit: str, goal: float | None, peer_value: float) -> None:
    """One line of JSON."""
    made = {"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "peer": "FastAPI endpoint returning a constant"}
    print(json.dumps({**made, "peer_value": round(peer_value, 3), "ratio": round(value / peer_value, 3)}), flush=True)


def main() -> None:
    """Measure the node and the peer, one after the other."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--quick", action="store_true")
    ask.add_argument("--serve", choices=["node", "peer"])
    ask.add_argument("--home", type=Path)
    chosen = ask.parse_args()
    if chosen.serve:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])
        serve_peer() if chosen.serve == "peer" else serve_node(chosen.home)
        return
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:])
    seconds = 2.0 if chosen.quick else 6.0
    hosts = [f"page{n * 37 % 20_000}.example.net" for n in range(500)]
    phones = [f"01{n * 31 % 2_000:07d}" for n in range(250)]
    khmer = [text.translate(str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")) for text in phones]
    nothing = [f"unknown{n}.example.org" for n in range(250)]
    targets = [
        f"/api/v1/lookup?value={quote(value)}" for group in zip(hosts, phones * 2, khmer * 2, nothing * 2, strict=True) for value in group
    ]
    latencies: dict[str, list[float]] = {}
    speed: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, asked in (("peer", ["/constant"]), ("node", targets)):
            process, port = start(kind, Path(folder) / kind)
            try:
                asyncio.run(steady(port, asked, rate=500, seconds=1))  # warm
                latencies[kind] = asyncio.run(steady(port, asked, rate=500, seconds=seconds))
                speed[kind] = asyncio.run(flat_out(port, asked, seconds=seconds / 3))
            finally:
                process.terminate()
                process.wait(30)
    cut = {kind: statistics.quantiles(each, n=1000) for kind, each in latencies.items()}
    for name, place, goal in (("p50", 499, None), ("p99", 989, 5.0)):
        report(f"http lookup {name} at 500/s", cut["node"][place] * 1e3, unit="ms", goal=goal, peer_value=cut["peer"][place] * 1e3)
    report("http lookups, flat out", speed["node"], unit="1/s", goal=500, peer_value=speed["peer"])


if __name__ == "__main__":
    main()
