"""The command `alert`: the saved searches of people and keys, kept at the machine; a node that is serving takes them up at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from saksi.app.cli.open import reading
from saksi.app.cli.say import common, line, note, nothing, words
from saksi.model import BadInput, NotFound

if TYPE_CHECKING:
    from saksi.app.alerts.alert import Alert
    from saksi.app.alerts.alerting import Alerting

__all__ = ["alert"]

_WAYS = ("entity", "prefix", "below", "network", "text", "source", "case")


@click.group()
def alert() -> None:
    """Save searches for a person or a key, list, pause and delete them."""


@alert.command("list")
@click.option("--for", "owner", metavar="OWNER", help="Of this person (name or p-...) or key alone.")
@common
@click.pass_context
def alert_list(ctx: click.Context, owner: str | None) -> int:
    """List saved searches: id, whose, what, and how its channels are."""
    with _alerting(ctx) as alerting:
        owners = [_owner(alerting, owner)] if owner else alerting.store.owners()
        every = [each for name in owners for each in alerting.store.of(name)]
        for each in every:
            _say(ctx, alerting, each)
    if not every:
        nothing("nobody has saved a search", as_json=ctx.obj["json"])
    return 0 if every else 1


@alert.command("add")
@click.argument("what", metavar="VALUE")
@click.option("--for", "owner", metavar="OWNER", required=True, help="A person (name or p-...), or the id of a key.")
@click.option("--how", type=click.Choice(_WAYS), default="entity", help="How to search.")
@click.option("--role", default="", help="Only statements that give this role.")
@click.option("--country", help="Country of local numbers (ISO 3166).")
@click.option("--purpose", required=True, help="What it is for; kept in the access log.")
@click.option("--hook", default="", metavar="URL", help="A webhook (https) to call.")
@click.option("--mail", default="", metavar="ADDRESS", help="A mail address, in a domain of the setting alert_mail.")
@common
@click.pass_context
def alert_add(
    ctx: click.Context, what: str, owner: str, how: str, role: str, country: str | None, purpose: str, hook: str, mail: str
) -> int:
    """Save a search for VALUE. The secret that a webhook is signed with is shown this once."""
    from saksi.app.alerts.alert import Wish
    from saksi.app.alerts.search import read_search
    from saksi.app.api.access import Watcher

    with _alerting(ctx) as alerting:
        config = alerting.node.config
        search = read_search(how, what, role, country=country or config.country or None)
        whose = _owner(alerting, owner)
        twin = next((each.id for each in alerting.store.of(whose) if each.search == search), None)
        alerting.teller.access.note(Watcher(whose, "command-line", purpose), "alert", what=(search.what,))
        made = alerting.save(whose, Wish(search, purpose, hook, mail))
        if twin is not None:
            note(f"{whose} had this search already: {twin}; it is saved once more", as_json=ctx.obj["json"])
        _say(ctx, alerting, made, secret=made.channels.secret)
    return 0


@alert.command("pause")
@click.argument("name", metavar="ID")
@click.option("--off", is_flag=True, help="Go on; starts a webhook anew that stopped.")
@common
@click.pass_context
def alert_pause(ctx: click.Context, name: str, off: bool) -> int:
    """Let a saved search rest. What comes in meanwhile is not found for it."""
    with _alerting(ctx) as alerting:
        have = alerting.store.get(name)
        alerting.store.pause(name, have.owner, paused=not off)
        _say(ctx, alerting, alerting.store.get(name))
    return 0


@alert.command("delete")
@click.argument("name", metavar="ID")
@common
@click.pass_context
def alert_delete(ctx: click.Context, name: str) -> int:
    """Forget a saved search and all that was found for it."""
    with _alerting(ctx) as alerting:
        have = alerting.store.get(name)
        alerting.store.delete(name, have.owner)
    if ctx.obj["json"]:
        line({"id": name, "deleted": True})
    else:
        words(f"{name} is deleted")
    return 0


@contextmanager
def _alerting(ctx: click.Context) -> Iterator[Alerting]:
    from saksi.app.alerts.alerting import opened

    with reading(ctx) as node:
        made = opened(node)
        try:
            yield made
        finally:
            made.close()


def _owner(alerting: Alerting, name: str) -> str:
    """The pseudonym or the key that a name stands for. Raises NotFound where whoever it is may not look."""
    with suppress(BadInput):
        name = alerting.owners.register.named(name).id
    if alerting.owners.now(name) is None:
        raise NotFound("nobody of this name may look", where=name[:40], todo="`saksi user list` and `saksi key list` show who may")
    return name


def _say(ctx: click.Context, alerting: Alerting, each: Alert, *, secret: str = "") -> None:
    states = {course.channel: course.stopped or "works" for course in alerting.store.courses(each.id)}
    search = each.search
    if ctx.obj["json"]:
        told = {"id": each.id, "owner": each.owner, "how": search.how, "what": search.what, "role": search.role, "purpose": each.purpose}
        line({**told, "paused": each.paused, "channels": states, "secret": secret or None})
        return
    role, rests = f" as {search.role}" if search.role else "", "  (rests)" if each.paused else ""
    words(f"{each.id}  {each.owner:<10} {search.how:<8} {search.what}{role}{rests}")
    for channel, state in states.items():
        words(f"  {channel}: {state}")
    if secret:
        words(f"  calls are signed with {secret}; it is not shown again")
