"""Serving the node: the application put together, and the rule that it listens on this machine alone unless told otherwise."""

from __future__ import annotations

import errno
import gc
import ipaddress
import resource
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from saksi.app.api.application import make_app, make_desk
from saksi.app.api.desk import Desk, Settings
from saksi.app.api.guard import Guard
from saksi.app.api.ports import Node
from saksi.app.casing import Casing
from saksi.app.people.routes import people_routes
from saksi.app.web.assets import load_assets
from saksi.app.web.pages import Pages
from saksi.app.web.site import Site
from saksi.app.work.routes import work_routes
from saksi.model import NotAllowed

if TYPE_CHECKING:
    import uvicorn

__all__ = ["Listen", "build_app", "check_free", "check_listen", "let_open", "serve"]

_CONNECTIONS = 512  # that one listener lets in at once
_FILES = 256  # that are open beside them: the ledger, the views, the stores, and what an answer or a take needs for a moment
_ENOUGH = 65_536


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen. `certificate` and `key` are PEM files; `open` says that somebody else in front of the node does TLS."""

    host: str = "127.0.0.1"
    port: int = 8731
    certificate: Path | None = None
    key: Path | None = None
    open: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def check_listen(listen: Listen) -> None:
    """Refuse to listen to the world in the clear. Raises NotAllowed."""
    if (listen.certificate is None) != (listen.key is None):
        raise NotAllowed("a certificate and its key go together", where="tls", todo="give both, or neither")
    if not listen.is_local and listen.certificate is None and not listen.open:
        raise NotAllowed(
            f"{listen.host} can be reached from other machines, and there is no TLS",
            where="host",
            todo="give a certificate and a key, or say that a proxy in front does TLS",
        )


def check_free(listen: Listen) -> None:
    """Refuse a port that another program has, or that this user may not open, before the server does without words. Raises NotAllowed."""
    try:
        for family, kind, proto, _, place in socket.getaddrinfo(listen.host.strip("[]"), listen.port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, proto) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(place)
    except OSError as fault:
        where = f"{listen.host}:{listen.port}"
        if fault.errno == errno.EADDRINUSE:
            todo = "end that program (another `saksi serve`?), or choose another port: `--port 0` takes any free one"
            raise NotAllowed("another program listens on this port", where=where, todo=todo) from fault
        if fault.errno == errno.EACCES:
            raise NotAllowed("this user may not open this port", where=where, todo="choose a port above 1023") from fault


def let_open(listeners: int) -> str | None:
    """Let this process have as many files open as it may, each connection being one; gives what to say where its listeners need more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    need = _FILES + listeners * _CONNECTIONS
    if soft == resource.RLIM_INFINITY or soft >= need:
        return None
    return f"this process may have {soft} files open; with all the connections that it lets in it needs {need} (ulimit -n, LimitNOFILE=)"


def build_app(node: Node, home: Path, settings: Settings, *, clock: Callable[[], str] | None = None) -> tuple[Guard, Desk]:
    """API and pages of one node, and the desk behind them."""
    site = Site(load_assets())
    desk = make_desk(node, home, settings, clock=clock)
    desk = replace(desk, built=site.assets.built, error_page=site.error)
    work = work_routes(site, node) if isinstance(node, Casing) else ()  # a node that only answers has no desk
    return make_app(desk, (*Pages(site).routes(), *people_routes(site), *work)), desk


def serve(node: Node, home: Path, settings: Settings, *, listen: Listen, ready: Callable[[str], None] | None = None) -> None:
    """Serve until interrupted. `ready` is called with the address once the node answers.

    One process: one thread answers look-ups, one walks through lists, one writes. uvicorn's own access log is off, for it
    would write down the values that were asked about.
    """
    import uvicorn

    from saksi.app.web.certificate import check_certificate
    from saksi.app.web.protocol import Punctual

    check_listen(listen)
    if listen.certificate is not None and listen.key is not None:
        check_certificate(listen.certificate, listen.key)
    check_free(listen)
    sys.setswitchinterval(0.001)  # a look-up waits a millisecond, not five, for the thread that walks through a list
    names = settings.hosts | {listen.host.lower()} if listen.host not in {"0.0.0.0", "::"} else settings.hosts  # noqa: S104
    # People at this machine are recognised by a loopback name and address, which a proxy on this machine would lend to everyone.
    clearance = None if listen.open else settings.clearance
    app, _ = build_app(node, home, replace(settings, hosts=names, clearance=clearance, tls=listen.certificate is not None or listen.open))
    config = uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=30,
        h11_max_incomplete_event_size=32_768,
        http=Punctual,
        ssl_certfile=None if listen.certificate is None else str(listen.certificate),
        ssl_keyfile=None if listen.key is None else str(listen.key),
    )
    server = uvicorn.Server(config)
    if ready is not None:
        _tell(server, listen, ready)
    try:
        server.run()
    finally:
        gc.unfreeze()  # else what is left at the end of the process is never taken apart, and DuckDB's binding prints a page about it


def _tell(server: uvicorn.Server, listen: Listen, ready: Callable[[str], None]) -> None:
    """Call `ready` once the sockets are open."""
    startup = server.startup

    async def started(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets=sockets)
        gc.collect()
        gc.freeze()  # what was loaded stays: no collection has to look through it again
        if server.started:
            port = next((s.getsockname()[1] for each in server.servers for s in each.sockets), listen.port)
            host = f"[{listen.host}]" if ":" in listen.host else listen.host
            ready(f"{'https' if listen.certificate else 'http'}://{host}:{port}/")

    server.startup = started  # type: ignore[method-assign]
