"""The numbering plans of the world as a table that reads one number in a few steps.

`phone_table.bin` is made from the metadata of `phonenumbers` by `resources/make_phone_table.py`, which also describes
its layout. Two kinds of automata over the digits: one for where a number was written (a region, or behind "+") whose
states lead to an action (which prefixes may have to go), one for national numbers whose states say whether the plan's
general description matches (bit 0) and whether the number is valid (bit 1). Reading = choose among the action's
candidates exactly as `phonenumbers.parse` does. The table holds for the metadata version it was made from; with
another version of the package installed it is not used, and every number goes to `phonenumbers`.
"""

from __future__ import annotations

import json
import sys
import zlib
from array import array
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from math import prod

__all__ = ["LONGEST", "LONGEST_NSN", "PLUS", "SHORTEST", "SHORTEST_NSN", "Reading", "Table", "installed", "table"]

PLUS = "+"
SHORTEST, LONGEST = 3, 24  # digits that the table reads; shorter texts have rules of their own
SHORTEST_NSN, LONGEST_NSN = 2, 17  # digits of a national number that `phonenumbers.parse` lets through
_GENERAL, _VALID = 1, 2
_CODES = {"|u1": "B", "<u2": "H", "<i2": "h"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One number as read: E.164 (None: longer than any number), valid in its plan or not, and whether its length fits
    the plan (an index of `classes`)."""

    e164: str | None
    valid: bool
    length_class: int
    settled: bool  # reading the E.164 form again cannot strip anything further


@dataclass(frozen=True, slots=True)
class Table:
    """The arrays of the table, and how one number is read with them."""

    metadata: str
    deepest: int
    starts: dict[str, int]
    texts: tuple[str, ...]
    classes: tuple[str, ...]
    arrays: dict[str, array[int]]

    @property
    def usable(self) -> bool:
        """Whether the installed `phonenumbers` is the one the table was made from."""
        return self.metadata == installed()

    def read(self, digits: str, region: str) -> Reading | None:
        """ASCII digits written in `region` ("+" if behind a plus sign); None if `phonenumbers` has to decide."""
        if not self.usable or not SHORTEST <= len(digits) <= LONGEST or region not in self.starts:
            return None
        codes = [ord(c) - 48 for c in digits]
        action = self._action(codes, self.starts[region])
        if action[0]:
            if region == PLUS:
                return None
            codes = codes[action[0] :]
            action = self._action(codes, self.starts[PLUS])
        if action[1] < 0:
            return None
        return self._choose(codes, action)

    def _action(self, codes: list[int], state: int) -> list[int]:
        step = self.arrays["context_next"]
        for code in codes[: self.deepest]:
            state = step[state * 10 + code]
        number = self.arrays["rows"][self.arrays["context_row"][state] * (LONGEST + 1) + len(codes)]
        return self.arrays["actions"][number * 8 : number * 8 + 8].tolist()

    def _choose(self, codes: list[int], action: list[int]) -> Reading | None:
        """What `_maybe_extract_country_code` and `_maybe_strip_national_prefix_carrier_code` would keep."""
        _, plain, stripped, called, called_stripped, unsure, code, plan = action
        size = len(codes)
        first = self._run(codes, plain)
        if called >= 0:
            chosen, out, doubt = called, self._run(codes, called), unsure & 1
            if called_stripped >= 0:
                other = self._run(codes, called_stripped)
                if other & _GENERAL or not out & _GENERAL:
                    chosen, out, doubt = called_stripped, other, unsure & 2
            if (out & _GENERAL and not first & _GENERAL) or self.arrays["too_long"][plan * (LONGEST + 1) + size]:
                return None if doubt else self._reading(codes, chosen, out, code)
        if stripped >= 0:
            other = self._run(codes, stripped)
            k, _, text = self._candidate(stripped)
            length = size - k + len(self.texts[text]) - len(self._calling(code))
            if (other & _GENERAL or not first & _GENERAL) and self.arrays["strip_ok"][plan * (LONGEST + 1) + length]:
                return self._reading(codes, stripped, other, code)
        return self._reading(codes, plain, first, code)

    def _candidate(self, number: int) -> tuple[int, int, int]:
        view = self.arrays["candidates"]
        return view[number * 3], view[number * 3 + 1], view[number * 3 + 2]

    def _run(self, codes: list[int], candidate: int) -> int:
        k, state, _ = self._candidate(candidate)
        step = self.arrays["national_next"]
        for code in codes[k:]:
            state = step[state * 10 + code]
        return int(self.arrays["national_out"][state])

    def _calling(self, code: int) -> str:
        return self.texts[self.arrays["code_text"][code]]

    def _reading(self, codes: list[int], candidate: int, out: int, code: int) -> Reading | None:
        k, _, text = self._candidate(candidate)
        e164 = self.texts[text] + "".join(map(str, codes[k:]))
        head = len(self._calling(code))
        national = len(e164) - head
        if national < SHORTEST_NSN:
            return None
        if national > LONGEST_NSN:
            return Reading(None, False, self.classes.index("long"), True)
        again = national < 3 or self.arrays["again"][code * 1000 + int(e164[head : head + 3])]
        length_class = self.arrays["possible"][code * (LONGEST + 1) + national]
        return Reading(e164, bool(out & _VALID), length_class, not again)


@cache
def installed() -> str:
    """The version of the installed `phonenumbers`, which is not loaded for that: most numbers never need it."""
    return metadata.version("phonenumbers")


@cache
def table() -> Table:
    """The table, unpacked at first use."""
    content = zlib.decompress(resources.files(__package__).joinpath("phone_table.bin").read_bytes())
    start = 4 + int.from_bytes(content[:4], "little")
    head = json.loads(content[4:start])
    arrays: dict[str, array[int]] = {}
    for name, dtype, shape in head["arrays"]:
        values = array(_CODES[dtype])
        size = prod(shape) * values.itemsize
        values.frombytes(content[start : start + size])
        if sys.byteorder == "big":
            values.byteswap()
        arrays[name] = values
        start += size
    return Table(
        metadata=head["metadata"],
        deepest=head["deepest"],
        starts=head["starts"],
        texts=tuple(head["texts"]),
        classes=tuple(head["classes"]),
        arrays=arrays,
    )
