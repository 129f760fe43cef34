"""What the public pages are told by the authority: emergency words, the names they answer to, and how much they take."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from saksi.app.files import read_words
from saksi.model.errors import BadInput

__all__ = ["PublicLimits", "PublicSettings", "load_public"]

_FILE = "public.toml"
_TEXTS = ("emergency", "minors", "privacy")


@dataclass(frozen=True, slots=True)
class PublicLimits:
    """What strangers may cost. Rates are (a second, at once); many people share an address of a mobile network, so each has some room."""

    body: int = 13 << 20
    seconds: float = 60.0
    at_once: int = 256
    uploads: int = 8
    each_report: tuple[float, int] = (0.2, 30)
    all_reports: tuple[float, int] = (100.0, 200)
    each_question: tuple[float, int] = (0.2, 20)
    all_questions: tuple[float, int] = (50.0, 100)
    each_page: tuple[float, int] = (5.0, 100)


@dataclass(frozen=True, slots=True)
class PublicSettings:
    """The settings of `public.toml`. Texts are by language (`en`, `km`, `th`); `hosts` are the names the pages answer to, none: any.

    `emergency` says whom to call when somebody is in danger, `minors` whom a child can talk to, `privacy` who reads a report and for how
    long it is kept. `forwarded` trusts the last address of X-Forwarded-For: only behind a proxy that sets it.
    """

    title: str
    country: str = ""
    emergency: dict[str, str] = field(default_factory=dict)
    minors: dict[str, str] = field(default_factory=dict)
    privacy: dict[str, str] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()
    forwarded: bool = False
    tls: bool = False
    limits: PublicLimits = field(default_factory=PublicLimits)

    def words(self, name: str, lang: str) -> str:
        """One of the texts in a language, else in English, else nothing."""
        texts: dict[str, str] = getattr(self, name)
        return texts.get(lang) or texts.get("en", "")


def load_public(home: Path, *, title: str, country: str) -> PublicSettings:
    """Read `public.toml` in a node's home, strictly; without one the pages say only what holds everywhere."""
    path = home / _FILE
    if not path.is_file():
        return PublicSettings(title, country)
    try:
        table = tomllib.loads(read_words(path, what="a file of settings"))
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"not a TOML file: {fault}", where=str(path)) from fault
    for key in table:
        if key not in {*_TEXTS, "hosts", "forwarded"}:
            raise BadInput(f"unknown setting {key!r}", where=str(path), todo=f"known: {', '.join((*_TEXTS, 'hosts', 'forwarded'))}")
    emergency, minors, privacy = (_by_language(table.get(name, {}), f"{path}: {name}") for name in _TEXTS)
    hosts, forwarded = table.get("hosts", []), table.get("forwarded", False)
    if not isinstance(hosts, list) or not all(isinstance(name, str) for name in hosts):
        raise BadInput("a list of host names is expected", where=f"{path}: hosts")
    if not isinstance(forwarded, bool):
        raise BadInput("true or false is expected", where=f"{path}: forwarded")
    return PublicSettings(title, country, emergency, minors, privacy, frozenset(map(str.lower, hosts)), forwarded)


def _by_language(value: object, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadInput("a table of texts by language is expected", where=where)
    return {str(lang): str(text) for lang, text in value.items()}
