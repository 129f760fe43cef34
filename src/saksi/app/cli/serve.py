"""Commands for serving: `serve` and `key`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from saksi.app.api.keys import KeyStore, Role
from saksi.app.cli.open import reading
from saksi.app.cli.say import common, line, note, words
from saksi.app.home import now_text
from saksi.ledger.highest import Unconfirmed
from saksi.model import Tlp

if TYPE_CHECKING:
    from saksi.app.api.desk import Settings
    from saksi.app.node import Node
    from saksi.app.web.serve import Listen

__all__ = ["key", "serve", "serve_open"]


@click.command()
@click.option("--host", help="The address to listen on (this machine alone unless told otherwise).")
@click.option("--port", type=click.IntRange(0, 65535), help="The port (0: any free one).")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TLS certificate (PEM).")
@click.option("--certificate-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its private key (PEM).")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front does TLS; then everybody needs a key.")
@click.option("--public", metavar="HOST:PORT", help="Also serve the pages for everybody (report, check), on a listener of their own.")
@click.option("--operators", is_flag=True, help="People at this machine may take reports down.")
@common
@click.pass_context
def serve(
    ctx: click.Context,
    host: str | None,
    port: int | None,
    certificate: Path | None,
    certificate_key: Path | None,
    behind_proxy: bool,
    public: str | None,
    operators: bool,
) -> int:
    """Serve the pages and the API, until interrupted. A node that was restored and does not sign yet answers and takes nothing in."""
    from saksi.app.api.desk import Settings
    from saksi.app.people.setting import host_names, provider_of
    from saksi.app.web.serve import Listen
    from saksi.app.web.serve import serve as run

    _mind_signals(ctx)
    with reading(ctx) as node:
        config = node.config
        listen = Listen(
            host or config.host, config.port if port is None else port, certificate=certificate, key=certificate_key, open=behind_proxy
        )
        settings = Settings(
            config.title,
            config.authority,
            config.country,
            Tlp(config.clearance),
            host_names(config.names),
            provider=provider_of(node.files.path, config),
            operators=operators,
        )
        say = partial(_serving, config.title)
        try:
            node.views.fold(node.ledger)
        except Unconfirmed as waits:
            node.views.fold(node.shelf)
            words(f"{waits.what}: {waits.todo}")
            run(node, node.files.path, settings, listen=listen, ready=say)
            return 0
        serve_open(node, settings, listen, public=public, say=say)
    return 0


def serve_open(node: Node, settings: Settings, listen: Listen, *, public: str | None, say: Callable[[str], None]) -> None:
    """Serve everything that a node has, until interrupted: its pages and API, its intake (also for everybody, at `public`, HOST:PORT),
    requests, mail and alerts. `say` is called with the address once it answers."""
    from saksi.app.alerts.alerting import alerting
    from saksi.app.alerts.api import AlertApi
    from saksi.app.alerts.pages import AlertPages
    from saksi.app.intake.serve import opened
    from saksi.app.posting.loop import posting
    from saksi.app.posting.notices import NoticePages
    from saksi.app.posting.pages import AnswerPages
    from saksi.app.requesting.routes import requesting_routes
    from saksi.app.web.assets import load_assets
    from saksi.app.web.serve import let_open
    from saksi.app.web.serve import serve as run
    from saksi.app.web.site import Site

    if (few := let_open(1 if public is None else 2)) is not None:
        note(few, as_json=False)
    with opened(node, public, proxy=listen.open) as intake:
        if intake.address:
            words(f"serving everybody on {intake.address}")
        with posting(node), alerting(node) as alerts:
            site = Site(load_assets())
            told = (*AlertApi(alerts).routes(), *AlertPages(site, alerts).routes())
            pages = (*AnswerPages(site, node).routes(), *NoticePages(site, node).routes(), *requesting_routes(site, node))
            run(node, node.files.path, replace(settings, more=(*intake.routes, *pages, *told)), listen=listen, ready=say)


def _mind_signals(ctx: click.Context) -> None:
    """SIGTERM, and a terminal that is closed, end the server in order, as done (0). Without a terminal, as a service of the system, SIGHUP
    is a wish to read the settings anew: they are read at a start, so that is said, and the server goes on."""
    heard = {signal.SIGTERM: _ended}
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # else somebody has it ignored, as `nohup` does
        heard[signal.SIGHUP] = _closed if os.isatty(0) else _said
    for number, act in heard.items():
        ctx.call_on_close(partial(signal.signal, number, signal.signal(number, act)))


def _ended(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _closed(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)  # which uvicorn hears first where it runs


def _said(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"mind: SIGHUP reads nothing anew: restart the server for other settings or another certificate\n")


def _serving(title: str, address: str) -> None:
    words(f"serving {title} on {address}")


@click.group()
def key() -> None:
    """Create, list and revoke API keys. A key is shown once and kept only as a digest."""


@key.command("create")
@click.argument("holder")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--clearance", type=click.Choice([level.value for level in Tlp]), default=Tlp.GREEN.value)
@click.option("--days", type=click.IntRange(1, 3650), default=365, help="How long it works.")
@common
@click.pass_context
def key_create(ctx: click.Context, holder: str, role: str, clearance: str, days: int) -> int:
    """Make a key for HOLDER, a person or a system, and show it this once."""
    ends = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    made, text = _store(ctx).create(holder, Role(role), clearance=Tlp(clearance), expires_at=ends)
    if ctx.obj["json"]:
        line({"id": made.id, "key": text, "role": made.role, "clearance": made.clearance, "expires_at": made.expires_at})
    else:
        words(text)
        click.echo(f"key {made.id} for {holder}: {role}, up to TLP:{clearance}, until {ends}. It is not shown again.", err=True)
    return 0


@key.command("list")
@common
@click.pass_context
def key_list(ctx: click.Context) -> int:
    """List all keys that were ever made, without their secrets."""
    for each in _store(ctx).listed():
        state = f"revoked {each.revoked_at}" if each.revoked_at else "works" if each.works(now_text()) else "ended"
        if ctx.obj["json"]:
            line({"id": each.id, "holder": each.holder, "role": each.role, "clearance": each.clearance, "state": state})
        else:
            words(f"{each.id}  {each.role:<14} TLP:{each.clearance:<13} {state}  {each.holder}")
    return 0


@key.command("revoke")
@click.argument("name", metavar="ID")
@common
@click.pass_context
def key_revoke(ctx: click.Context, name: str) -> int:
    """End a key now."""
    made = _store(ctx).revoke(name)
    if ctx.obj["json"]:
        line({"id": made.id, "revoked_at": made.revoked_at})
    else:
        words(f"key {made.id} of {made.holder} is revoked")
    return 0


def _store(ctx: click.Context) -> KeyStore:
    with reading(ctx) as node:
        return KeyStore(node.files.path / "api" / "keys.json", clock=now_text, random=os.urandom)
