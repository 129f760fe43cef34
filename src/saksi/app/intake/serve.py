"""Serves the public pages on a listener of their own, in a thread of their own, beside the pages of the authority's people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import TYPE_CHECKING

from saksi.app.api.desk import Route
from saksi.app.home import now_text
from saksi.app.intake.intake import Intake
from saksi.app.intake.public import Public, public_app
from saksi.app.intake.rendered import OperatorPages
from saksi.app.intake.routes import Reports
from saksi.app.intake.settings import load_public
from saksi.app.node import Node
from saksi.app.posting.appeals import hand_in
from saksi.app.web.assets import load_assets
from saksi.app.web.serve import Listen, check_listen
from saksi.model import BadInput, NotAllowed

if TYPE_CHECKING:
    import uvicorn

__all__ = ["Open", "opened", "parse_listen", "serving"]

_HEAD_SECONDS = 15.0
_STARTS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Open:
    """An intake that is open: its addresses for the authority's own listener, and where the public pages are (empty: nowhere)."""

    routes: tuple[Route, ...]
    address: str = ""


@contextmanager
def opened(node: Node, public: str | None, *, proxy: bool) -> Iterator[Open]:
    """Open the intake of a node that holds its ledger, and the public pages where HOST:PORT is given; leaving writes what waits."""
    config = node.config
    settings = replace(load_public(node.files.path, title=config.title, country=config.country), tls=proxy)
    listen = None if public is None else parse_listen(public, proxy=proxy)
    with Intake(node) as intake:
        routes = Reports(node, intake, OperatorPages(settings, load_assets())).routes()
        if listen is None:
            yield Open(routes)
            return
        public_pages = Public(node, intake, settings, contest=lambda appeal: hand_in(node, appeal, now_text()))
        with serving(public_pages, listen) as address:
            yield Open(routes, address)


def parse_listen(text: str, *, proxy: bool) -> Listen:
    """`HOST:PORT` as an address to listen on. Raises BadInput, and NotAllowed for the world in the clear."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise BadInput("HOST:PORT is expected, such as 127.0.0.1:8732", where="public")
    listen = Listen(host.strip("[]"), int(port), open=proxy)
    check_listen(listen)
    return listen


@contextmanager
def serving(public: Public, listen: Listen) -> Iterator[str]:
    """Serve while the block runs; gives the address."""
    import uvicorn

    config = uvicorn.Config(
        public_app(public),
        host=listen.host,
        port=listen.port,
        access_log=False,  # it would write down who came, and when
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=512,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=16_384,
    )
    server = uvicorn.Server(config)
    ready = Event()
    thread = Thread(target=_run, args=(server, ready), name="public", daemon=True)
    thread.start()
    until = time.monotonic() + _STARTS_WITHIN
    while not server.started and thread.is_alive() and time.monotonic() < until:
        ready.wait(0.05)
    if not server.started:
        raise NotAllowed("the public pages could not be served", where=f"{listen.host}:{listen.port}", todo="is the port in use?")
    port = next(found.getsockname()[1] for each in server.servers for found in each.sockets)
    try:
        yield f"http://{f'[{listen.host}]' if ':' in listen.host else listen.host}:{port}/"
    finally:
        server.should_exit = True
        thread.join(30)


def _run(server: uvicorn.Server, ready: Event) -> None:
    async def both() -> None:
        watching = asyncio.create_task(_let_go_of_the_slow(server))
        try:
            await server.serve()
        finally:
            watching.cancel()
            ready.set()

    try:
        asyncio.run(both())
    except SystemExit:  # how uvicorn says that a port is taken; the thread that waits says it in words
        ready.set()


async def _let_go_of_the_slow(server: uvicorn.Server) -> None:
    """Close connections on which no whole request head has come in time: the server itself waits for ever."""
    since: dict[object, float] = {}
    while True:
        await asyncio.sleep(1)
        now = time.monotonic()
        waiting = [each for each in server.server_state.connections if getattr(each, "cycle", None) is None]
        since = {each: since.get(each, now) for each in waiting}
        for each, began in since.items():
            transport = getattr(each, "transport", None)
            if now - began > _HEAD_SECONDS and isinstance(transport, asyncio.Transport):
                transport.abort()
