"""What somebody wants entered in a case, sent by a form or by a program, and the one way it is made; which words are open to them now."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from saksi.app.api.desk import Call
from saksi.app.casing import Casing, Work
from saksi.app.people.forms import Form
from saksi.app.people.signed import fresh
from saksi.app.work.asking import check_worker, who
from saksi.cases import LEADS, MAY, STANDS, Case, Stand, Word
from saksi.model import BadInput
from saksi.model.actor import Actor

__all__ = ["BEARS", "FIELDS", "UNTYPED", "CaseBody", "EntryBody", "act_of", "body_of", "open_to", "typed", "work_of"]

_TYPED = ("word", "text", "refs", "entities", "reports", "documents")
FIELDS = frozenset({*_TYPED, "head", "task", "due", "whom", "other", "into_head"})
UNTYPED: Mapping[str, str] = dict.fromkeys(_TYPED, "")

# What changes who sees a case bears upon others: it needs a second factor shown just now.
BEARS: frozenset[Word] = frozenset({Word.JOIN, Word.LEAVE, Word.LEAD, Word.MERGE, Word.SEAL, Word.UNSEAL})

_BY_NODE = frozenset({Word.OPEN, Word.ABSORB})  # said by what opens and what merges, not by themselves
_DUE = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?Z?", re.ASCII)


class CaseBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case to open: what it is about, and the reports it begins with, with all that they name."""

    title: str
    reports: tuple[str, ...] = ()


class EntryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What somebody wants entered in a case as they saw it (`head`). `due` is a UTC time, `whom` a pseudonym, `other` the id of a case,
    `into_head` the head of the case that this one is merged into; which of the rest a word needs is said by `Entry`."""

    word: str
    head: str
    refs: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    text: str | None = None
    task: str | None = None
    due: str | None = None
    whom: str | None = None
    other: str | None = None
    into_head: str | None = None


def open_to(have: Case, actor: Actor) -> frozenset[Word]:
    """The words that a member may enter as the case stands: what forms there are. The case's own rules decide, whatever is sent."""
    if actor.person not in have.members or have.stand is Stand.SEALED:
        return frozenset()
    leads = actor.person == have.lead
    return frozenset(
        word
        for word in Word
        if word not in _BY_NODE
        and actor.roles & MAY[word]
        and have.stand in STANDS[word]
        and (leads or word not in LEADS or word is Word.LEAVE)
        and not (leads and word is Word.LEAVE and len(have.members) == 1)
    )


def act_of(call: Call, node: Casing, work: Work, into_head: str) -> Callable[[], Case]:
    """The entry as an act for the thread that writes. Raises BadInput where it names nobody of the desk, Refused where it bears upon others
    and no second factor was shown within five minutes."""
    actor, clearance = who(call)
    if work.word is not Word.LEAVE:  # whoever has left the authority can leave the case too
        check_worker(call, work.whom)
    if work.word in BEARS:
        fresh(call)
    if work.word is Word.MERGE:
        return lambda: node.merge(work, into_head, actor, clearance)
    return lambda: node.work(work, actor, clearance)


def body_of(form: Form) -> EntryBody:
    """What a form says. Raises BadInput for a field that stands there twice."""
    return EntryBody(
        word=form.one("word"),
        head=form.one("head"),
        refs=_names(form, "refs"),
        documents=_names(form, "documents"),
        entities=_names(form, "entities"),
        reports=_names(form, "reports"),
        text=form.one("text"),
        task=form.one("task"),
        due=form.one("due"),
        whom=form.one("whom"),
        other=form.one("other"),
        into_head=form.one("into_head"),
    )


def work_of(case: str, body: EntryBody) -> Work:
    """What is wanted, by its nouns; an empty text is none. Raises BadInput."""
    if body.word not in {each.value for each in Word}:
        raise BadInput(f"unknown word {body.word[:40]!r}", where="word")
    return Work(
        case=case,
        word=Word(body.word),
        head=body.head,
        refs=body.refs,
        documents=body.documents,
        entities=body.entities,
        reports=body.reports,
        text=(body.text or "").replace("\r\n", "\n").strip() or None,
        task=body.task or None,
        due=_due(body.due),
        whom=body.whom or None,
        other=(body.other or "").strip().removeprefix("case:") or None,
    )


def typed(form: Form) -> Mapping[str, str]:
    """What was typed into a form that was refused, so that it need not be typed again."""
    return {name: " ".join(form.all(name)) for name in _TYPED}


def _names(form: Form, name: str) -> tuple[str, ...]:
    """Names that stand in one field with spaces between them, or in several."""
    return tuple(dict.fromkeys(each for text in form.all(name) for each in text.split()))


def _due(text: str | None) -> str | None:
    if not text:
        return None
    found = _DUE.fullmatch(text)
    if found is None:
        raise BadInput("a day and a time (UTC) are expected", where="due", todo="such as 2026-06-15T12:00")
    return f"{found[1]}T{found[2]}{found[3] or ':00'}Z"
