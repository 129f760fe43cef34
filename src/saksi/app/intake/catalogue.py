"""The words of the public pages. Each language is whole; whether a speaker has checked it is said on each page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["LANGUAGES", "PublicWords", "words_of"]

LANGUAGES = {"en": "English", "km": "ភាសាខ្មែរ", "th": "ภาษาไทย"}


class PublicWords:
    """One language."""

    __slots__ = ("_texts", "lang")

    def __init__(self, lang: str, texts: Mapping[str, str]) -> None:
        self.lang = lang
        self._texts = texts

    def __call__(self, name: str, **parts: object) -> str:
        """The text called `name`, its braces filled in."""
        text = self._texts[name]
        return text.format(**parts) if parts else text

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    @property
    def names(self) -> frozenset[str]:
        """The names of all texts."""
        return frozenset(self._texts)


@cache
def words_of(lang: str) -> PublicWords:
    """The words of a language that is offered."""
    text = (files("saksi.app.intake") / "words" / f"{lang}.toml").read_text(encoding="utf-8")
    return PublicWords(lang, {name: str(value) for name, value in tomllib.loads(text).items()})
