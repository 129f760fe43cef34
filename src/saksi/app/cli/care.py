"""Commands that look after the node: `init`, `fold`, `fsck`, `doctor`, `config`, `backup`, `restore`, `completion`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from saksi.app.cli.open import home_of, reading
from saksi.app.cli.say import common, line, progress, words
from saksi.app.config import Config, load
from saksi.app.home import set_up
from saksi.model import BadInput

__all__ = ["backup", "completion", "config", "doctor", "fold", "fsck", "init", "restore"]


@click.command()
@click.option("--authority", required=True, help="The domain name the authority answers for: centre.a.example")
@click.option("--name", default="", help="How people call it.")
@click.option("--country", default="", help="The country of local phone and account forms (ISO 3166: KH).")
@click.option("--contest", default="", help="How a holder contests a listing: an address or a telephone number, in a sentence.")
@click.option("--purpose", default="", help="What data is held for.")
@click.option("--legal-basis", default="", help="On which legal ground.")
@common
@click.pass_context
def init(ctx: click.Context, authority: str, name: str, country: str, contest: str, purpose: str, legal_basis: str) -> int:
    """Set up a node for an authority: its keys, its empty ledger, its settings."""
    home = home_of(ctx)
    made = Config(authority=authority, name=name, country=country, contest=contest, purpose=purpose, legal_basis=legal_basis)
    key = set_up(home, made)
    with reading(ctx) as node:
        node.views.fold(node.ledger)
    if ctx.obj["json"]:
        line({"home": str(home.path), "origin": made.origin, "key": key})
    else:
        words(f"a node for {authority} in {home.path}")
        words(f"  public key, to publish: {key}")
        words("  back up its keys apart from the rest: saksi backup --help")
    return 0


@click.command()
@click.option("--rebuild", is_flag=True, help="Throw the views away and build them anew.")
@common
@click.pass_context
def fold(ctx: click.Context, rebuild: bool) -> int:
    """Bring the views up to the ledger. They are folded from it and can always be rebuilt."""
    with reading(ctx) as node, progress("folding", unit="leaves", quiet=ctx.obj["json"]) as watch:
        made = (node.views.rebuild if rebuild else node.views.fold)(node.ledger, progress=watch)
    if ctx.obj["json"]:
        line({"size": made.size, "statements": made.statements, "entities": made.entities})
    else:
        words(f"views of ledger size {made.size}: {made.statements:,} statements, {made.entities:,} entities")
    return 0


@click.command()
@common
@click.pass_context
def fsck(ctx: click.Context) -> int:
    """Check every byte: the log from its entries, the vault, the originals, the views. Says what differs, and where."""
    from saksi.app.whole import check_whole

    with reading(ctx) as node, progress("checking", unit="", quiet=ctx.obj["json"]) as watch:
        made = check_whole(node, progress=watch)
    if ctx.obj["json"]:
        line({"ok": made.ok, "size": made.size, "erased": made.erased, "missing": made.missing, "differences": list(made.differences)})
    else:
        words(made.said)
        for each in made.differences:
            words(f"  {each}")
    return 0 if made.ok else 5


@click.command()
@common
@click.pass_context
def doctor(ctx: click.Context) -> int:
    """Say what is well with the node and what is not, with its public key and its size."""
    with reading(ctx) as node:
        checks = node.checks()
        state = node.state()
    if ctx.obj["json"]:
        line({"key": state.vkey, "size": state.size, "checks": [{"name": c.name, "ok": c.ok, "said": c.said} for c in checks]})
    else:
        words(f"{state.origin}, {state.size} leaves, {state.statements:,} statements, {state.witnesses} witnesses")
        words(f"  public key {state.vkey}")
        for check in checks:
            words(f"  {'ok  ' if check.ok else 'MIND'} {check.name}: {check.said}")
    return 0 if all(check.ok or not check.needed for check in checks) else 5


@click.command()
@common
@click.pass_context
def config(ctx: click.Context) -> int:
    """Show the settings in force and where each came from."""
    _, settings = load(home_of(ctx).path, os.environ, {})
    for setting in settings:
        if ctx.obj["json"]:
            line({"key": setting.key, "value": setting.value, "origin": setting.origin})
        else:
            words(f"{setting.key:<12} {setting.value!r:<32} {setting.origin}")
    return 0


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--passphrase-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with the passphrase."
)
@common
@click.pass_context
def backup(ctx: click.Context, target: Path, passphrase_file: Path) -> int:
    """Write an encrypted backup of log, vault and originals into TARGET, and the keys into a second file beside it.

    Keep the two apart, and the keys no longer than the time in which an erasure must be complete: whoever has both can read what was
    erased since.
    """
    from saksi.app.backup import back_up

    with progress("backing up", unit="bytes", quiet=ctx.obj["json"]) as watch:
        made = back_up(home_of(ctx), target, _passphrase(passphrase_file), progress=watch)
    if ctx.obj["json"]:
        line({key: str(value) if isinstance(value, Path) else value for key, value in asdict(made).items()})
    else:
        words(f"backup in {made.data}, keys in {made.keys} (ledger size {made.size})")
        words("  keep them apart; try a restore before you need it")
    return 0


@click.command()
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("keys", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-file", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file with the passphrase."
)
@common
@click.pass_context
def restore(ctx: click.Context, data: Path, keys: Path, passphrase_file: Path) -> int:
    """Bring a backup (DATA and its KEYS) back into an empty home, check it, and build the views anew."""
    from saksi.app.backup import bring_back

    with progress("restoring", unit="bytes", quiet=ctx.obj["json"]) as watch:
        bring_back(home_of(ctx), data, keys, _passphrase(passphrase_file), progress=watch)
    with reading(ctx) as node:
        made = node.views.rebuild(node.ledger)
    if ctx.obj["json"]:
        line({"size": made.size, "statements": made.statements})
    else:
        words(f"restored: ledger size {made.size}, {made.statements:,} statements")
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for a SHELL: add it to its start-up file."""
    from click.shell_completion import get_completion_class

    from saksi.app.cli import saksi

    kind = get_completion_class(shell)
    if kind is None:
        raise BadInput("no completion for this shell", where=shell)
    click.echo(kind(saksi, {}, "saksi", "_SAKSI_COMPLETE").source())


def _passphrase(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8").strip("\r\n")
    if len(text) < 12:
        raise BadInput("a passphrase has 12 characters at least", where=str(path))
    return text.encode()
