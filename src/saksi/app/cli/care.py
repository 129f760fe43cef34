"""Commands that look after the node: `init`, `fold`, `fsck`, `doctor`, `config`, `backup`, `erased`, `restore`, `completion`."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saksi.app.cli.open import home_of, reading
from saksi.app.cli.say import common, line, many, progress, words
from saksi.app.config import Config, load
from saksi.app.files import read_small
from saksi.app.home import set_up
from saksi.ledger.disk import DiskFull, Held
from saksi.ledger.highest import Unconfirmed
from saksi.ledger.sealed_stream import Secret
from saksi.model import BadInput, Json, NotAllowed, SaksiError

if TYPE_CHECKING:
    from saksi.app.node import Node
    from saksi.ledger.beside import LedgerBeside
    from saksi.ledger.ledger import Ledger

__all__ = ["backup", "completion", "config", "doctor", "erased", "fold", "fsck", "init", "restore"]

_LARGEST = 256 << 20  # bytes of a register of erasures: some millions of them
_LONGEST = 4_096  # bytes of a passphrase
_WORDS = click.Path(exists=True, dir_okay=False, path_type=Path)


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
    from saksi.ledger.restore import undone

    home = home_of(ctx)
    made = Config(authority=authority, name=name, country=country, contest=contest, purpose=purpose, legal_basis=legal_basis)
    key = set_up(home, made)
    try:
        with undone(home.path), reading(ctx) as node:
            node.views.fold(node.ledger)
    except DiskFull as full:  # the fold speaks of what was recorded: here nothing was, and nothing is left
        raise DiskFull("the disk is full: no node was made", where=str(home.path), todo="make room and say it again") from full
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
    """Bring the views up to the ledger. They are folded from it and can always be rebuilt.

    A node that is being served folds by itself: then this only says how far it is.
    """
    with reading(ctx) as node, progress("folding", unit="leaves", quiet=ctx.obj["json"]) as watch:
        ledger, held = _to_fold(node)
        if held is None:
            made = (node.views.rebuild if rebuild else node.views.fold)(ledger, progress=watch)
        elif rebuild or node.views.manifest is None:
            todo = "stop the server (or wait for the take), then do it again"
            raise NotAllowed("another process holds the ledger and folds the views by itself", where=held.where, todo=todo) from held
        else:
            made = node.views.manifest
    if ctx.obj["json"]:
        line({"size": made.size, "statements": made.statements, "entities": made.entities, "folded_by_another": held is not None})
    else:
        words(f"views of ledger size {made.size}: {made.statements:,} statements, {made.entities:,} entities")
        if held is not None:
            words("  the process that holds the ledger (the server, or a take) folds them by itself: there is nothing to do")
    return 0


@click.command()
@common
@click.pass_context
def fsck(ctx: click.Context) -> int:
    """Check every byte: the log from its entries, the vault, the originals, the views. Says what differs, and where.

    Also while the node is served: what is checked is the newest checkpoint. Erasures wait until it is through.
    """
    from saksi.app.whole import check_whole

    with reading(ctx) as node, progress("checking", unit="", quiet=ctx.obj["json"]) as watch:
        made = check_whole(node, progress=watch)
    if ctx.obj["json"]:
        told = {"ok": made.ok, "size": made.size, "erased": made.erased, "missing": made.missing, "may_sign": not made.waits}
        line({**told, "differences": list(made.differences), "unfinished": list(made.unfinished)})
    else:
        words(made.said)
        for each in (*made.differences, *made.unfinished):
            words(f"  {each}")
    return 0 if made.ok else 5


@click.command()
@common
@click.pass_context
def doctor(ctx: click.Context) -> int:
    """Say what is well with the node and what is not, with its public key and its size.

    Exit code 5 where something is damaged, or the last fsck found a difference; 3 where there are no views yet.
    """
    from saksi.app.health import views_missing

    with reading(ctx) as node:
        checks = node.checks()
        state = None
        with suppress(SaksiError):  # the checks say why
            state = node.state()
        last = node.last_fsck()
        missing = views_missing(node.files)
    if ctx.obj["json"]:
        told: list[Json] = [{"name": c.name, "ok": c.ok, "said": c.said} for c in checks]
        line({"key": None if state is None else state.vkey, "size": None if state is None else state.size, "checks": told})
    else:
        if state is not None:
            words(f"{state.origin}, {state.size} leaves, {state.statements:,} statements, {state.witnesses} witnesses")
            words(f"  public key {state.vkey}")
        for check in checks:
            words(f"  {'ok  ' if check.ok else 'MIND'} {check.name}: {check.said}")
    bad = {check.name for check in checks if check.needed and not check.ok}
    if (last is not None and not last.ok) or any(check.damaged for check in checks):
        return 5
    return 0 if not bad else 3 if missing and bad == {"views"} else 5


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
@click.option("--passphrase-file", "data_word", required=True, type=_WORDS, help="A file with the passphrase of the data.")
@click.option("--keys-passphrase-file", "keys_word", required=True, type=_WORDS, help="A file with another passphrase, of the keys.")
@click.option("--keep-keys", type=click.IntRange(1, 3650), default=30, show_default=True, help="Days after which the keys are refused.")
@common
@click.pass_context
def backup(ctx: click.Context, target: Path, data_word: Path, keys_word: Path, keep_keys: int) -> int:
    """Write an encrypted backup, also while the node is served: TARGET.data (log, vault, originals, settings and the files they name,
    access log), and TARGET.keys (the keys, secrets that the settings name, the API keys' digests, the list of takes).

    Keep data and keys apart, and the keys no longer than the time in which an erasure must be complete: whoever has both can read what
    was erased since.
    """
    from saksi.app.backup import Files, Taken, write_backup
    from saksi.app.named_files import named_files

    files = Files.beside(target)
    home = home_of(ctx)
    settings, _ = load(home.path, os.environ, {})
    outside = named_files(home.path, settings).outside
    made = write_backup(home, settings, files, Taken(_secret(data_word), _secret(keys_word)), keep_keys_days=keep_keys)
    if ctx.obj["json"]:
        line({"data": str(files.data), "keys": str(files.keys), "size": made.size, "outside": list(outside)})
    else:
        words(f"ledger size {made.size}: {files.data} ({made.data_bytes:,} bytes), {files.keys}")
        if outside:
            words(f"  not in it, keep it yourself: {', '.join(outside)}")
        words(f"  keep data and keys apart; the keys are refused after {keep_keys} days; try a restore before you need it")
    return 0


@click.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@common
@click.pass_context
def erased(ctx: click.Context, out: Path) -> int:
    """Write the register of erasures: random ids, places and digests of what was erased, nothing about anybody.

    Write it after each erasure and keep it apart from the backups: `restore --erased` erases again what an older backup still holds.
    """
    from saksi.app.backup import register
    from saksi.app.files import write_whole

    home = home_of(ctx)
    made = register(home, load(home.path, os.environ, {})[0])
    write_whole(out, made.to_bytes())
    subjects, originals, alone = len(made.subjects), len(made.originals), len(made.items)
    if ctx.obj["json"]:
        line({"file": str(out), "size": made.size, "subjects": subjects, "originals": originals, "statements": alone})
    else:
        counts = f"{many(subjects, 'data subject')}, {many(originals, 'original')}, {many(alone, 'single statement')}"
        words(f"{out}: erased up to ledger size {made.size}: {counts}")
        words("  keep it apart from the backups: `saksi restore --erased` reads it")
    return 0


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--passphrase-file", "data_word", required=True, type=_WORDS, help="A file with the passphrase of the data.")
@click.option("--keys-passphrase-file", "keys_word", required=True, type=_WORDS, help="A file with the passphrase of the keys.")
@click.option("--keys", type=_WORDS, help="The keys file, where it does not lie beside the data.")
@click.option("--newest", is_flag=True, help="Nobody holds a later checkpoint of this log (ask a witness): it may sign again.")
@click.option("--erased", "register", type=_WORDS, help="The register of erasures, as `saksi erased` writes it: that is erased again.")
@common
@click.pass_context
def restore(
    ctx: click.Context, target: Path, data_word: Path, keys_word: Path, keys: Path | None, newest: bool, register: Path | None
) -> int:
    """Bring the backup TARGET back into an empty home, check it, and build the views anew.

    Without --newest the node can be read and served, and does not write or sign: a log that signs two different histories can never be
    trusted again. Whoever was erased after the backup comes back, unless --erased names them. Whatever fails, nothing is left behind.
    """
    from saksi.app.backup import Files, Taken, bring_back
    from saksi.ledger.register import Register

    known = (
        None
        if register is None
        else Register.parse(read_small(register, what="a register of erasures", most=_LARGEST), where=str(register))
    )

    files = Files.beside(target)
    if keys is not None:
        files = Files(files.data, keys)
    _, made = bring_back(home_of(ctx), files, Taken(_secret(data_word), _secret(keys_word)), newest=newest, erased=known)
    as_of = datetime.fromtimestamp(made.made_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if ctx.obj["json"]:
        upto = None if known is None else known.size
        line({"size": made.size, "erased_again": made.erased_again, "may_sign": newest, "as_of": as_of, "register": upto})
    else:
        told = "the notices say" if known is None else "the notices and the register say"
        words(f"restored: ledger size {made.size}; {made.erased_again} erased again, as {told}")
        if known is None or known.size <= made.size:
            words(f"  erasures after {as_of} are not known to it: restore with a newer register (--erased), or make them again")
        words(f"  API keys are as of {as_of}: revoke again what was revoked since (`saksi key list`)")
        if not newest:
            words("  it answers and does not sign: ask a witness for the newest checkpoint, then restore with --newest into an empty home")
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a SHELL: add it to ~/.bashrc; to ~/.zshrc, behind compinit; or to
    ~/.config/fish/completions/saksi.fish.
    """
    from click.shell_completion import get_completion_class

    from saksi.app.cli import saksi

    kind = get_completion_class(shell)
    if kind is None:
        raise BadInput("no completion for this shell", where=shell)
    script = kind(saksi, {}, "saksi", "_SAKSI_COMPLETE").source()
    if ctx.obj["json"]:
        line({"shell": shell, "script": script})
    else:
        click.echo(script)


def _to_fold(node: Node) -> tuple[Ledger | LedgerBeside, Held | None]:
    """The ledger to fold from, and who holds it where another process does. One that was restored and does not sign is only read."""
    try:
        return node.ledger, None
    except Unconfirmed:
        return node.shelf, None
    except Held as held:
        return node.shelf, held


def _secret(path: Path) -> Secret:
    """The passphrase that a file holds; or a pipe, so that it need not lie on a disk."""
    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise BadInput(f"more than {_LONGEST} bytes, which no passphrase has", where=str(path), todo="is it the file you mean?")
    try:
        return Secret(passphrase=data.decode().strip("\r\n"))
    except UnicodeDecodeError as fault:
        raise BadInput("this is no text (UTF-8), which a passphrase is", where=str(path), todo="is it the file you mean?") from fault
