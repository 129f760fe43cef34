"""The notice to a holder: that something is asked about what is theirs, by whom, until when, and how they contest it without a lawyer.

A bank or carrier hands it over. It names neither the account nor any ground: whoever finds it learns only that there is one. Where a law
forbids to tell the holder there is none, until the measure is lifted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from saksi.actions import History, Mine
from saksi.exchange.letter import local, rendered
from saksi.exchange.office import Office
from saksi.exchange.printer import made_pdf
from saksi.exchange.reference import reference
from saksi.exchange.shown import line, paragraphs
from saksi.exchange.wording import wording
from saksi.model import NotAllowed
from saksi.model.moment import moment

__all__ = ["Notice", "notice_of", "notice_pdf"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice in one language: its title, its sentences in their order, its named lines, how to contest."""

    language: str
    title: str
    said: tuple[str, ...]
    named: tuple[tuple[str, str], ...]
    contest_title: str
    contest: tuple[str, ...]


def notice_of(have: History, office: Office, language: str) -> Notice:
    """The notice for the holder in `language` (`en`, `km`, `th`; else English).

    Raises NotAllowed for a request that bears upon nobody or never left, and where the law forbids to tell.
    """
    asked, words = have.request, wording((language,))
    lifted = have.mine is Mine.WITHDRAWN
    if not asked.rule.coercive or have.sent_at is None:
        raise NotAllowed("a holder is noticed of what was asked and bears upon them", where="request")
    if office.tipping_off is not None and not lifted:
        raise NotAllowed(f"the holder may not be told: {office.tipping_off}", where="tipping_off", todo="notice them when it is lifted")
    said = [words["notice"]]
    if lifted:
        said.append(words["holder_lifted"].format(office=line(office.name)))
    elif (until := have.until or have.asked_until) is not None:
        said.append(words["notice_until"].format(until=local(moment(until, "until"), 0)))
    named = (
        (words["authority"], line(office.name)), (words["reference"], reference(asked.id)), (words["what"], words.kinds[asked.kind.value]),
        (words["holder_since"], local(moment(have.sent_at, "sent_at"), 0)),
    )  # fmt: skip
    contest = (words["holder_how"], *paragraphs(office.contest), words["notice_contest"])
    return Notice(words.language, words["holder_title"], tuple(said), named, words["contest"], contest)


def notice_pdf(notice: Notice, fonts: Path) -> bytes:
    """The notice as a tagged PDF with fonts of the folder."""
    return made_pdf(rendered("holder.html", wording((notice.language,)), notice=notice), fonts)
