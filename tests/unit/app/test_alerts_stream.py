"""The stream of events: goes on where it ended, ends within a second of the right to it, and is bounded, however many listen."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alarm import PHONE, Alarm, said
from calls import apart

from browser import Browser, signed_in
from saksi.app.alerts import stream
from saksi.app.api.keys import Role
from saksi.app.people.person import read_post
from saksi.model import Tlp


@pytest.fixture
def alarm(tmp_path: Path) -> Iterator[Alarm]:
    made = Alarm(tmp_path)
    yield made
    made.close()


class Listener:
    """Somebody who listens at /api/v1/events, as the web server sees it."""

    def __init__(self, alarm: Alarm, headers: dict[str, str], query: str = "", *, reads: bool = True) -> None:
        self.alarm, self.reads = alarm, reads
        self.gone = asyncio.Event()
        self.data, self.status, self.ended = b"", 0, 0.0
        lines = [(name.lower().encode(), text.encode()) for name, text in {"host": "localhost", **headers}.items()]
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/api/v1/events",
            "raw_path": b"/api/v1/events", "query_string": query.encode(), "headers": lines, "client": ("192.0.2.7", 5000),
            "server": ("localhost", 80),
        }  # fmt: skip

    async def run(self) -> None:
        try:
            await self.alarm.app(self.scope, self._receive, self._send)
        finally:
            self.ended = time.monotonic()

    async def _receive(self) -> dict[str, object]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, object]) -> None:
        self.status = int(str(message.get("status", self.status)))
        self.data += bytes(message.get("body", b""))  # type: ignore[call-overload]
        if not self.reads and b"data:" in self.data:
            await asyncio.Event().wait()

    def events(self) -> list[dict[str, object]]:
        return [json.loads(line[6:]) for line in self.data.decode().splitlines() if line.startswith("data: ")]

    async def has(self, ready: Callable[[], bool]) -> None:
        """Wait until something is so, ten seconds at most."""
        for _ in range(400):
            if ready():
                return
            await asyncio.sleep(0.025)
        raise AssertionError(self.data)


def key(alarm: Alarm, clearance: Tlp = Tlp.GREEN) -> tuple[str, dict[str, str]]:
    made, text = alarm.desk.keys.create("a bank", Role.READER, clearance=clearance, expires_at="2099-01-01T00:00:00Z")
    return made.id, {"Authorization": f"Bearer {text}"}


def cookie(browser: Browser) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}


def test_what_comes_in_is_told_at_once_and_goes_on_where_it_ended(alarm: Alarm) -> None:
    owner, headers = key(alarm)
    alarm.save(owner, "entity", PHONE)
    alarm.save(alarm.person(), "entity", PHONE)  # another's hits are not in it
    alarm.take(said(PHONE))

    async def listen() -> None:
        one = Listener(alarm, headers)
        task = asyncio.create_task(one.run())
        await one.has(lambda: one.status == 200)
        alarm.take(said(PHONE, "recipient"), said(PHONE, "impersonated", tlp=Tlp.RED))
        await one.has(lambda: len(one.events()) == 1)
        assert one.events()[0]["value"] == "recipient", "neither what was there before nor what is not for this key"
        one.gone.set()
        await task
        alarm.take(said(PHONE, "spoofed"))
        last = str(one.events()[0]["id"])
        again = Listener(alarm, {**headers, "Last-Event-ID": last})
        task = asyncio.create_task(again.run())
        await again.has(lambda: len(again.events()) == 1)
        assert again.events()[0]["value"] == "spoofed"
        again.gone.set()
        await task
        every = Listener(alarm, headers, "after=0")
        task = asyncio.create_task(every.run())
        await every.has(lambda: len(every.events()) == 3)
        every.scope[stream.ENDING]()  # type: ignore[operator]
        await asyncio.wait_for(task, 2)

    apart(listen)


def test_it_ends_within_a_second_of_the_right_to_it(alarm: Alarm) -> None:
    owner, headers = key(alarm)
    ann, ben, cat = (signed_in(alarm, name, "analyst") for name in ("Ann", "Ben", "Cat"))
    people = {person.name: person.id for person in alarm.desk.people.register.people()}
    alarm.desk.people.register.add("Boss", read_post("u", ["administrator"], "CLEAR"), by="command-line")

    async def listen() -> None:
        every = [Listener(alarm, each) for each in (headers, cookie(ann), cookie(ben), cookie(cat))]
        tasks = [asyncio.create_task(each.run()) for each in every]
        for each in every:
            await each.has(lambda each=each: each.status == 200)  # type: ignore[misc]
        acts = (
            lambda: alarm.desk.keys.revoke(owner),
            lambda: alarm.desk.people.register.disable(people["Ann"], by="command-line"),
            lambda: alarm.desk.people.sessions.end_all(people["Ben"], by="command-line"),
            lambda: alarm.desk.people.register.move(people["Cat"], read_post("u", ["analyst"], "CLEAR"), by="command-line"),
        )
        for act, each in zip(acts, every, strict=True):
            assert not each.ended
            act()
            begun = time.monotonic()
            await each.has(lambda each=each: bool(each.ended))  # type: ignore[misc]
            assert each.ended - begun < 1.0
        await asyncio.gather(*tasks)

    apart(listen)


def test_so_many_may_listen_and_no_more(alarm: Alarm) -> None:
    _, headers = key(alarm)

    async def listen() -> None:
        every = [Listener(alarm, headers) for _ in range(4)]
        tasks = [asyncio.create_task(each.run()) for each in every]
        for each in every:
            await each.has(lambda each=each: each.status == 200)  # type: ignore[misc]
        more = Listener(alarm, headers)
        await more.run()
        assert more.status == 429
        every[0].gone.set()
        await tasks[0]
        again = Listener(alarm, headers)
        tasks.append(asyncio.create_task(again.run()))
        await again.has(lambda: again.status == 200)
        for each in (*every, again):
            each.gone.set()
        await asyncio.gather(*tasks)

    apart(listen)


def test_a_hundred_listen_and_one_does_not_read(alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_SENT_WITHIN", 0.5)
    owners = [key(alarm) for _ in range(25)]
    for owner, _ in owners:
        alarm.save(owner, "entity", PHONE)

    async def listen() -> None:
        every = [Listener(alarm, headers, reads=number > 0) for number, headers in enumerate([each for _, each in owners] * 4)]
        tasks = [asyncio.create_task(each.run()) for each in every]
        for each in every:
            await each.has(lambda each=each: each.status == 200)  # type: ignore[misc]
        alarm.take(said(PHONE))
        for each in every:
            await each.has(lambda each=each: len(each.events()) == 1)  # type: ignore[misc]
        await every[0].has(lambda: bool(every[0].ended))
        assert not any(each.ended for each in every[1:])
        for each in every:
            each.gone.set()
        await asyncio.gather(*tasks)

    apart(listen)


def test_it_beats_while_nothing_happens_and_outlives_the_time_of_a_request(alarm: Alarm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_BEAT", 0.6)
    _, headers = key(alarm)

    async def listen() -> None:
        one = Listener(alarm, headers)
        task = asyncio.create_task(one.run())
        await one.has(lambda: one.data.count(b": still here\n\n") >= 2)
        one.gone.set()
        await task

    apart(listen)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
def test_nobody_listens_without_a_name(alarm: Alarm, headers: dict[str, str]) -> None:
    one = Listener(alarm, headers)
    apart(one.run)
    assert one.status == 401
