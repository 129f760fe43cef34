"""The fixed words of letters, by language: a file a language, each with every string that English has."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from saksi.model import BadInput

__all__ = ["LANGUAGES", "Wording", "wording"]

LANGUAGES: tuple[str, ...] = ("en", "km", "th")
_GROUPS = ("kinds", "offences", "urgencies", "refusals", "made_of", "follow")


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language: `texts` by name; the others by the values of their lists."""

    language: str
    texts: Mapping[str, str]
    kinds: Mapping[str, str]
    offences: Mapping[str, str]
    urgencies: Mapping[str, str]
    refusals: Mapping[str, str]
    made_of: Mapping[str, str]
    follow: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts[name]


def wording(languages: tuple[str, ...]) -> Wording:
    """The words in the first of `languages` that there are words in, else in English."""
    return _read(next((base for each in languages if (base := each.partition("-")[0].lower()) in LANGUAGES), "en"))


@cache
def _read(language: str) -> Wording:
    whole = tomllib.loads((files("saksi.exchange") / "words" / f"{language}.toml").read_text(encoding="utf-8"))
    groups: dict[str, Mapping[str, str]] = {name: whole.pop(name) for name in _GROUPS}
    if not all(isinstance(text, str) and text for part in (whole, *groups.values()) for text in part.values()):
        raise BadInput("a string of the letters is not text", where=f"words/{language}.toml")
    return Wording(language, whole, **groups)
