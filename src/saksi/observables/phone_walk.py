"""The automata of the phone table walked by many rows side by side.

The steps and their names are those of `phone_table.Table`, which walks one number; a test keeps the two together.
States are kept multiplied by the width of a row of the table, so that a step is one addition and one look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from saksi.observables.phone_digits import WIDTH, DigitRows
from saksi.observables.phone_table import LONGEST, LONGEST_NSN, PLUS, SHORTEST_NSN, table

__all__ = ["Walk", "WalkTables", "walk_tables"]

_Ints = npt.NDArray[np.intp]
_Bools = npt.NDArray[np.bool_]
_SYMBOLS = 11  # ten digits and the end, at which a state stays
_LENGTHS = LONGEST + 1
_ROWS = {
    **dict.fromkeys(("context_next", "national_next"), 10),
    **dict.fromkeys(("rows", "strip_ok", "too_long", "possible"), LONGEST + 1),
    "actions": 8,
    "candidates": 3,
}
_Number = TypeVar("_Number", np.intp, np.uint8, np.bool_)
_FIELD = 12  # characters for "+", calling code and what a rule puts in front


@dataclass(frozen=True, slots=True)
class WalkTables:
    """The arrays of the table in the shape that whole columns need."""

    starts: dict[str, int]
    plus: int
    deepest: int
    context: _Ints
    row: _Ints
    rows: _Ints
    actions: _Ints
    k: _Ints
    start: _Ints
    text: _Ints
    extra: _Ints
    national: _Ints
    out: npt.NDArray[np.uint8]
    strip_ok: _Bools
    too_long: _Bools
    possible: npt.NDArray[np.uint8]
    again: _Bools
    plain_text: _Bools
    fields: npt.NDArray[np.uint8]


@cache
def walk_tables() -> WalkTables:
    """Worked out from the table at first use."""
    base = table()
    codes = [base.texts[i] for i in base.arrays["code_text"]]
    candidates = _array("candidates", np.intp)
    fields = np.array([list(text.rjust(_FIELD).encode()) for text in base.texts], np.uint8)
    head = [max(len(c) for c in codes if text.startswith(c)) for text in base.texts]
    extra = np.array([len(text) - size for text, size in zip(base.texts, head, strict=True)])
    return WalkTables(
        starts={region: state * _SYMBOLS for region, state in base.starts.items()},
        plus=base.starts[PLUS] * _SYMBOLS,
        deepest=base.deepest,
        context=_with_end(_array("context_next", np.intp)),
        row=np.repeat(_array("context_row", np.intp) * _LENGTHS, _SYMBOLS),
        rows=_array("rows", np.intp).ravel(),
        actions=_array("actions", np.intp),
        k=candidates[:, 0],
        start=candidates[:, 1] * _SYMBOLS,
        text=candidates[:, 2],
        extra=extra,
        national=_with_end(_array("national_next", np.intp)),
        out=np.repeat(_array("national_out", np.uint8), _SYMBOLS),
        strip_ok=_array("strip_ok", np.bool_),
        too_long=_array("too_long", np.bool_),
        possible=_array("possible", np.uint8),
        again=_array("again", np.bool_).ravel(),
        plain_text=extra == 0,
        fields=fields,
    )


def _array(name: str, dtype: type[_Number]) -> npt.NDArray[_Number]:
    """An array of the table, with rows where it has rows."""
    flat = np.array(table().arrays[name], dtype)
    width = _ROWS.get(name, 0)
    return flat.reshape(-1, width) if width else flat


def _with_end(moves: _Ints) -> _Ints:
    stay = np.arange(len(moves), dtype=np.intp)[:, None]
    return np.hstack([moves, stay]).ravel() * _SYMBOLS


class Walk:
    """Rows of digits read together; after `run` the arrays say what was decided for each row."""

    def __init__(self, rows: DigitRows, start: _Ints, *, skip: _Ints) -> None:
        size = len(rows.count)
        self.digits, self.count, self.start = rows.digits, rows.count, start
        self.flat = rows.digits.ravel()
        self.base = np.arange(size) * WIDTH + skip  # where the reading begins, behind an international prefix
        self.prefix = np.zeros(size, np.intp)  # digits of an international prefix that were dropped
        self.decided = np.zeros(size, np.bool_)
        self.none = np.zeros(size, np.bool_)  # decided, and not a number
        self.valid = np.zeros(size, np.bool_)
        self.length_class = np.zeros(size, np.uint8)
        self.again = np.zeros(size, np.bool_)
        self.chosen = np.zeros(size, np.intp)

    def refuse(self, rows: _Bools) -> None:
        """Decide that these rows are no numbers."""
        self.decided |= rows
        self.none |= rows

    def run(self, wanted: _Bools) -> None:
        t = walk_tables()
        rows = np.flatnonzero(wanted)
        left = self.count[rows] - (self.base[rows] - rows * WIDTH)
        actions = self._actions(rows, self.start[rows], left)
        idd = t.actions[actions, 0]
        cut = np.flatnonzero(idd)
        if len(cut):
            self.base[rows[cut]] += idd[cut]
            self.prefix[rows[cut]] = idd[cut]
            left[cut] -= idd[cut]
            plus = np.full(len(cut), t.plus)
            actions[cut] = self._actions(rows[cut], plus, left[cut])
        keep = np.flatnonzero((t.actions[actions, 1] >= 0) & (t.actions[actions, 0] == 0))
        self._choose(rows[keep], t.actions[actions[keep]], left[keep])

    def _actions(self, rows: _Ints, state: _Ints, left: _Ints) -> _Ints:
        t = walk_tables()
        at = self.base[rows]
        some = None  # the rows whose state still moves, once they are few
        for step in range(t.deepest):
            if some is None:
                state = t.context[state + self.flat[at + step]]
                if step == 2:
                    some = np.flatnonzero(t.context[state] != state)
            elif len(some):
                state[some] = t.context[state[some] + self.flat[at[some] + step]]
                some = some[t.context[state[some]] != state[some]] if step % 2 else some
            else:
                break
        found: _Ints = t.rows[t.row[state] + left]
        return found

    def _national(self, rows: _Ints, candidate: _Ints, left: _Ints) -> npt.NDArray[np.uint8]:
        """Bits of the national number that each candidate makes of its row."""
        t = walk_tables()
        k = t.k[candidate]
        state, at = t.start[candidate], self.base[rows] + k
        for step in range(int((left - k).max(initial=0))):
            state = t.national[state + self.flat[at + step]]
        return t.out[state]

    def _choose(self, rows: _Ints, action: _Ints, left: _Ints) -> None:
        """As `Table._choose`, with masks for its branches."""
        t = walk_tables()
        first = self._national(rows, action[:, 1], left)
        chosen, out = action[:, 1].copy(), first.copy()
        plan = action[:, 7]
        free = np.ones(len(rows), np.bool_)  # the calling code of the country itself was not in front
        leave = np.zeros(len(rows), np.bool_)
        own = np.flatnonzero(action[:, 3] >= 0)
        if len(own):
            called, bits, doubt = self._called(rows[own], action[own], left[own])
            better = (bits & 1 > first[own] & 1) | t.too_long[plan[own], left[own]]
            hit = own[better]
            chosen[hit], out[hit], free[hit] = called[better], bits[better], False
            leave[hit] = doubt[better]
        more = np.flatnonzero((action[:, 2] >= 0) & free)
        if len(more):
            other = action[more, 2]
            bits = self._national(rows[more], other, left[more])
            length = left[more] - t.k[other] + t.extra[t.text[other]]
            better = (bits & 1 >= first[more] & 1) & t.strip_ok[plan[more], length]
            hit = more[better]
            chosen[hit], out[hit] = other[better], bits[better]
        self._keep(rows, chosen, out, action[:, 6], leave)

    def _called(self, rows: _Ints, action: _Ints, left: _Ints) -> tuple[_Ints, npt.NDArray[np.uint8], _Bools]:
        chosen = action[:, 3].copy()
        out = self._national(rows, chosen, left)
        doubt = (action[:, 5] & 1).astype(np.bool_)
        more = np.flatnonzero(action[:, 4] >= 0)
        if len(more):
            other = action[more, 4]
            bits = self._national(rows[more], other, left[more])
            better = bits & 1 >= out[more] & 1
            hit = more[better]
            chosen[hit], out[hit] = other[better], bits[better]
            doubt[hit] = (action[hit, 5] & 2).astype(np.bool_)
        return chosen, out, doubt

    def _keep(self, rows: _Ints, chosen: _Ints, out: npt.NDArray[np.uint8], code: _Ints, leave: _Bools) -> None:
        t = walk_tables()
        k, text = t.k[chosen], t.text[chosen]
        cut = self.base[rows] - rows * WIDTH
        national = self.count[rows] - cut - k + t.extra[text]
        good = ~leave & (national >= SHORTEST_NSN) & (national <= LONGEST_NSN)
        self.none[rows[~leave & (national > LONGEST_NSN)]] = True
        self.decided |= self.none
        rows, chosen, national, code, k, text = (a[good] for a in (rows, chosen, national, code, k, text))
        self.decided[rows] = True
        self.chosen[rows] = chosen
        self.valid[rows] = (out[good] & 2).astype(np.bool_)
        self.length_class[rows] = t.possible[code, national]
        self.base[rows] += k
        at = self.base[rows]
        three = self.flat[at].astype(np.intp) * 100 + self.flat[at + 1] * np.intp(10) + self.flat[at + 2]
        sure = t.plain_text[text] & (national >= 3)
        again = ~sure
        again[sure] = t.again[code[sure] * 1000 + three[sure]]
        self.again[rows] = again

    def forms(self) -> list[str | None]:
        """The E.164 form of each row that has one, None for the others."""
        t = walk_tables()
        size = len(self.count)
        longest = int(self.count.max(initial=0))
        page = np.full((size, _FIELD + LONGEST + 1), 32, np.uint8)
        page[:, :_FIELD] = t.fields[t.text[self.chosen]]
        window = np.lib.stride_tricks.sliding_window_view(self._characters(), max(1, min(longest, LONGEST)))
        page[:, _FIELD : _FIELD + window.shape[1]] = window[np.minimum(self.base, len(window) - 1)]
        offset = self.base % WIDTH
        for row in np.flatnonzero(offset + window.shape[1] > WIDTH).tolist():
            page[row, _FIELD + WIDTH - int(offset[row]) :] = 32  # a long prefix: behind it the next row's digits begin
        undecided = np.flatnonzero(~self.decided | self.none)
        page[undecided, :] = 32
        page[undecided, 0] = 63
        forms: list[str | None] = list(page.tobytes().decode("ascii").split())
        for row in undecided.tolist():
            forms[row] = None
        return forms

    def _characters(self) -> npt.NDArray[np.uint8]:
        return np.append(_CHARACTERS[self.flat], np.full(WIDTH, 32, np.uint8))


_CHARACTERS = np.frombuffer(b"0123456789 ", np.uint8)
