"""What somebody wants entered in a case, read from a form; and which words are open to them now."""

from __future__ import annotations

import re
from collections.abc import Mapping

from saksi.app.casing import Work
from saksi.app.people.forms import Form
from saksi.cases import LEADS, MAY, STANDS, Case, Stand, Word
from saksi.model import BadInput
from saksi.model.actor import Actor

__all__ = ["BEARS", "FIELDS", "UNTYPED", "open_to", "typed", "work_of"]

_TYPED = ("word", "text", "refs", "entities", "reports", "documents")
FIELDS = frozenset({*_TYPED, "head", "task", "due", "whom", "other", "into_head"})
UNTYPED: Mapping[str, str] = dict.fromkeys(_TYPED, "")

# What changes who sees a case bears upon others: it needs a second factor shown just now.
BEARS: frozenset[Word] = frozenset({Word.JOIN, Word.LEAVE, Word.LEAD, Word.MERGE, Word.SEAL, Word.UNSEAL})

_BY_PAGE = frozenset({Word.OPEN, Word.ABSORB})  # said by what opens and what merges, not by themselves
_DUE = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?Z?", re.ASCII)


def open_to(have: Case, actor: Actor) -> frozenset[Word]:
    """The words that a member may enter as the case stands: what forms there are. The case's own rules decide, whatever is sent."""
    if actor.person not in have.members or have.stand is Stand.SEALED:
        return frozenset()
    leads = actor.person == have.lead
    return frozenset(
        word
        for word in Word
        if word not in _BY_PAGE
        and actor.roles & MAY[word]
        and have.stand in STANDS[word]
        and (leads or word not in LEADS or word is Word.LEAVE)
        and not (leads and word is Word.LEAVE and len(have.members) == 1)
    )


def work_of(case: str, form: Form) -> Work:
    """Read the form of an entry. Raises BadInput."""
    word = form.one("word")
    if word not in {each.value for each in Word}:
        raise BadInput(f"unknown word {word[:40]!r}", where="word")
    return Work(
        case=case,
        word=Word(word),
        head=form.one("head"),
        refs=_names(form, "refs"),
        documents=_names(form, "documents"),
        entities=_names(form, "entities"),
        reports=_names(form, "reports"),
        text=form.one("text").replace("\r\n", "\n").strip() or None,
        task=form.one("task") or None,
        due=_due(form.one("due")),
        whom=form.one("whom") or None,
        other=form.one("other").strip().removeprefix("case:") or None,
    )


def typed(form: Form) -> Mapping[str, str]:
    """What was typed into a form that was refused, so that it need not be typed again."""
    return {name: " ".join(form.all(name)) for name in _TYPED}


def _names(form: Form, name: str) -> tuple[str, ...]:
    """Names that stand in one field with spaces between them, or in several."""
    return tuple(dict.fromkeys(each for text in form.all(name) for each in text.split()))


def _due(text: str) -> str | None:
    if not text:
        return None
    found = _DUE.fullmatch(text)
    if found is None:
        raise BadInput("a day and a time (UTC) are expected", where="due", todo="such as 2026-06-15T12:00")
    return f"{found[1]}T{found[2]}{found[3] or ':00'}Z"
