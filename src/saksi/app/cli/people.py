"""The command `user`: the people of the authority, kept by whoever runs the machine. The first administrator is made here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from saksi.app.cli.open import home_of
from saksi.app.cli.say import common, line, words
from saksi.app.config import load
from saksi.app.home import people_key
from saksi.app.people.people import FOLDER
from saksi.app.people.person import PERSONS, Person, read_post
from saksi.app.people.register import SETUP_SECONDS, Register
from saksi.app.people.store import Store
from saksi.model import Tlp

__all__ = ["user"]

_BY = "command-line"
_ROLES = click.Choice([role.value for role in PERSONS])
_LEVELS = click.Choice([level.value for level in Tlp])


@click.group()
def user() -> None:
    """Add, list, move, disable and let in anew the people who sign in. Passwords never pass through here."""


@user.command("add")
@click.argument("name")
@click.option("--unit", required=True, help="The unit they serve in.")
@click.option("--role", "roles", type=_ROLES, multiple=True, required=True, help="A role; may be given several times.")
@click.option("--clearance", type=_LEVELS, default=Tlp.GREEN.value, help="The strictest TLP they may see.")
@common
@click.pass_context
def user_add(ctx: click.Context, name: str, unit: str, roles: tuple[str, ...], clearance: str) -> int:
    """Add NAME, and show the one-time code with which they choose their own password and second factor."""
    with _register(ctx) as register:
        person, code = register.add(name, read_post(unit, roles, clearance), by=_BY)
    return _coded(ctx, person, code)


@user.command("list")
@common
@click.pass_context
def user_list(ctx: click.Context) -> int:
    """List everybody who was ever added: pseudonym, name, unit, roles, clearance."""
    with _register(ctx) as register:
        people = register.people()
    for each in people:
        _say(ctx, each, "works" if each.disabled is None else "disabled")
    return 0


@user.command("role")
@click.argument("name", metavar="NAME|ID")
@click.option("--unit", help="Another unit.")
@click.option("--role", "roles", type=_ROLES, multiple=True, help="The roles from now on; may be given several times.")
@click.option("--clearance", type=_LEVELS, help="Another clearance.")
@common
@click.pass_context
def user_role(ctx: click.Context, name: str, unit: str | None, roles: tuple[str, ...], clearance: str | None) -> int:
    """Change unit, roles or clearance of NAME; what is not given stays. Their sessions end."""
    with _register(ctx) as register:
        person = register.named(name)
        post = read_post(unit or person.post.unit, roles or person.roles, clearance or person.post.clearance.value)
        _say(ctx, register.move(person.id, post, by=_BY), "moved")
    return 0


@user.command("disable")
@click.argument("name", metavar="NAME|ID")
@common
@click.pass_context
def user_disable(ctx: click.Context, name: str) -> int:
    """Let NAME in no more; their sessions end now. What they did stays under their pseudonym."""
    with _register(ctx) as register:
        _say(ctx, register.disable(register.named(name).id, by=_BY), "disabled")
    return 0


@user.command("reset")
@click.argument("name", metavar="NAME|ID")
@common
@click.pass_context
def user_reset(ctx: click.Context, name: str) -> int:
    """Forget password, codes and passkeys of NAME and show a fresh one-time code; lets in again who was disabled."""
    with _register(ctx) as register:
        person = register.named(name)
        code = register.reset(person.id, by=_BY)
    return _coded(ctx, person, code)


@contextmanager
def _register(ctx: click.Context) -> Iterator[Register]:
    home = home_of(ctx)
    load(home.path, os.environ, {})  # says where no node has been set up
    store = Store(home.path / FOLDER, key=people_key(home), clock=lambda: int(time.time()), random=os.urandom)
    try:
        yield Register(store)
    finally:
        store.close()


def _coded(ctx: click.Context, person: Person, code: str) -> int:
    hours = SETUP_SECONDS // 3600
    if ctx.obj["json"]:
        line({"id": person.id, "name": person.name, "code": code, "hours": hours})
    else:
        words("-".join(code[at : at + 5] for at in range(0, len(code), 5)))
        click.echo(f"{person.id} {person.name}: within {hours} hours, at /sign-in/first. The code is not shown again.", err=True)
    return 0


def _say(ctx: click.Context, person: Person, state: str) -> None:
    post = person.post
    if ctx.obj["json"]:
        line(
            {
                "id": person.id,
                "name": person.name,
                "unit": post.unit,
                "roles": list(person.roles),
                "clearance": post.clearance.value,
                "state": state,
            }
        )
    else:
        words(f"{person.id}  {'+'.join(person.roles):<14} TLP:{post.clearance.value:<13} {state:<8}  {post.unit}, {person.name}")
