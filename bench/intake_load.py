"""Load for the intake: victims who send one form each at a steady rate, whether or not the ones before have been answered.

A latency counts from the moment the form was due, so that a server that stalls cannot hide it. Used by the bench and the kill test.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

__all__ = ["Load", "form_of", "post", "run"]

_TALES = (
    "They said I had won and must pay a fee first",
    "A friend I met online showed me how to invest",
    "The bank called about my account",
)


@dataclass(slots=True)
class Load:
    """What came of it: seconds for each answer, what was sent and the number given by session, how many got none, and seconds in all."""

    seconds: list[float] = field(default_factory=list)
    sent: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    took: float = 0.0

    def at(self, share: float) -> float:
        """The latency in milliseconds that this share of the answers did not exceed."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))] * 1000


def form_of(number: int, rng: Random) -> tuple[str, bytes]:
    """One victim's form (invented): the session it bears, and its body."""
    session = f"{rng.getrandbits(128):032x}"
    told = {
        "form": session, "narrative": f"{rng.choice(_TALES)}, number {number}. " + "invented words " * 20, "country": "KH",
        "phones": f"012 {number // 1000 % 1000:03d} {number % 1000:03d}", "amount_1": f"{rng.randrange(10, 9000)}.50", "currency_1": "USD",
        "account_1": f"000{rng.randrange(10**6):06d}", "bank_1": "ABA", "paid_at_1": "2026-11-03", "consent": "authorities",
        "links": f"https://page{number % 500}.example.com/pay", "contact_phone": "012 000 000", "age": "25-59",
    }  # fmt: skip
    return session, urlencode(told).encode()


def post(path: str, body: bytes, victim: int) -> bytes:
    """The request as it goes over the wire; each victim has an address of their own."""
    source = f"10.{victim >> 16 & 255}.{victim >> 8 & 255}.{victim & 255}"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nX-Forwarded-For: {source}\r\n"
    return f"{head}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def run(port: int, path: str, *, rate: float, seconds: float, seed: int = 1, stop: asyncio.Event | None = None) -> Load:
    """Send `rate` forms a second for so long; `answers` maps each session to what was answered."""
    load, rng, idle = Load(), Random(seed), list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]()

    async def one(number: int, due: float) -> None:
        session, body = form_of(number, rng)
        load.sent[session] = body
        try:
            pair = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
            pair[1].write(post(path, body, number))
            head = await asyncio.wait_for(pair[0].readuntil(b"\r\n\r\n"), 60)
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            said = json.loads(await asyncio.wait_for(pair[0].readexactly(length), 60))
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
            load.failed += 1
            return
        if b" 201 " not in head[:16]:
            load.failed += 1
            return
        load.seconds.append(time.perf_counter() - due)
        load.answers[session] = str(said["reference"])
        idle.append(pair)

    began = time.perf_counter()
    tasks = []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if stop is not None and stop.is_set():
            break
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    load.took = time.perf_counter() - began
    for _, writer in idle:
        writer.close()
    return load
