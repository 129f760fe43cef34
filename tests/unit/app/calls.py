"""Calling a web application without a socket: a client at an address, and what a node is served with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
from stand import AUTHORITY, NOW, Stand

from saksi.app.api.desk import Settings
from saksi.app.api.keys import Role
from saksi.app.web.serve import build_app
from saksi.model import Tlp

T = TypeVar("T")
SETTINGS = Settings("Centre of Country A", AUTHORITY, country="KH")


def apart(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a thread and a loop of its own: a browser test may have left a running loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()


class Client:
    """A caller at an address; each request runs in a loop of its own."""

    def __init__(self, app: object, address: str, headers: dict[str, str]) -> None:
        self._app = app
        self._address = address
        self.headers = headers

    def request(self, method: str, path: str, **parts: object) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False, client=(self._address, 5000))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=self.headers) as client:
                if isinstance(parts.get("content"), Iterator):
                    parts["content"] = _slowly(parts["content"])  # type: ignore[arg-type]
                return await client.request(method, path, **parts)  # type: ignore[arg-type]

        return apart(ask)

    def get(self, path: str, **parts: object) -> httpx.Response:
        return self.request("GET", path, **parts)

    def post(self, path: str, **parts: object) -> httpx.Response:
        return self.request("POST", path, **parts)

    def put(self, path: str, **parts: object) -> httpx.Response:
        return self.request("PUT", path, **parts)

    def delete(self, path: str, **parts: object) -> httpx.Response:
        return self.request("DELETE", path, **parts)


async def _slowly(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


class Served:
    """The node, its desk, and clients: `local` sits at the machine, `far` does not, `with_key` holds a key."""

    def __init__(self, home: Path, settings: Settings) -> None:
        self.home = home
        self.now = NOW
        self.node = Stand(home / "ledger")
        self.app, self.desk = build_app(self.node, home, settings, clock=lambda: self.now)
        self.local = self.client("127.0.0.1", {"Saksi-Purpose": "a test"})
        self.far = self.client("192.0.2.7", {})

    def client(self, address: str, headers: dict[str, str]) -> Client:
        return Client(self.app, address, headers)

    def with_key(self, role: Role, clearance: Tlp = Tlp.AMBER) -> Client:
        _, text = self.desk.keys.create(f"a {role.value}", role, clearance=clearance, expires_at="2027-01-01T00:00:00Z")
        return self.client("192.0.2.7", {"Authorization": f"Bearer {text}", "Saksi-Purpose": "a test"})

    def close(self) -> None:
        self.desk.walker.shutdown()
        self.desk.writer.shutdown()
        self.desk.access.close()
        self.desk.replay.close()
        self.desk.people.close()
        self.node.close()
