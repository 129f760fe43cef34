"""The words of the pages, by language: one catalogue file each.

A language is offered once its catalogue is whole, so that no page mixes two; until then its readers get English.
"""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping
from importlib.resources import files

__all__ = ["LANGUAGES", "Words", "load_words", "wanted"]

LANGUAGES = ("en", "km", "th")


class Words:
    """One language's catalogue."""

    __slots__ = ("_texts", "lang")

    def __init__(self, lang: str, texts: Mapping[str, str]) -> None:
        self.lang = lang
        self._texts = texts

    def __call__(self, name: str, **parts: object) -> str:
        """The text called `name`, its braces filled in. An unknown name is a fault of ours and raises KeyError."""
        text = self._texts[name]
        return text.format(**parts) if parts else text

    def or_name(self, name: str, plain: str) -> str:
        """The text called `name`, or `plain` where a property has no words of its own."""
        return self._texts.get(name, plain)

    def missing(self, other: Words) -> tuple[str, ...]:
        """What `other` has and this one lacks."""
        return tuple(sorted(other._texts.keys() - self._texts.keys()))


def load_words() -> Mapping[str, Words]:
    """All catalogues, whole or not."""
    folder = files("saksi.app.web") / "catalogue"
    return {lang: Words(lang, _read(tomllib.loads((folder / f"{lang}.toml").read_text(encoding="utf-8")))) for lang in LANGUAGES}


def wanted(header: str, offered: Container[str]) -> str:
    """The first language of an Accept-Language header that is offered; English otherwise."""
    for part in header.split(","):
        lang = part.partition(";")[0].strip().lower().partition("-")[0]
        if lang in offered:
            return lang
    return "en"


def _read(table: Mapping[str, object]) -> Mapping[str, str]:
    return {name: text for name, text in table.items() if isinstance(text, str)}
