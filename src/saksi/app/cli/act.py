"""Commands about requests to act: `request list`, `request show`, `request letter`, `yardstick`.

Steps are taken by people who have signed in, on the pages: a request is drafted, agreed to and answered under somebody's own name, with a
second factor shown just now, and a command line knows only who runs the machine.
"""

from __future__ import annotations

from pathlib import Path

import click

from saksi.app.cli.open import reading
from saksi.app.cli.say import common, line, words

__all__ = ["request", "yardstick"]


@click.group()
def request() -> None:
    """The requests of this authority: what is asked of whom, where it stands, who must act by when."""


@request.command("list")
@click.option("--waits-for", type=click.Choice(["us", "them", "nobody"]), multiple=True, help="Only those that wait for one of these.")
@click.option("--overdue", is_flag=True, help="Only those that somebody should have acted on by now.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50)
@common
@click.pass_context
def list_(ctx: click.Context, waits_for: tuple[str, ...], overdue: bool, limit: int) -> int:
    """List requests, those that are due first."""
    from dataclasses import asdict

    from saksi.app.home import now_text

    with reading(ctx) as node:
        found = node.book.lines(waits=waits_for, limit=limit)
    if overdue:  # those due first come first
        found = [each for each in found if each.due is not None and each.due < now_text() and each.waits_for != "nobody"]
    for each in found:
        if ctx.obj["json"]:
            line(asdict(each))
        else:
            due = f"due {each.due}" if each.due else ""
            words(f"{each.id}  {each.kind:<9} {each.recipient}  {each.mine}/{each.theirs}, waits for {each.waits_for}  {due}".rstrip())
    return 0 if found else 1


@request.command()
@click.argument("id_", metavar="ID")
@common
@click.pass_context
def show(ctx: click.Context, id_: str) -> int:
    """Show one request: what is asked, and every step with who took it and when."""
    with reading(ctx) as node:
        have = node.book.history(id_)
        steps = node.book.steps(id_)
        refs = [node.shelf.ref(each.commitment) for each in steps]
    asked = have.request
    if ctx.obj["json"]:
        told = {name: value for name, value in asked.to_json().items() if name != "nonce"}
        taken = [
            {**{name: value for name, value in each.step.to_json().items() if name != "asked"}, "ref": ref}
            for each, ref in zip(steps, refs, strict=True)
        ]
        line({"request": told, "mine": have.mine.value, "theirs": have.theirs.value, "steps": taken, "said": have.crossing.said})
        return 0
    words(f"{asked.kind.value}: {asked.rule.asks}  -  to {asked.to.name}")
    words(f"  {have.crossing.said}")
    for target in asked.targets:
        words(f"  {target.entity}" + (f"  {target.money}" if target.money else ""))
    words(f"  {asked.offence}; {asked.legal_basis}; {asked.instrument}; {asked.urgency.words}")
    for each, ref in zip(steps, refs, strict=True):
        step = each.step
        words(
            f"  {step.at}  {step.word.value:<15} {step.person} ({step.role.value}, {step.unit})" + (f": {step.text}" if step.text else "")
        )
        words(f"      {ref}")
    return 0


@request.command()
@click.argument("id_", metavar="ID")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder to write into.")
@common
@click.pass_context
def letter(ctx: click.Context, id_: str, out: Path) -> int:
    """Write the letter of a request that was sent, with what goes beside it, to print or to hand over; it names the newest checkpoint."""
    from datetime import UTC, datetime

    from saksi.app.posting.setting import directory_of, sender_of
    from saksi.exchange.deliver import packed
    from saksi.ledger.checkpoint import parse_checkpoint
    from saksi.ledger.note import parse_note

    with reading(ctx) as node:
        have = node.book.history(id_)
        entry = directory_of(node.files, node.config).entry(have.request.to.id)
        seen = parse_checkpoint(parse_note(node.checkpoint).text) if node.checkpoint else None
        made = packed(have, entry, sender_of(node.files, node.config, datetime.now(UTC)), seen=seen)
    out.mkdir(parents=True, exist_ok=True)
    for each in made.files:
        (out / each.name).write_bytes(each.data)
        if ctx.obj["json"]:
            line({"file": str(out / each.name), "bytes": len(each.data)})
        else:
            words(str(out / each.name))
    return 0


@click.command()
@common
@click.pass_context
def yardstick(ctx: click.Context) -> int:
    """Count how requests were met, the same for every party; no speed without what was wrong, no score, no rank. What waits in each unit
    and what became of money come after."""
    from msgspec import to_builtins

    from saksi.app.requesting.counted import record_of

    with reading(ctx) as node:
        made, told = record_of(node)
    if ctx.obj["json"]:
        for each in (*told.measures, *to_builtins((*told.units, *told.money))):
            line({**each, "at": told.at})
        return 0 if made else 1
    for measure in made:
        side = "as it asked" if measure.asks else "as it was asked"
        words(f"{measure.party}, {side}: {measure.kind.value}, {_few(measure.requests)} requests")
        words(f"  wrong {_few(measure.wrong.part)}, for {_few(measure.wrong_hours)} hours")
        words(f"  done {_few(measure.done.part)}; silent {_few(measure.silent.part)}")
        if measure.decide is not None and measure.decide.middle is not None:
            words(f"  decided after {measure.decide.middle} s (middle), {measure.decide.ninth} s (nine in ten)")
    for unit in told.units:
        words(f"{unit.unit}: {_few(unit.waits)} wait for it, {_few(unit.overdue)} of them overdue")
    for sum_ in told.money:
        figures = (("reported lost", sum_.reported), ("asked to be held", sum_.asked), ("held", sum_.held), ("returned", sum_.returned))
        words(f"{sum_.currency}: " + ", ".join(f"{name} {amount or 'by fewer than five'}" for name, amount in figures))
    if not made:
        words("no request has been sent yet")
    return 0 if made else 1


def _few(count: int | None) -> str:
    return "fewer than five" if count is None else f"{count:,}"
