"""Commands that make and check proofs: `prove`, `verify`, `checkpoint`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from saksi.app.cli.say import common, line, note, nothing, progress, words
from saksi.app.files import read_small, read_words, to_read, write_whole
from saksi.ledger.bundle import VerifiedStatement, verify_bundle
from saksi.ledger.note import VKey, parse_vkey
from saksi.ledger.policy import Policy, parse_policy
from saksi.ledger.source import WITHIN
from saksi.ledger.verify import VerifiedCheckpoint, verify_checkpoint, verify_log
from saksi.model import BadInput, Json

__all__ = ["checkpoint", "prove", "verify"]

_LARGEST = 64_000_000


@click.command()
@click.argument("what", metavar="REF|VALUE")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write (else standard output).")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option(
    "--hide", type=click.Choice(["content", "source", "asserter", "handling"]), multiple=True, help="Keep a group out of the proof."
)
@common
@click.pass_context
def prove(ctx: click.Context, what: str, out: Path | None, country: str | None, hide: tuple[str, ...]) -> int:
    """Write a proof of one statement (by its reference), or of every statement about a value, one a line.

    Whoever holds the node's public key checks it with `saksi verify`, with no database and no network.
    """
    from saksi.app.cli.open import reading

    with reading(ctx) as node:
        proofs, wider, ended = node.prove(what, country=country, hide=frozenset(hide))
        key = node.vkey
    if not proofs:
        why = f"nothing about {what} stands now: `saksi ask` says what became of what was said; by its reference it can be proved still"
        nothing(why if ended else f"nothing is recorded about {what}", as_json=ctx.obj["json"])
        return 1
    if wider:
        about = ", ".join(dict.fromkeys(wider))
        note(f"{len(wider)} of {len(proofs)} are not about {what} itself but about what it belongs to: {about}", as_json=ctx.obj["json"])
    data = b"".join(proof.rstrip(b"\n") + b"\n" for proof in proofs)
    if out is None:
        click.echo(data, nl=False)
        return 0
    write_whole(out, data)
    if ctx.obj["json"]:
        line({"file": str(out), "proofs": len(proofs), "key": key})
    else:
        words(f"{len(proofs)} proof{'s' if len(proofs) > 1 else ''} in {out}")
        words(f"check anywhere: saksi verify {out} --key '{key}'")
    return 0


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--checkpoint", "point", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A signed checkpoint of any C2SP log."
)
@click.option("--log", "log", metavar="FOLDER|URL", help="A whole tiled log, ours or another's: every entry is fetched and hashed again.")
@click.option("--within", metavar="MINUTES", type=click.IntRange(min=1), help="How long a log over the network may take in all (else 60).")
@click.option("--key", "keys", metavar="VKEY", multiple=True, help="A public key (name+id+key), or a file that holds one; may be repeated.")
@click.option(
    "--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A C2SP tlog-policy: the quorum of witnesses asked for."
)
@common
@click.pass_context
def verify(
    ctx: click.Context,
    file: Path | None,
    point: Path | None,
    log: str | None,
    within: int | None,
    keys: tuple[str, ...],
    policy: Path | None,
) -> int:
    """Check a proof FILE, an evidence pack, a checkpoint, or a whole log. Needs no node, only the key of whoever signed.

    Get the key from the authority itself, by another way than the proof. A pack is checked without one too, but then ends with exit code 1.
    """
    from saksi.app.cli.pack import check_pack, is_pack

    if sum(given is not None for given in (file, point, log)) != 1:
        raise click.UsageError("give one of: a proof or pack FILE, --checkpoint FILE, --log FOLDER|URL")
    quorum = parse_policy(read_small(policy, what="a policy")) if policy else None
    known = [_key(text) for text in keys]
    if file is not None and is_pack(to_read(file)):
        return check_pack(file, known, quorum, as_json=bool(ctx.obj["json"]))
    if not known and quorum is None:
        raise click.UsageError(
            "give the signer's public key: --key 'name+id+key' (the authority publishes it; `saksi doctor` prints a node's own)"
        )
    as_json = bool(ctx.obj["json"])
    if point is not None:
        _said(verify_checkpoint(_bytes(point), known, policy=quorum), as_json, str(point))
    elif log is not None:
        with progress("checking entries", unit="entries", quiet=as_json) as watch:
            seconds = 60.0 * within if within else WITHIN
            _said(verify_log(log, known, policy=quorum, progress=watch, within=seconds), as_json, log)
    elif file is not None:
        _proofs(file, known, quorum, as_json=as_json)
    return 0


@click.command()
@common
@click.pass_context
def checkpoint(ctx: click.Context) -> int:
    """Print the newest signed checkpoint of the node's ledger."""
    from saksi.app.cli.open import reading

    with reading(ctx) as node:
        if ctx.obj["json"]:
            line({"checkpoint": node.checkpoint.decode(), "key": node.vkey})
        else:
            click.echo(node.checkpoint, nl=False)
    return 0


def _key(text: str) -> VKey:
    path = Path(text)
    if "+" not in text and path.exists():
        text = read_words(path, what="a public key").strip()
    return parse_vkey(text)


def _bytes(path: Path) -> bytes:
    return read_small(path, what="a proof or checkpoint", most=_LARGEST)


def _proofs(file: Path, keys: list[VKey], policy: Policy | None, *, as_json: bool) -> None:
    lines = [text for text in _bytes(file).split(b"\n") if text]
    if not lines:
        raise BadInput("the file is empty", where=str(file), todo="ask whoever gave it to you for it again")
    for number, text in enumerate(lines, 1):
        try:
            _proved(verify_bundle(text + b"\n", keys, policy=policy), as_json=as_json)
        except BadInput as fault:
            raise type(fault)(
                fault.what, where=f"{file}, proof {number}" + (f", {fault.where}" if fault.where else ""), todo=fault.todo
            ) from fault
    if not as_json:
        words(f"verified: {len(lines)} proof{'s' if len(lines) > 1 else ''}, signed by {keys[0].name if keys else 'the policy'}")


def _proved(made: VerifiedStatement, *, as_json: bool) -> None:
    groups: dict[str, Json] = {name: json.loads(data) for name, data in made.groups.items()}
    point = made.checkpoint.checkpoint
    if as_json:
        line({"verified": True, "ref": made.ref, "leaf": made.leaf, "size": point.size, "groups": groups, "hidden": list(made.hidden)})
        return
    words(f"{made.ref}")
    for name, group in groups.items():
        words(f"  {name}: {json.dumps(group, ensure_ascii=False)}")
    for name in made.hidden:
        words(f"  {name}: (not shown)")
    words(f"  logged as leaf {made.leaf} of {point.size}, root {point.root.hex()}")


def _said(made: VerifiedCheckpoint, as_json: bool, where: str) -> None:
    point = made.checkpoint
    signers: list[Json] = [signed.vkey.name for signed in made.signed_by]
    if as_json:
        line(
            {
                "verified": True,
                "origin": point.origin,
                "size": point.size,
                "root": point.root.hex(),
                "signed_by": signers,
                "origin_is_key_name": made.origin_is_key_name,
            }
        )
    else:
        words(f"verified: {where}")
        words(f"  log {point.origin}, size {point.size}, root {point.root.hex()}")
        words(f"  signed by {', '.join(str(name) for name in signers)}")
        if not made.origin_is_key_name:
            words("  mind: the key bears another name than the log: make sure that it is this log's key")
