"""What the forms of requests send, read into the same shapes that programs send as JSON."""

from __future__ import annotations

from itertools import zip_longest

from saksi.app.api.desk import Call
from saksi.app.people.forms import Form, read_form, read_form_with_file
from saksi.app.requesting.wire import DoneBody, RequestBody, StepBody, TargetBody
from saksi.model import BadInput

__all__ = ["asked_of", "read_asked", "read_step"]

_MOST, _LONGEST = 400, 400_000  # fields and bytes: ten accounts with their statements, reasons in any script
_TEXTS = frozenset({"kind", "to", "offence", "instrument", "legal_basis", "purpose", "proportionality", "urgency"})
_MAYBE = frozenset({"until", "living_costs", "holder_language", "consent", "text", "case"})
_LISTS = frozenset({"target", "entity", "amount", "currency", "ground", "concerns", "audience"})
_STEP = frozenset({
    "word", "head", "subject", "target", "until", "reason", "text", "done_entity", "done_amount", "done_currency", "via", "evidence",
    "checked",
})  # fmt: skip


async def read_asked(call: Call) -> tuple[RequestBody, str]:
    """A draft or an edit; and the head that the edit was made on (empty for a draft)."""
    form = await read_form(call, _TEXTS | _MAYBE | _LISTS | {"head"}, longest=_LONGEST, most=_MOST)
    return asked_of(form), form.one("head")


def asked_of(form: Form) -> RequestBody:
    """The fields of a draft. Each entity stands with its amount and currency; those that are ticked are targets."""
    ticked = frozenset(form.all("target"))
    rows = zip_longest(form.all("entity"), form.all("amount"), form.all("currency"), fillvalue="")
    targets = tuple(
        TargetBody(entity, amount.strip() or None, currency.strip().upper() or None)
        for entity, amount, currency in rows
        if entity in ticked
    )
    told = {name: form.one(name).strip() for name in _TEXTS}
    maybe = {name: form.one(name).strip() or None for name in _MAYBE}
    audience = tuple(" ".join(form.all("audience")).split())
    return RequestBody(targets=targets, grounds=form.all("ground"), concerns=form.all("concerns"), audience=audience, **told, **maybe)  # type: ignore[arg-type]


async def read_step(call: Call) -> StepBody:
    """A step that a person wants to take, with the letter that it was typed from where they have it."""
    form, letter = await read_form_with_file(call, _STEP, longest=_LONGEST, most=_MOST)

    def maybe(name: str) -> str | None:
        return form.one(name).strip() or None

    rows = list(zip_longest(form.all("done_entity"), form.all("done_amount"), form.all("done_currency"), fillvalue=""))
    if any(not entity or not currency for entity, _, currency in rows):
        raise BadInput("an amount stands with its account and its currency", where="done")
    done = tuple(DoneBody(entity, amount.strip(), currency) for entity, amount, currency in rows if amount.strip())
    return StepBody(
        word=form.one("word"), head=form.one("head"), subject=maybe("subject"), targets=form.all("target"), until=maybe("until"),
        reason=maybe("reason"), text=maybe("text"), done=done, via=form.one("via") or "node", evidence=maybe("evidence"),
        checked=maybe("checked"), letter=letter,
    )  # fmt: skip
