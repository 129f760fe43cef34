"""The command that writes block lists."""

from __future__ import annotations

from pathlib import Path

import click

from saksi.app.cli.open import looking
from saksi.app.cli.say import common, line, note
from saksi.app.files import write_whole
from saksi.app.home import now_text
from saksi.model import Json, Reader, Tlp
from saksi.screen.feeds import FORMS, Entry, Plan, write

__all__ = ["feed"]

_KINDS = ("account", "email", "handle", "host", "ip", "network", "phone", "proxy", "url", "wallet")


@click.command()
@click.option("--format", "form", type=click.Choice(FORMS), default="hosts", help="A hosts file, an RPZ zone for name servers, or CSV.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(_KINDS),
    multiple=True,
    help="Which values (may be repeated); else all in CSV, hosts in the other forms. A zone can also hold IPs and networks.",
)
@click.option("--for", "reader", metavar="AUTHORITY", help="The authority it is for: only what may be released to it (else this one).")
@click.option("--circle", "circles", multiple=True, help="A named audience that authority belongs to.")
@click.option("--clearance", type=click.Choice([level.value for level in Tlp]), default=Tlp.RED.value, help="For this authority's own use.")
@click.option("--contested", is_flag=True, help="Contested values too, each with a mark.")
@click.option("--at", type=click.IntRange(0), help="As of an earlier ledger size: not for blocking.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write (else standard output).")
@common
@click.pass_context
def feed(
    ctx: click.Context,
    form: str,
    kinds: tuple[str, ...],
    reader: str | None,
    circles: tuple[str, ...],
    clearance: str,
    contested: bool,
    at: int | None,
    out: Path | None,
) -> int:
    """Write a block list of what PAP allows. Safe-listed, protected, retracted, expired and contested values are never in it.

    Without --kind and --format it holds hosts only, and says so on standard error. PAP is the marking that says how far a value may be
    used: GREEN and CLEAR let it be blocked. With --json and no --out, each entry is a JSON line.
    """
    with looking(ctx) as node:
        theirs = node.owner(Tlp(clearance))
        if reader is not None and reader != node.config.authority:
            theirs = Reader(reader, circles=frozenset(circles), known=True)
        size = node.judge(theirs, at).at
        plan = Plan(
            node.setting(theirs, size),
            node.config.authority,
            now_text(),
            form,
            kinds or (_KINDS if form == "csv" else ("host",)),
            contested,
            historical=size < node.views.size,
        )
        if not kinds and form != "csv":
            note("hosts only: values of other kinds are left out; --format csv holds all, --kind some", as_json=ctx.obj["json"])
        made = node.to_block(plan)
        if made.above_safe:
            note(made.left_out, as_json=ctx.obj["json"])
        if out is None and ctx.obj["json"]:
            for entry in made.entries:
                line({**_told(entry), "at": size})
            return 0
        data = "".join(write(made)).encode()
    if out is None:
        click.echo(data, nl=False)
        return 0
    write_whole(out, data)
    if ctx.obj["json"]:
        line({"file": str(out), "bytes": len(data), "at": size})
    else:
        click.echo(f"{out}: block list of ledger size {size}")
    return 0


def _told(entry: Entry) -> dict[str, Json]:
    """An entry as data, without dates that nobody gives. `below`: with all names below a host; `shared`: it may be others' too."""
    seen = {name: when for name, when in (("seen_since", entry.seen_since), ("seen_last", entry.seen_last)) if when is not None}
    return {
        "entity": entry.entity, "roles": list(entry.roles), **seen, "recorded_since": entry.recorded_since, "tlp": entry.tlp.value,
        "contested": entry.contested, "below": entry.below, "shared": entry.shared, "refs": list(entry.refs),
    }  # fmt: skip
