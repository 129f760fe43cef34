"""MISP warning lists: values that must not be flagged alone, because they are well known, shared by many, or reserved.

What each list means is not in the list: the caller says for each list's name whether it is benign, shared or reserved, or out of scope.
Exact values, hosts (also written `.example.com`) and networks become entities. Patterns are no single value: they are rejected, with the
reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from saksi.formats.batch import Chunk, Rejected
from saksi.formats.listed import Says, check_says, tell_listed
from saksi.formats.reader import Given, Job, rejected
from saksi.formats.small_json import read_small_json
from saksi.formats.valuelist import split_array
from saksi.model.errors import BadInput
from saksi.model.locator import Locator
from saksi.model.vocabulary import SAFE_KINDS

__all__ = ["OUT_OF_SCOPE", "WarningListReader"]

OUT_OF_SCOPE = "out-of-scope"
_TYPES = ("string", "substring", "hostname", "cidr", "regex")
_KEYS = {"name", "type", "list", "matching_attributes", "description", "version"}
_HOSTS = {"domain", "hostname", "url", "uri"}
_MAILS = {"email-src", "email-dst", "target-email", "whois-registrant-email", "dns-soa-email"}
_IPS = {"ip-src", "ip-dst"}
_PHONES = {"phone-number", "whois-registrant-phone"}
_PATTERN = "a pattern that fits many values, not one value"
_ONE_PHONE = re.compile(r"/\(\(\?:\\\+\|00\)(\d{1,3})\)\?(\d{4,14})/[gi]*")


@dataclass(frozen=True, slots=True)
class WarningListReader:
    """Reads one list. `meanings` gives benign, shared, reserved or out-of-scope by the list's own name."""

    given: Given
    meanings: Mapping[str, str]

    def __post_init__(self) -> None:
        for name, meaning in self.meanings.items():
            if meaning not in {*SAFE_KINDS, OUT_OF_SCOPE}:
                raise BadInput(f"a warning list is {', '.join(SAFE_KINDS)} or {OUT_OF_SCOPE}, not {meaning!r}", where=name)

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Jobs of values, which carry the list's name, type and meaning."""
        found = read_small_json(stream)
        if not isinstance(found, dict) or not isinstance(found.get("list"), list) or not isinstance(found.get("name"), str):
            raise BadInput("an object with 'name', 'type' and 'list' is expected")
        name, kind = found["name"], found.get("type")
        if kind not in _TYPES:
            raise BadInput(f"unknown type {str(kind)[:40]!r}", where="/type", todo=f"known: {', '.join(_TYPES)}")
        meaning = self.meanings.get(name)
        if meaning is None:
            raise BadInput(f"what the list {name!r} means is not known", where="/name", todo="say so in the source's settings")
        notes = [rejected(Locator(pointer=f"/{key}"), "nobody read this field", key) for key in sorted(set(found) - _KEYS)]
        values = found["list"]
        attributes = {word for word in found.get("matching_attributes", []) if isinstance(word, str)}
        observable = "network" if kind == "cidr" else _kind(attributes)
        if meaning == OUT_OF_SCOPE or observable is None:
            what = "file hashes" if observable is None else "values that are nobody's address"
            notes.append(rejected(Locator(pointer="/list"), f"out of scope: a list of {what}", f"{len(values)} values of {name!r}"))
            yield Job(("value",), [], [], tuple(notes), len(values), "/list", {"name": name, "kind": "", "type": kind, "means": ""})
            return
        head = {"name": name, "kind": observable, "type": kind, "means": meaning}
        for job in split_array(values, "/list"):
            yield replace(job, rejected=(*notes, *job.rejected), head=head)
            notes = []

    def read_job(self, job: Job) -> Chunk:
        """The safe-listed values of one job."""
        given = replace(self.given, source=replace(self.given.source, title=self.given.source.title or job.head["name"]))
        says = Says(kinds=(job.head["kind"] or "host",), props=(("safeListed", job.head["means"]),))
        if not job.rows:
            return tell_listed(given, job, says)
        check_says(says)
        kept, numbers, faults = _exact(job)
        return tell_listed(given, replace(job, heading=("value", "original"), rows=kept, numbers=numbers), says, faults)


def _kind(attributes: set[str]) -> str | None:
    """What the values are, by the MISP attributes that the list is matched with; None for hashes."""
    if attributes & _HOSTS:
        return "host"
    if attributes & _MAILS:
        return "host"
    if attributes & _IPS:
        return "network"
    return "phone" if attributes & _PHONES else None


def _exact(job: Job) -> tuple[list[tuple[str, str]], list[int], list[Rejected]]:
    """Values that stand for themselves; a pattern that fits one phone is that phone."""
    kept: list[tuple[str, str]] = []
    numbers: list[int] = []
    faults: list[Rejected] = []
    for at, (text,) in enumerate(job.rows):
        value = text
        if job.head["type"] == "regex":
            one = _ONE_PHONE.fullmatch(text) if job.head["kind"] == "phone" else None
            value = f"+{one[1]}{one[2]}" if one else ""
        if value:
            kept.append((value, text))
            numbers.append(job.numbers[at])
        else:
            faults.append(rejected(job.locator(at), _PATTERN if text else "an empty text", text))
    return kept, numbers, faults
