"""How many sources really speak for something: a text that ten papers copied is one source.

Two sources count once where they share the document (digest), the series, the publisher, the address, words quoted from them, or a
headline of five words or more (one wire report in many papers). Sharing is passed on: a chain of such pairs is one source. A source that
nobody opened speaks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from saksi.model import Source
from saksi.screen.answer import Independence

__all__ = ["Origins", "count", "origins", "quoted", "union"]

Origins = frozenset[tuple[str, str]]

_WORDS = re.compile(r"\w+")
_TELLING = 5  # words: fewer are said by chance ("Phishing list", "Scam alert")
_TELLING_LETTERS = 24  # for scripts that write without spaces between words


def origins(source: Source) -> Origins:
    """What this source could share with another one; empty for a source nobody opened."""
    if source.digest is None:
        return frozenset()
    made = {("digest", source.digest)}
    if source.series is not None:
        made.add(("series", source.series))
    if source.publisher is not None and source.publisher.strip():
        made.add(("publisher", " ".join(source.publisher.casefold().split())))
    if source.uri is not None:
        made.add(("uri", source.uri))
    if source.title is not None and (words := _telling(source.title)):
        made.add(("words", words))
    return frozenset(made)


def quoted(quote: str | None) -> Origins:
    """What a quoted passage adds to its source's origins: its words, where there are enough of them to be no chance."""
    words = _telling(quote) if quote is not None else ""
    return frozenset({("words", words)}) if words else frozenset()


def count(sources: Sequence[Origins]) -> Independence:
    """The independent ones among these sources (each given once)."""
    groups: list[set[tuple[str, str]]] = []
    opened = 0
    for marks in sources:
        if not marks:
            continue
        opened += 1
        joined = set(marks)
        apart = []
        for group in groups:
            if group.isdisjoint(joined):
                apart.append(group)
            else:
                joined |= group
        groups = [*apart, joined]
    return Independence(sources=len(groups), collapsed=opened - len(groups), unopened=len(sources) - opened)


def union(parts: Iterable[Origins]) -> Origins:
    """All origins of one source together."""
    return frozenset().union(*parts)


def _telling(text: str) -> str:
    words = _WORDS.findall(text.casefold())
    joined = " ".join(words)
    enough = len(words) >= _TELLING or (not joined.isascii() and len(joined) >= _TELLING_LETTERS)
    return joined if enough else ""
