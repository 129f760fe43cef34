"""The command that makes an evidence pack, and how `saksi verify` checks one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from saksi.app.cli.say import common, line, many, words
from saksi.model import Reader, Tlp

if TYPE_CHECKING:
    from saksi.actions.pack_page import Paper
    from saksi.app.node import Node
    from saksi.app.packing_draft import CaseTaken
    from saksi.ledger.note import VKey
    from saksi.ledger.policy import Policy

__all__ = ["check_pack", "is_pack", "pack"]

_MAGIC = b"PK\x03\x04"


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="REQUEST|case:ID|REF|ENTITY|VALUE...")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to write: FILE.pack.zip.")
@click.option(
    "--for", "reader", metavar="AUTHORITY", help="Whom it is for: only what may be released to them goes in (else this authority)."
)
@click.option("--circle", "circles", multiple=True, help="A named audience that authority belongs to.")
@click.option("--clearance", type=click.Choice([level.value for level in Tlp]), default=Tlp.RED.value, help="For this authority's own use.")
@click.option("--no-originals", is_flag=True, help="Leave the originals out; their digests stay in the statements.")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option("--analyst", help="The pseudonym of whoever makes it.")
@click.option("--paper", is_flag=True, help="With a PDF for people.")
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
    paper: bool,
) -> int:
    """Write an evidence pack about requests, a case, statements and things: proofs, originals, custody, and what speaks for the person.

    Whoever gets it checks it with `saksi verify`, with no node and no network. Its digest is logged before it is written.
    """
    from saksi.app.cli.open import reading, written_first
    from saksi.app.packing import Order, write_pack

    cases = [name for name in what if name.startswith("case:")]
    if len(cases) > 1 or (cases and analyst is None):
        raise click.UsageError("a pack is about one case at most, and --analyst names the member who makes it")
    with reading(ctx) as node:
        written_first(node)  # whoever gets the pack is told of what stands in the ledger
        theirs = node.owner(Tlp(clearance))
        if reader is not None and reader != node.config.authority:
            theirs = Reader(reader, circles=frozenset(circles), known=True)
        order = Order(
            tuple(name for name in what if name not in cases), theirs, not no_originals, analyst, country,
            paper=_paper() if paper else None, case=_case(node, cases[0], analyst) if cases and analyst else None,
        )  # fmt: skip
        made = write_pack(node, order, out)
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
    counts = {role: len(manifest.of(role)) for role in ("statement", "for", "step", "entry", "original")}
    entries = f"{counts['entry']} entries of a case, " if counts["entry"] else ""
    words(f"{out}: {many(counts['statement'], 'statement')}, {counts['for']} that speak for the person, {many(counts['step'], 'step')}, "
          f"{entries}{many(counts['original'], 'original')}, for {manifest.reader.authority}")  # fmt: skip
    for one in manifest.withheld:
        words(f"  withheld: {one.what}, {one.count}: {one.why} {one.marking}".rstrip())
    words(f"  logged as leaf {made.leaf}: manifest {made.digest}")
    words(f"check anywhere: saksi verify {out} --key '{key}'")
    return 0


def _case(node: Node, name: str, analyst: str) -> CaseTaken:
    """The case for whoever makes the pack: one of its members, whom this machine believes."""
    from saksi.actions import Actor
    from saksi.app.packing_case import take_case

    return take_case(node, name.removeprefix("case:"), Actor(analyst, "at the machine", frozenset()), Tlp.RED)


def _paper() -> Paper:
    from saksi.app.packing_paper import paper_with
    from saksi.app.posting.setting import FONTS

    return paper_with(FONTS)


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
