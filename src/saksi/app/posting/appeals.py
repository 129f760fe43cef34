"""What a holder wrote to contest: sealed when it comes, matched to a request by the courier, and never answered with what a stranger
could not know.

Whoever writes gets the same words in about the same time, whether the reference names a request, another, or none: the form opens nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

from saksi.actions import COURIER, History, Mine, Role, Step, Word
from saksi.app.posting.posting import Posting
from saksi.app.posting.tray import APPEAL, Item
from saksi.exchange.reference import references_in
from saksi.model import BadInput, canonical, parse_canonical

__all__ = ["Appeal", "hand_in", "matched_appeals", "read_appeal"]

_SESSION = re.compile(r"[0-9a-f]{32}")
_WORDS, _CONTACT, _REFERENCE = 4_000, 400, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """One appeal: the reference as it was typed, why it is wrong, how the person can be reached, the language of the page. `session` is
    random and comes with the form: sent twice it is one appeal, and its digest cannot be guessed."""

    reference: str
    words: str
    contact: str
    language: str
    session: str

    def __post_init__(self) -> None:
        if not references_in(self.reference):
            raise BadInput("a reference looks like SK-01AB-23CD-45EF", where="reference")
        for name, most in (("reference", _REFERENCE), ("words", _WORDS), ("contact", _CONTACT)):
            if not 1 <= len(getattr(self, name).strip()) <= most:
                raise BadInput(f"1 to {most:,} characters", where=name)
        if not _SESSION.fullmatch(self.session):
            raise BadInput("the form cannot be read", where="form")

    def line(self) -> bytes:
        """The appeal as it is kept."""
        return canonical({name: getattr(self, name) for name in ("reference", "words", "contact", "language", "session")})


def read_appeal(line: bytes) -> Appeal:
    """Read what `line` wrote, strictly."""
    whole = parse_canonical(line)
    return Appeal(**{name: str(whole[name]) for name in ("reference", "words", "contact", "language", "session")})


def hand_in(node: Posting, appeal: Appeal, now: str) -> bool:
    """Keep an appeal, sealed and durable; False where so much waits that no more is kept. The same one again changes nothing."""
    line = appeal.line()
    digest = sha256(line).hexdigest()
    made = node.tray.put(Item(digest, APPEAL, None, now, "new", None, None, None), line)
    return made or node.tray.has(digest)


def matched_appeals(node: Posting, now: datetime) -> None:
    """Make appeals that name one request steps of it; the others, and a second one while the first is open, wait for an officer."""
    for item in node.tray.listed("new", sort=APPEAL):
        line = node.tray.body(item.digest)
        if line is None:
            continue
        (reference, *_) = references_in(read_appeal(line).reference)
        named = [each for each in node.book.named(reference.removeprefix("SK-").replace("-", "").lower()) if _contestable(node, each)]
        if len(named) == 1:
            node.carry(named[0], partial(_step, digest=item.digest, now=now))
        if node.tray.get(item.digest).state == "new":
            node.tray.sort_out(item.digest, named[0] if len(named) == 1 else None)


def _contestable(node: Posting, request: str) -> bool:
    have = node.book.history(request)
    return have.mine in {Mine.SENT, Mine.WITHDRAWN} and have.request.rule.coercive


def _step(have: History, *, digest: str, now: datetime) -> Step | None:
    if have.appeal == "open":
        return None
    return Step(
        request=have.request.id, word=Word.APPEAL, at=max(f"{now:%Y-%m-%dT%H:%M:%SZ}", have.at), after=have.head, person=COURIER.person,
        unit=COURIER.unit, role=Role.COURIER, via="form", evidence=digest,
    )  # fmt: skip
