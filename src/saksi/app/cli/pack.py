"""The command that makes an evidence pack, and how `saksi verify` checks one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from saksi.app.cli.say import common, line, words
from saksi.model import Reader, Tlp

if TYPE_CHECKING:
    from saksi.ledger.note import VKey
    from saksi.ledger.policy import Policy

__all__ = ["check_pack", "is_pack", "pack"]

_MAGIC = b"PK\x03\x04"


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="REQUEST|REF|ENTITY|VALUE...")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write: FILE.pack.zip.")
@click.option(
    "--for", "reader", metavar="AUTHORITY", help="Whom it is for: only what may be released to them goes in (else this authority)."
)
@click.option("--circle", "circles", multiple=True, help="A named audience that authority belongs to.")
@click.option("--clearance", type=click.Choice([level.value for level in Tlp]), default=Tlp.RED.value, help="For this authority's own use.")
@click.option("--no-originals", is_flag=True, help="Leave the originals out; their digests stay in the statements.")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option("--analyst", help="The pseudonym of whoever makes it.")
@common
@click.pass_context
def pack(
    ctx: click.Context,
    what: tuple[str, ...],
    out: Path,
    reader: str | None,
    circles: tuple[str, ...],
    clearance: str,
    no_originals: bool,
    country: str | None,
    analyst: str | None,
) -> int:
    """Write an evidence pack about requests, statements and things: proofs, originals, custody, and what speaks for the person.

    Whoever gets it checks it with `saksi verify`, with no node and no network. Its digest is logged before it is written.
    """
    from saksi.app.cli.open import reading
    from saksi.app.packing import Order, write_pack

    with reading(ctx) as node:
        theirs = node.owner(Tlp(clearance))
        if reader is not None and reader != node.config.authority:
            theirs = Reader(reader, circles=frozenset(circles), known=True)
        made = write_pack(node, Order(what, theirs, originals=not no_originals, analyst=analyst, country=country), out)
        key = node.vkey
    manifest = made.manifest
    left = [{"what": one.what, "count": one.count, "why": one.why, "marking": one.marking} for one in manifest.withheld]
    if ctx.obj["json"]:
        line(
            {
                "file": str(out), "bytes": made.length, "manifest": made.digest, "leaf": made.leaf, "for": manifest.reader.authority,
                "files": len(manifest.files), "withheld": left, "key": key,
            }
        )  # fmt: skip
        return 0
    counts = {role: len(manifest.of(role)) for role in ("statement", "for", "step", "original")}
    words(f"{out}: {counts['statement']} statements, {counts['for']} that speak for the person, {counts['step']} steps, "
          f"{counts['original']} originals, for {manifest.reader.authority}")  # fmt: skip
    for one in manifest.withheld:
        words(f"  withheld: {one.what}, {one.count}: {one.why} {one.marking}".rstrip())
    words(f"  logged as leaf {made.leaf}: manifest {made.digest}")
    words(f"check anywhere: saksi verify {out} --key '{key}'")
    return 0


def is_pack(file: Path) -> bool:
    """Whether a file wants to be a pack: by its name, or by how it begins."""
    with file.open("rb") as opened:
        return file.name.endswith(".pack.zip") or opened.read(len(_MAGIC)) == _MAGIC


def check_pack(file: Path, keys: list[VKey], policy: Policy | None, *, as_json: bool) -> int:
    """Check a pack and say what came of each step; gives the exit code."""
    from saksi.actions.verify_pack import checked

    with file.open("rb") as opened:
        report = checked(opened, keys, policy=policy)
    if as_json:
        line({"file": str(file), **report.to_json()})
    else:
        for text in report.lines():
            words(text)
    return report.code
