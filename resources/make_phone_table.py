"""Turn the metadata of the installed `phonenumbers` into the table that the phone normaliser walks.

    python resources/make_phone_table.py            write src/saksi/observables/phone_table.bin
    python resources/make_phone_table.py --check    fail when the file differs from what would be written

The file is zlib over: four bytes (little-endian) of length, a JSON head of that length, then the arrays the head
lists, each little-endian and row-major. `--check` compares the content, not the compressed bytes.
"""

from __future__ import annotations

import json
import sys
import zlib
from pathlib import Path

import numpy as np
import phonenumbers

sys.path.insert(0, str(Path(__file__).resolve().parent / "phones"))

from plan import (
    LONGEST,
    PLUS,
    Action,
    Candidate,
    Context,
    beginnings,
    length_class,
    may_strip,
    metadata,
    national_automaton,
)

TABLE = Path(__file__).resolve().parents[1] / "src/saksi/observables/phone_table.bin"
CLASSES = ("possible", "local", "short", "long", "wrong")


class Maker:
    """Collects states, actions and readings, each distinct one once."""

    def __init__(self) -> None:
        self.codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
        self.regions = sorted(phonenumbers.SUPPORTED_REGIONS)
        self.plans: list[tuple[int, str]] = []
        self.national_start: list[int] = []
        self.national_next: list[list[int]] = []
        self.national_out: list[int] = []
        self.texts: dict[str, int] = {}
        self.candidates: dict[tuple[int, int, int], int] = {}
        self.actions: dict[tuple[int, ...], int] = {(0, -1, -1, -1, -1, 0, 0, 0): 0}
        self.rows: dict[tuple[int, ...], int] = {}
        self.context_next: list[list[int]] = []
        self.context_row: list[int] = []
        self.nodes: dict[tuple[int, ...], int] = {}
        for code in self.codes:
            for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
                self._add_plan(code, region)

    def _add_plan(self, code: int, region: str) -> None:
        machine = national_automaton(metadata(code, region))
        base = len(self.national_next)
        self.plans.append((code, region))
        self.national_start.append(base)
        self.national_next.extend([base + to for to in row] for row in machine.next)
        self.national_out.extend(int(general) | int(valid) << 1 for general, valid in machine.out)

    def run_national(self, plan: int, digits: str) -> int:
        state = self.national_start[plan]
        for digit in digits:
            state = self.national_next[state][int(digit)]
        return state

    def candidate(self, plan: int, reading: Candidate | None) -> int:
        if reading is None:
            return -1
        text = f"+{self.plans[plan][0]}{reading.text}"
        key = (reading.k, self.run_national(plan, reading.text), self.texts.setdefault(text, len(self.texts)))
        return self.candidates.setdefault(key, len(self.candidates))

    def action(self, context: Context, digits: str, length: int) -> int:
        action: Action = context.action(digits, length)
        if action.idd:
            key: tuple[int, ...] = (action.idd, -1, -1, -1, -1, 0, 0, 0)
        elif action.plain is None:
            return 0
        else:
            plan = self._plan_of(context, digits)
            readings = (action.plain, action.stripped, action.called, action.called_stripped)
            flags = int(action.unsure_called) | int(action.unsure_called_stripped) << 1
            code = self.codes.index(self.plans[plan][0])
            key = (0, *(self.candidate(plan, r) for r in readings), flags, code, plan)
        return self.actions.setdefault(key, len(self.actions))

    def _plan_of(self, context: Context, digits: str) -> int:
        if context.plan is not None:
            return self.plans.index((context.plan.country_code, context.region))
        code = next(int(digits[:n]) for n in (1, 2, 3) if int(digits[:n]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
        return self.plans.index((code, phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]))

    def context(self, region: str) -> int:
        """The start state of a context; equal sub-trees become one state, settled ones loop."""
        context = Context(region)
        state_of: dict[str, int] = {}
        for digits, settled in reversed(list(beginnings(context))):
            row = self._row(context, digits, settled)
            to = () if settled else tuple(state_of[digits + d] for d in "0123456789")
            key = (row, *to)
            if key not in self.nodes:
                state = self.nodes[key] = len(self.context_next)
                self.context_next.append(list(to) if to else [state] * 10)
                self.context_row.append(row)
            state_of[digits] = self.nodes[key]
            self.deepest = max(self.deepest, len(digits))
        return state_of[""]

    def _row(self, context: Context, digits: str, settled: bool) -> int:
        depth = len(digits)
        if not settled:
            actions = [0] * (LONGEST + 1)
            actions[depth] = self.action(context, digits, depth)
        else:
            same = context.same_for_all_lengths(digits)
            last = min(depth + 3, LONGEST) if same else LONGEST
            found = [self.action(context, digits, n) for n in range(depth, last + 1)]
            actions = found[:1] * depth + found + found[-1:] * (LONGEST + 1 - depth - len(found))
        return self.rows.setdefault(tuple(actions), len(self.rows))

    def content(self) -> bytes:
        self.deepest = 0
        starts = {region: self.context(region) for region in (PLUS, *self.regions)}
        plans = [metadata(code, region) for code, region in self.plans]
        mains = [metadata(code, phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]) for code in self.codes]
        lengths = range(LONGEST + 1)
        code_text = [self.texts.setdefault(f"+{code}", len(self.texts)) for code in self.codes]
        arrays = {
            "context_next": np.array(self.context_next, "<u2"),
            "context_row": np.array(self.context_row, "<u2"),
            "rows": np.array(list(self.rows), "<u2"),
            "actions": np.array(list(self.actions), "<i2"),
            "candidates": np.array(list(self.candidates), "<u2"),
            "national_next": np.array(self.national_next, "<u2"),
            "national_out": np.array(self.national_out, "<u1"),
            "strip_ok": np.array([[length_class(p, n) in {"possible", "long"} for n in lengths] for p in plans], "<u1"),
            "too_long": np.array([[length_class(p, n) == "long" for n in lengths] for p in plans], "<u1"),
            "possible": np.array([[CLASSES.index(length_class(p, n)) for n in lengths] for p in mains], "<u1"),
            "code_text": np.array(code_text, "<u2"),
            "again": np.array([[may_strip(p, f"{n:03}") for n in range(1000)] for p in mains], "<u1"),
        }
        for name, limit in (("context_next", 65536), ("national_next", 65536)):
            assert len(arrays[name]) <= limit, name
        head = {
            "metadata": phonenumbers.__version__,
            "deepest": self.deepest,
            "starts": starts,
            "texts": list(self.texts),
            "classes": CLASSES,
            "arrays": [[name, a.dtype.str, list(a.shape)] for name, a in arrays.items()],
        }
        text = json.dumps(head, separators=(",", ":")).encode()
        return len(text).to_bytes(4, "little") + text + b"".join(a.tobytes() for a in arrays.values())


def main() -> int:
    content = Maker().content()
    if "--check" in sys.argv[1:]:
        if not TABLE.exists() or zlib.decompress(TABLE.read_bytes()) != content:
            print(f"{TABLE.name} is not what phonenumbers {phonenumbers.__version__} gives: run {Path(__file__).name}")
            return 1
        return 0
    TABLE.write_bytes(zlib.compress(content, 9))
    print(f"{TABLE.name}: {len(content)} bytes, {TABLE.stat().st_size} packed, phonenumbers {phonenumbers.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
