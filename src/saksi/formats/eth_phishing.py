"""The configuration of eth-phishing-detect: hosts that MetaMask blocked, and hosts it allowed although they looked alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from saksi.formats.batch import Chunk
from saksi.formats.listed import Says, tell_listed
from saksi.formats.reader import Given, Job, rejected
from saksi.formats.small_json import read_small_json
from saksi.formats.valuelist import split_array
from saksi.model.errors import BadInput
from saksi.model.locator import Locator

__all__ = ["EthPhishingReader"]

_KEYS = {"version", "tolerance", "fuzzylist", "whitelist", "blacklist"}


@dataclass(frozen=True, slots=True)
class EthPhishingReader:
    """Reads `config.json`, version 2. `blocked` and `allowed` say what the two lists mean; look-alikes (`fuzzylist`) are not judged."""

    given: Given
    blocked: Says
    allowed: Says

    def split(self, stream: BinaryIO) -> Iterator[Job]:
        """Jobs of blocked hosts, then of allowed ones."""
        config = read_small_json(stream)
        if not isinstance(config, dict) or not {"blacklist", "whitelist"} <= set(config):
            raise BadInput("an object with 'blacklist' and 'whitelist' is expected")
        if config.get("version") != 2:
            raise BadInput(f"version {str(config.get('version'))[:20]} of the format is not known, only 2", where="/version")
        notes = [rejected(Locator(pointer="/fuzzylist"), _FUZZY, f"{len(config.get('fuzzylist') or [])} names")]
        notes += [rejected(Locator(pointer=f"/{key}"), "nobody read this field", key) for key in sorted(set(config) - _KEYS)]
        for key in ("blacklist", "whitelist"):
            for job in split_array(config[key], f"/{key}"):
                yield replace(job, rejected=(*notes, *job.rejected), head={"list": key})
                notes = []

    def read_job(self, job: Job) -> Chunk:
        """What the list says of each host."""
        return tell_listed(self.given, job, self.blocked if job.head["list"] == "blacklist" else self.allowed)


_FUZZY = "not taken: names that others are measured against within 'tolerance'; a likeness is no statement about a host"
