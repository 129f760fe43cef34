"""Commands that ask: `ask`, `bulk`, `show`, `search`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saksi.app.cli.open import looking
from saksi.app.cli.say import common, line, note, nothing, progress, visible, words
from saksi.app.cli.tell import SOME, tell_answer, tell_statement
from saksi.app.files import to_read, to_write
from saksi.model import BadInput, Tlp
from saksi.screen.answer import encode

if TYPE_CHECKING:
    from saksi.app.listing import Listing

__all__ = ["ask", "bulk", "search", "show"]

_CLEARANCES = [level.value for level in Tlp]


@click.command()
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
@click.option("--country", help="The country of local phone and account forms (ISO 3166: KH).")
@click.option("--at", type=click.IntRange(0), help="The answer as of an earlier ledger size.")
@click.option("--clearance", type=click.Choice(_CLEARANCES), default=Tlp.RED.value, help="Answer as for a reader with this clearance.")
@common
@click.pass_context
def ask(ctx: click.Context, values: tuple[str, ...], country: str | None, at: int | None, clearance: str) -> int:
    """Ask about accounts, phones, wallets, hosts, URLs, e-mails, handles, in any script and spelling.

    Exit code 0 where something is on record about one of the values at least, else 1. "Unknown" does not mean safe.
    """
    known = False
    refused: BadInput | None = None
    with looking(ctx) as node:
        for value in values:
            try:
                answer = node.ask(value, country=country, reader=node.owner(Tlp(clearance)), at=at)
            except BadInput as fault:
                if len(values) == 1:
                    raise
                refused = fault
                click.echo(visible(f"refused: {value}: {fault}"), err=True)
                if ctx.obj["json"]:
                    line({"query": value, "error": type(fault).__name__, "what": fault.what, "where": fault.where, "todo": fault.todo})
                continue
            known = known or answer.status != "unknown"
            if ctx.obj["json"]:
                click.echo(encode(answer))
            else:
                tell_answer(answer, now=node.views.size)
    return 2 if refused else 0 if known else 1


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--column", help="The column to ask about, where the file has more than one: its heading, or its number where there is none.")
@click.option("--heading/--no-heading", default=None, help="Whether the first row is a heading (else that is seen from the values).")
@click.option("--kind", help="What the column holds (phone, account, wallet, host ...): the fast way; else each value is recognised.")
@click.option("--country", help="The country of local phone and account forms (ISO 3166).")
@click.option("--out", type=click.Path(path_type=Path), help="Where answers go: .csv, .parquet or .jsonl.")
@click.option("--clearance", type=click.Choice(_CLEARANCES), default=Tlp.RED.value, help="Answer as for a reader with this clearance.")
@click.option("--workers", type=click.IntRange(0, 64), help="Processes to use (0: this one alone).")
@common
@click.pass_context
def bulk(
    ctx: click.Context,
    file: Path,
    column: str | None,
    heading: bool | None,
    kind: str | None,
    country: str | None,
    out: Path | None,
    clearance: str,
    workers: int | None,
) -> int:
    """Ask about a whole column of a CSV, Parquet or text FILE. Rows that cannot be read are listed beside the answers."""
    from saksi.app.bulk import opened, probe, readable, rows_in
    from saksi.observables.kinds import KINDS
    from saksi.screen.answer_file import Written, dress_of
    from saksi.screen.apart import screen_apart
    from saksi.screen.bulk import Done, Task, screen
    from saksi.screen.column_file import Asked, Told, read_column

    target = out or file.with_name(file.name + ".answers.csv")
    to_read(file)
    for path in (target, Written(target).rejects_path):
        to_write(path, [file], what="the answers", option="--out")
    if kind is not None and kind not in KINDS:
        raise BadInput(f"no kind {kind!r}", where="--kind", todo=f"one of {', '.join(KINDS)}")
    with looking(ctx) as node:
        setting = node.setting(node.owner(Tlp(clearance)), node.judge(node.owner(Tlp(clearance)), None).at)
        place = country or node.config.country or None
        opener = partial(opened, node.files.views, kind, place, probe(node.views))
        task = Task(setting, dress_of(target))
        many = node.config.workers if workers is None else workers
        with Written(target) as written, progress(f"screening {file.name}", unit="rows", quiet=ctx.obj["json"]) as watch:
            told = Told(lambda found: written.add(Done(b"", 0, 0, 0, found)), partial(note, as_json=ctx.obj["json"]))
            chunks = read_column(file, Asked(column, heading, partial(readable, kind=kind, country=place)), told)
            total = rows_in(file)
            apart = screen_apart(opener, task, chunks, workers=many, into=written.into) if many else None
            work = apart or screen(opener(), task, chunks)
            for done in work:
                written.add(done)
                watch(written.answered + written.rejected, total)
    if ctx.obj["json"]:
        counts = {name: getattr(written, name) for name in ("answered", "known", "flagged", "rejected")}
        line({**counts, "out": str(target)})
    else:
        words(f"{written.answered:,} answered: {written.known:,} known, {written.flagged:,} flagged; {written.rejected:,} unreadable")
        words(f"  answers: {target}")
        if written.rejected:
            words(f"  not read: {written.rejects_path}")
    return 0


@click.command()
@click.argument("what", metavar="REF|ENTITY")
@click.option("--at", type=click.IntRange(0), help="As of an earlier ledger size.")
@click.option("--after", metavar="CURSOR", help="Of an entity: go on where the page before ended, with older statements.")
@click.option("--all", "every", is_flag=True, help=f"Of an entity: all statements of the page, not the newest {SOME} alone.")
@common
@click.pass_context
def show(ctx: click.Context, what: str, at: int | None, after: str | None, every: bool) -> int:
    """Show one statement (by its reference or commitment) in its own words, or everything about an entity (by its id)."""
    from msgspec import json as msgjson

    with looking(ctx) as node:
        digest = what.removeprefix(f"{node.config.origin}#")
        if len(digest) == 64 and ":" not in digest:
            view = node.statement(digest, reader=node.owner(), at=at)
            if view is None:
                nothing("nothing is recorded under this reference", as_json=ctx.obj["json"])
                return 1
            if ctx.obj["json"]:
                click.echo(msgjson.encode(view))
            else:
                tell_statement(view, now=node.views.size)
            return 0
        if ":" not in what:
            raise BadInput(
                "this is neither a reference nor an entity's id (a kind, ':' and a normal form)", where=what[:80], todo=_instead(node, what)
            )
        answer = node.entity(what, reader=node.owner(), at=at, after=after)
        if ctx.obj["json"]:
            click.echo(encode(answer))
        else:
            tell_answer(answer, now=node.views.size, most=None if every or after is not None else SOME)
            if answer.next is not None:
                words(f"  older statements: saksi show {what} --after {answer.next}")
        return 0 if answer.status != "unknown" else 1


@click.command()
@click.argument("text")
@click.option("--limit", type=click.IntRange(1, 1000), default=20)
@common
@click.pass_context
def search(ctx: click.Context, text: str, limit: int) -> int:
    """Find entities whose id, or a name given to them, holds TEXT."""
    with looking(ctx) as node:
        page = node.search(text, after=None, limit=limit, reader=node.owner(), at=None)
    for hit in page.hits:
        if ctx.obj["json"]:
            line({"entity": hit.entity, "status": hit.status, "statements": hit.statements, "said_by": hit.said_by})
        else:
            words(f"{hit.status:<12} {hit.entity}  ({hit.statements} statements, {hit.said_by})")
    if page.after and not ctx.obj["json"]:
        words(f"showing {len(page.hits)}; more with --limit")
    if not page.hits:
        nothing("no entity's id or name holds this; that does not mean that it is safe", as_json=ctx.obj["json"])
    return 0 if page.hits else 1


def _instead(node: Listing, text: str) -> str:
    """What to type instead of a value that is no id."""
    try:
        return f"saksi show {node.ask(text, country=None, reader=node.owner(), at=None).entity}"
    except BadInput:
        return f"saksi search {text}"
