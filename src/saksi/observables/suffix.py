"""Which part of a host name one owner registered: the Public Suffix List as three sets, probed with a few look-ups.

The list is the one that the package `publicsuffixlist` ships (publicsuffix.org); its rules are read at the first use, once, and
kept as sets, because the package's own walk costs 3-6 us a name. Tests compare both on every host list at hand.

ICANN rules ("com", "co.uk") and private rules ("github.io": customers of one provider) are kept apart: nobody's scam is "com",
but "github.io" is also a working host of its provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Suffixes", "suffixes"]

_ICANN_BEGIN = "===BEGIN ICANN DOMAINS==="
_ICANN_END = "===END ICANN DOMAINS==="


@dataclass(frozen=True, slots=True)
class Suffixes:
    """The rules of the list, as ASCII (punycode): `names` are suffixes themselves, children of `wild` are, `exceptions` are not.

    A wildcard `*.ck` also makes `ck` a suffix (the list's own linter demands it), so `names` holds both.
    """

    names: frozenset[str]
    wild: frozenset[str]
    exceptions: frozenset[str]
    tops: frozenset[str]

    def is_suffix(self, name: str) -> bool:
        """Whether this lower-case ASCII name is itself a public suffix."""
        if name in self.names:
            return True
        _, _, parent = name.partition(".")
        return parent in self.wild and name not in self.exceptions

    def of(self, name: str) -> str:
        """The longest public suffix that `name` ends with; the last label where no rule fits (rule `*` of the list)."""
        rest = name
        while rest:
            if self.is_suffix(rest):
                return rest
            _, _, rest = rest.partition(".")
        return name.rpartition(".")[2]


@cache
def suffixes(icann_only: bool = False) -> Suffixes:
    """The shipped list, with or without the private section; read once from the installed package."""
    names: set[str] = set()
    wild: set[str] = set()
    exceptions: set[str] = set()
    tops: set[str] = set()
    icann = False
    for line in files("publicsuffixlist").joinpath("public_suffix_list.dat").read_text("utf-8").splitlines():
        if line.startswith("//"):
            icann = _ICANN_BEGIN in line or (icann and _ICANN_END not in line)
            continue
        rule = line.split(maxsplit=1)[0].lower() if line.strip() else ""
        if not rule or (icann_only and not icann):
            continue
        rule = _ascii(rule)
        if rule.startswith("!"):
            exceptions.add(rule[1:])
        elif rule.startswith("*."):
            wild.add(rule[2:])
            names.add(rule[2:])
        else:
            names.add(rule)
        if icann:
            tops.add(rule.rpartition(".")[2])
    return Suffixes(frozenset(names), frozenset(wild), frozenset(exceptions), frozenset(tops))


def _ascii(rule: str) -> str:
    if rule.isascii():
        return rule
    return ".".join(label if label.isascii() else label.encode("idna").decode("ascii") for label in rule.split("."))
