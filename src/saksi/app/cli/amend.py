"""Commands that change one's mind, in public view: `retract`, `amend`, `erase`, `outcome`."""

from __future__ import annotations

import click

from saksi.app.cli.open import beside_a_server, reading, written_first
from saksi.app.cli.say import agreed, common, line, many, nothing, words
from saksi.model import OUTCOMES, BadInput, Grade, Json, Marking, Op, Pap, Tlp

__all__ = ["amend", "erase", "outcome", "retract"]

_OPS = [op.value for op in Op if op.amends]


@click.command()
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--value", help="Withdraw what is said of this value instead (read as `ask` reads it), by one publisher or series.")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option("--publisher", help="Whose files said it, as `ask` names them.")
@click.option("--series", help="Which series said it: the recurring list or the desk.")
@click.option("--reason", required=True, help="Why, in words that others will read.")
@click.option("--analyst", help="The pseudonym of whoever decides.")
@click.option("--yes", is_flag=True, help="Withdraw what is said of the value without asking.")
@common
@click.pass_context
def retract(
    ctx: click.Context,
    refs: tuple[str, ...],
    value: str | None,
    country: str | None,
    publisher: str | None,
    series: str | None,
    reason: str,
    analyst: str | None,
    yes: bool,
) -> int:
    """Withdraw statements of this authority. They stay in the ledger, marked as withdrawn; answers and block lists drop them at once.

    With --value it shows first what would be withdrawn. What other authorities say is contested with them, not withdrawn.
    """
    if bool(refs) == (value is not None):
        raise click.UsageError("name references, or a --value")
    if value is None:
        return _amend(ctx, refs, Op.RETRACT, reason=reason, analyst=analyst)
    from saksi.app.api.ports import AmendPlan

    plan = AmendPlan(Op.RETRACT.value, reason, value=value, country=country, publisher=publisher, series=series)
    with beside_a_server("retractions"), reading(ctx) as node:
        written_first(node)
        entity, found = node.own_saying(plan)
    if ctx.obj["json"] and not yes:
        line({"op": Op.RETRACT.value, "entity": entity, "targets": list(found), "refs": []})
    elif not ctx.obj["json"]:
        words(f"{value} is read as {entity}." if value != entity else entity)
        words(f"This withdraws {many(len(found), 'statement')} that {publisher or series} makes about it.")
    if not yes and not agreed("Withdraw?", as_json=ctx.obj["json"]):
        words("nothing was withdrawn")
        return 1
    return _amend(ctx, found, Op.RETRACT, reason=reason, analyst=analyst)


@click.command()
@click.argument("op", type=click.Choice(_OPS))
@click.argument("refs", nargs=-1, required=True, metavar="REF...")
@click.option("--reason", help="Why, in words that others will read.")
@click.option("--grade", help="The new grade, for regrade: C4.")
@click.option("--tlp", type=click.Choice([level.value for level in Tlp]), help="Who may see it from now on, for relabel.")
@click.option("--pap", type=click.Choice([level.value for level in Pap]), help="What may be done with it, for relabel: both are named.")
@click.option("--audience", multiple=True, help="Who alone may see it, for relabel to AMBER or stricter (named anew each time).")
@click.option("--purpose", help="What it is held for, for relabel; left out, it stays as it was.")
@click.option("--legal-basis", help="On which legal ground, for relabel; left out, it stays as it was.")
@click.option("--analyst", help="The pseudonym of whoever decides.")
@common
@click.pass_context
def amend(
    ctx: click.Context,
    op: str,
    refs: tuple[str, ...],
    reason: str | None,
    grade: str | None,
    tlp: str | None,
    pap: str | None,
    audience: tuple[str, ...],
    purpose: str | None,
    legal_basis: str | None,
    analyst: str | None,
) -> int:
    """Regrade, relabel, expire, confirm, reject, reinstate or retract statements of this authority."""
    marking = None
    if tlp is not None and pap is not None:
        marking = Marking.given(Tlp(tlp), Pap(pap), audience=audience, purpose=purpose, legal_basis=legal_basis)
    elif tlp is not None or pap is not None:
        missing = "--pap" if pap is None else "--tlp"
        raise BadInput(
            "a marking has both a TLP and a PAP, and one is missing", where=missing, todo="name both, as in --tlp AMBER --pap GREEN"
        )
    elif audience or purpose is not None or legal_basis is not None:
        raise BadInput(
            "an audience, a purpose and a legal basis go with a marking", where="--tlp", todo="name --tlp and --pap too, for relabel"
        )
    given = None if grade is None else Grade.parse(grade)
    return _amend(ctx, refs, Op(op), reason=reason, analyst=analyst, grade=given, marking=marking)


@click.command()
@click.argument("what", metavar="REF|ENTITY|VALUE")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option("--ground", required=True, help="On which ground (a decision, a request of the person), without naming the person.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@common
@click.pass_context
def erase(ctx: click.Context, what: str, country: str | None, ground: str, yes: bool) -> int:
    """Erase the data subjects behind a statement, or behind everything about an entity (a report's id, or a value read as `ask` reads it).

    Their keys are destroyed: what was sealed under them can never be read again, here or from a backup. The ledger keeps only the notice.
    """
    with beside_a_server("erasures"), reading(ctx) as node:
        written_first(node, whole=False)
        meant = node.meant(what, country)
        if meant != what and not ctx.obj["json"]:
            words(f"{what} is read as {meant}.")
        if not node.holds(meant):
            nothing(f"nothing is recorded about {meant}", as_json=ctx.obj["json"])
            return 1
        plan = node.plan_erasure(meant)
        told: dict[str, Json] = {
            "what": meant,
            "subjects": len(plan.subjects),
            "subject_ids": [id_.hex() for id_ in plan.subjects],
            "statements": len(plan.touched),
            "amendments": plan.amendments,
            "shared_with_others": plan.shared,
            "originals": len(plan.originals),
            "losing_their_original": plan.resting,
        }
        if ctx.obj["json"] and not yes:
            line({**told, "erased": False})
        elif not ctx.obj["json"]:
            words(f"This destroys for good {many(len(plan.touched), 'statement')} of {many(len(plan.subjects), 'data subject')}.")
            if plan.amendments:
                words(f"  {plan.amendments} of them only amend others of them.")
            if plan.shared:
                words(f"  {plan.shared} of them concern other people too, who are not named here.")
            if plan.originals:
                words(f"  Originals that go too: {len(plan.originals)}. Other statements that rest on them: {plan.resting}.")
        if not yes and not agreed("Erase?", as_json=ctx.obj["json"]):
            words("nothing was erased")
            return 1
        done = node.erase(plan, ground=ground)
        if ctx.obj["json"]:
            line({**told, "erased": True, "notices": list(done.notices)})
        else:
            words(f"erased; the notice is leaf {done.notices[0]}" if done.notices else "erased")
            words("  for restores, write the register anew, apart from the backups: saksi erased --out FILE")
    return 0


@click.command()
@click.argument("value")
@click.argument("what", type=click.Choice(list(OUTCOMES)), metavar="OUTCOME")
@click.option("--country", help="For local phone and account forms (ISO 3166).")
@click.option("--happened", help="When (ISO date or UTC time).")
@click.option("--by", default="", help="Who tells it.")
@common
@click.pass_context
def outcome(ctx: click.Context, value: str, what: str, country: str | None, happened: str | None, by: str) -> int:
    """Record what became of VALUE after a look-up, as the desk's own word: payment-stopped, scam-confirmed, false-alarm ..."""
    from saksi.app.api.ports import OutcomePlan

    with beside_a_server("outcomes"), reading(ctx) as node:
        written_first(node, whole=False)
        made = node.outcome(OutcomePlan(value, what, country=country, happened=happened, by=by, desk=True))
        node.catch_up()
    if ctx.obj["json"]:
        line({"ref": made.ref, "entity": made.entity, "outcome": made.outcome, "duplicate": made.duplicate})
    else:
        words(f"{made.entity}: {OUTCOMES[made.outcome]}{' (told before)' if made.duplicate else ''}")
        words(f"  {made.ref}")
    return 0


def _amend(
    ctx: click.Context,
    refs: tuple[str, ...],
    op: Op,
    *,
    reason: str | None,
    analyst: str | None,
    grade: Grade | None = None,
    marking: Marking | None = None,
) -> int:
    from saksi.app.amending import Change

    with beside_a_server("retractions" if op is Op.RETRACT else "amendments"), reading(ctx) as node:
        written_first(node)
        made = node.amend_all(refs, Change(op, reason, grade, marking, analyst))
    for target, new in zip(dict.fromkeys(refs), made, strict=True):
        if ctx.obj["json"]:
            line({"op": op.value, "target": target, "ref": new})
        else:
            words(f"{op.value}: {target}")
            words(f"  by {new}")
    return 0
