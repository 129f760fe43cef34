"""Small deterministic automata over the ten digits, made from the regular expressions of a numbering plan."""

from __future__ import annotations

import re._parser as sre  # the grammar of `re` itself, so that no second reading of a pattern can creep in
from collections.abc import Callable, Hashable
from typing import Any

__all__ = ["Automaton", "Nfa", "determinise", "minimise", "product"]

DIGITS = range(10)
UNBOUNDED = 40  # longer than any number, for `*` and `+`


class Nfa:
    """A nondeterministic automaton to which patterns are added, each with a tag of its own."""

    def __init__(self) -> None:
        self.moves: list[list[tuple[frozenset[int], int]]] = []
        self.empty: list[list[int]] = []
        self.tags: dict[int, Hashable] = {}
        self.start = self.state()

    def state(self) -> int:
        self.moves.append([])
        self.empty.append([])
        return len(self.moves) - 1

    def add(self, pattern: str, tag: Hashable, *, prefix: bool = False) -> None:
        """Let `tag` hold wherever `pattern` matches the whole string (or, with `prefix`, its beginning)."""
        first = self.state()
        self.empty[self.start].append(first)
        last = self._sequence(sre.parse(pattern), first)
        if prefix:
            self.moves[last].append((frozenset(DIGITS), last))
        self.tags[last] = tag

    def _sequence(self, items: Any, at: int) -> int:
        for op, argument in items:
            at = self._item(str(op), argument, at)
        return at

    def _item(self, op: str, argument: Any, at: int) -> int:
        if op == "LITERAL":
            return self._digits({argument}, at)
        if op == "IN":
            return self._digits(set().union(*(self._codes(str(o), a) for o, a in argument)), at)
        if op == "SUBPATTERN":
            return self._sequence(argument[3], at)
        if op == "BRANCH":
            end = self.state()
            for branch in argument[1]:
                start = self.state()
                self.empty[at].append(start)
                self.empty[self._sequence(branch, start)].append(end)
            return end
        if op == "MAX_REPEAT":
            low, high, items = argument
            for _ in range(low):
                at = self._sequence(items, at)
            end = self.state()
            self.empty[at].append(end)
            for _ in range(low, min(int(high), UNBOUNDED)):
                at = self._sequence(items, at)
                self.empty[at].append(end)
            return end
        if op == "AT" and str(argument) == "AT_END":
            return at  # the length, which is known beforehand, decides; see make_phone_table.py
        raise ValueError(f"the numbering plan uses {op}, which this reader does not know")

    @staticmethod
    def _codes(op: str, argument: Any) -> set[int]:
        if op == "LITERAL":
            return {argument}
        if op == "RANGE":
            return set(range(argument[0], argument[1] + 1))
        if op == "CATEGORY":
            return set(range(48, 58))
        raise ValueError(f"the numbering plan uses {op} in a class, which this reader does not know")

    def _digits(self, codes: set[int], at: int) -> int:
        end = self.state()
        self.moves[at].append((frozenset(c - 48 for c in codes if 48 <= c <= 57), end))
        return end

    def closure(self, states: set[int]) -> frozenset[int]:
        todo, seen = list(states), set(states)
        while todo:
            for other in self.empty[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return frozenset(s for s in seen if self.moves[s] or s in self.tags)


class Automaton:
    """States 0..n-1, 0 the start; `next[s][d]` the state after digit d, `out[s]` what holds at s."""

    def __init__(self, moves: list[list[int]], out: list[Hashable]) -> None:
        self.next = moves
        self.out = out

    def run(self, digits: str, state: int = 0) -> int:
        for digit in digits:
            state = self.next[state][ord(digit) - 48]
        return state


def _explore(first: Hashable, step: Callable[[Any, int], Hashable], out: Callable[[Any], Hashable]) -> Automaton:
    index: dict[Hashable, int] = {first: 0}
    order: list[Hashable] = [first]
    moves: list[list[int]] = []
    for state in order:  # grows while it is walked
        row = []
        for digit in DIGITS:
            after = step(state, digit)
            if after not in index:
                index[after] = len(order)
                order.append(after)
            row.append(index[after])
        moves.append(row)
    return Automaton(moves, [out(s) for s in order])


def determinise(nfa: Nfa, out: Callable[[frozenset[Hashable], int], Hashable], *, longest: int) -> Automaton:
    """The automaton whose output at a string is `out(tags that hold, length)`; lengths above `longest` are one."""

    def step(state: tuple[frozenset[int], int], digit: int) -> Hashable:
        reached = {to for s in state[0] for digits, to in nfa.moves[s] if digit in digits}
        length = min(state[1] + 1, longest + 1) if reached else longest + 1
        return (nfa.closure(reached), length)

    def output(state: tuple[frozenset[int], int]) -> Hashable:
        return out(frozenset(nfa.tags[s] for s in state[0] if s in nfa.tags), state[1])

    return minimise(_explore((nfa.closure({nfa.start}), 0), step, output))


def product(one: Automaton, other: Automaton) -> Automaton:
    """Both automata at once; the output is the pair of outputs."""

    def step(state: tuple[int, int], digit: int) -> Hashable:
        return (one.next[state[0]][digit], other.next[state[1]][digit])

    return minimise(_explore((0, 0), step, lambda s: (one.out[s[0]], other.out[s[1]])))


def minimise(machine: Automaton) -> Automaton:
    """The smallest automaton with the same outputs (Moore's refinement), states renumbered in reading order."""
    kinds: dict[Hashable, int] = {}
    block = [kinds.setdefault(o, len(kinds)) for o in machine.out]
    while True:
        shapes: dict[Hashable, int] = {}
        finer = [shapes.setdefault((block[s], *(block[t] for t in row)), len(shapes)) for s, row in enumerate(machine.next)]
        if len(shapes) == len(set(block)):
            break
        block = finer
    member = {b: s for s, b in reversed(list(enumerate(block)))}
    return _explore(block[0], lambda b, digit: block[machine.next[member[b]][digit]], lambda b: machine.out[member[b]])
