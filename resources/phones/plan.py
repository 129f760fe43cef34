"""What a numbering plan says of one string of digits, worked out for every beginning it can have.

The rules are those of `phonenumbers.parse` (`_maybe_extract_country_code`, `_maybe_strip_national_prefix_carrier_code`,
`_test_number_length`) over the package's metadata. A *context* is a region that a national form was written in, or
"+". A *candidate* is one reading of the digits as a national number: drop `k` digits, put `text` in front. An
*action* lists the candidates among which the walk chooses by asking the automata of national numbers.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cache

import phonenumbers
from automaton import Automaton, Nfa, determinise, product
from phonenumbers import PhoneMetadata

__all__ = ["LONGEST", "PLUS", "Action", "Candidate", "Context", "beginnings", "length_class", "may_strip", "metadata", "national_automaton"]

PLUS = "+"
LONGEST = 24  # digits in one text; more goes to the fallback
TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    k: int
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`idd` digits are an international prefix; else the candidates, `None` where there is none. `unsure_*`: if
    that candidate is chosen, a second prefix may have to go: leave the number to the fallback."""

    idd: int = 0
    plain: Candidate | None = None
    stripped: Candidate | None = None
    called: Candidate | None = None
    called_stripped: Candidate | None = None
    unsure_called: bool = False
    unsure_called_stripped: bool = False


LEAVE = Action()


def metadata(code: int, region: str) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert found is not None, (code, region)
    return found


def main_metadata(code: int) -> PhoneMetadata:
    return metadata(code, phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0])


def length_class(plan: PhoneMetadata, length: int) -> str:
    """`_test_number_length` for the general description."""
    general = plan.general_desc
    if length in general.possible_length_local_only:
        return "local"
    lengths = general.possible_length
    if length in lengths:
        return "possible"
    if length < lengths[0]:
        return "short"
    return "long" if length > lengths[-1] else "wrong"


def valid_automaton(code: int) -> Automaton:
    """Output: `is_valid_number` of the national number, all regions of the calling code in their order."""
    plans = [metadata(code, region) for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]]
    nfa = Nfa()
    for i, plan in enumerate(plans):
        nfa.add(plan.general_desc.national_number_pattern, (i, "general_desc"))
        if plan.leading_digits:
            nfa.add(plan.leading_digits, (i, "lead"), prefix=True)
        for name in TYPES:
            if getattr(plan, name) is not None and getattr(plan, name).national_number_pattern:
                nfa.add(getattr(plan, name).national_number_pattern, (i, name))

    def known(i: int, tags: frozenset[Hashable], length: int) -> bool:
        def holds(name: str) -> bool:
            lengths = (i, name) in tags and getattr(plans[i], name).possible_length
            return (i, name) in tags and (not lengths or length in lengths)

        return holds("general_desc") and any(holds(name) for name in TYPES)

    def out(tags: frozenset[Hashable], length: int) -> Hashable:
        for i, plan in enumerate(plans):
            if len(plans) > 1 and plan.leading_digits is not None:
                if (i, "lead") in tags:
                    return known(i, tags, length)
            elif known(i, tags, length):
                return True
        return False

    return determinise(nfa, out, longest=17)


@cache
def _valid(code: int) -> Automaton:
    return valid_automaton(code)


def national_automaton(plan: PhoneMetadata) -> Automaton:
    """Output: (general description of this plan matches, number valid anywhere under the calling code)."""
    nfa = Nfa()
    nfa.add(plan.general_desc.national_number_pattern, "general")
    return product(determinise(nfa, lambda tags, _: bool(tags), longest=17), _valid(plan.country_code))


class Prefix:
    """A pattern matched at the beginning of a number, and what more digits may change of the match."""

    def __init__(self, pattern: str | None) -> None:
        self.pattern = re.compile(pattern) if pattern else None
        nfa = Nfa()
        if pattern:
            nfa.add(pattern, True)
        machine = determinise(nfa, lambda tags, _: bool(tags), longest=LONGEST)
        self.machine = machine
        states = range(len(machine.next))
        self.alive = {s for s in states if machine.out[s]}
        while True:  # states from which an accepting one can be reached
            more = {s for s in states if self.alive & set(machine.next[s])} - self.alive
            if not more:
                break
            self.alive |= more
        self.even = set(states)  # states where only the number of further digits matters
        while True:
            fewer = {s for s in self.even if len(set(machine.next[s])) > 1 or machine.next[s][0] not in self.even}
            if not fewer:
                break
            self.even -= fewer

    def may_grow(self, digits: str) -> bool:
        return bool(self.alive & set(self.machine.next[self.machine.run(digits)]))

    def counts_only(self, digits: str) -> bool:
        return self.machine.run(digits) in self.even


@cache
def prefix(pattern: str | None) -> Prefix:
    return Prefix(pattern)


def strip(plan: PhoneMetadata, digits: str) -> Candidate | None:
    """The reading without national prefix and carrier code; None where the plan's prefix changes nothing."""
    pattern = prefix(plan.national_prefix_for_parsing).pattern
    match = pattern.match(digits) if pattern else None
    if match is None:
        return None
    rule = plan.national_prefix_transform_rule
    if not rule or not match.groups() or match.groups()[-1] is None:
        return Candidate(match.end(), "") if match.end() else None
    shape = re.fullmatch(r"(\d*)\\(\d)", rule)
    assert shape is not None, rule
    group = int(shape[2])
    if match.end(group) == match.end():
        return Candidate(match.start(group), shape[1])
    return Candidate(match.end(), shape[1] + match[group])


class Context:
    """Where a number was written: a region, or behind a plus sign."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.plan = None if region == PLUS else PhoneMetadata.metadata_for_region(region, None)

    def settled(self, digits: str) -> bool:
        """No further digit changes the action, only how many there are."""
        if self.plan is None:
            code = calling_code(digits)
            if code == 0:
                return bool(digits) and (digits[0] == "0" or len(digits) >= 3)
            return prefix(main_metadata(code).national_prefix_for_parsing).counts_only(digits[len(str(code)) :])
        idd, cut = prefix(self.plan.international_prefix), self._idd(digits)
        if idd.may_grow(digits):
            return False
        if cut:
            return len(digits) > cut  # the next digit tells: a zero, and it was no international prefix
        national = prefix(self.plan.national_prefix_for_parsing)
        code = str(self.plan.country_code)
        if not national.counts_only(digits) or (len(digits) < len(code) and code.startswith(digits)):
            return False
        if not digits.startswith(code):
            return True
        rest = digits[len(code) :]
        again = strip(self.plan, rest)
        # One digit more where that tells whether a second prefix has to go.
        return national.counts_only(rest) and bool(again is None or len(rest) > again.k or len(rest) > 4)

    def same_for_all_lengths(self, digits: str) -> bool:
        """At this settled beginning the number of further digits does not matter either (save in very short numbers)."""
        if self.plan is None:
            code = calling_code(digits)
            plan, rest = (main_metadata(code), [digits[len(str(code)) :]]) if code else (None, [])
        else:
            plan, rest = self.plan, [digits, digits.removeprefix(str(self.plan.country_code))]
        return plan is None or not any(prefix(plan.national_prefix_for_parsing).may_grow(r) for r in rest)

    def _idd(self, digits: str) -> int:
        assert self.plan is not None
        pattern = prefix(self.plan.international_prefix).pattern
        match = pattern.match(digits) if pattern else None
        if match is None or digits[match.end() : match.end() + 1] == "0":
            return 0
        return match.end()

    def action(self, known: str, length: int) -> Action:
        """For a number of `length` digits that begins with `known`."""
        digits = known + "0" * (length - len(known))
        if self.plan is None:
            code = calling_code(digits)
            if length <= 2 or code == 0:
                return LEAVE
            size = len(str(code))
            return Action(plain=Candidate(size, ""), stripped=_later(strip(main_metadata(code), digits[size:]), size))
        cut = self._idd(known)
        if cut:
            return Action(idd=cut)
        action = Action(plain=Candidate(0, ""), stripped=strip(self.plan, digits))
        code = str(self.plan.country_code)
        return self._with_code(action, digits, known) if digits.startswith(code) else action

    def _with_code(self, action: Action, digits: str, known: str) -> Action:
        """The digits begin with the region's own calling code, written without a plus."""
        assert self.plan is not None
        size = len(str(self.plan.country_code))
        main = main_metadata(self.plan.country_code)
        called, stripped = Candidate(size, ""), _later(strip(self.plan, digits[size:]), size)
        return Action(
            plain=action.plain,
            stripped=action.stripped,
            called=called,
            called_stripped=stripped,
            unsure_called=main is not self.plan and may_strip(main, known[size:]),
            unsure_called_stripped=stripped is not None and may_strip(main, stripped.text + known[stripped.k :]),
        )


def _later(candidate: Candidate | None, by: int) -> Candidate | None:
    return None if candidate is None else Candidate(candidate.k + by, candidate.text)


def may_strip(plan: PhoneMetadata, known: str) -> bool:
    """Whether a national prefix may still be found in a national number that begins so."""
    pattern = prefix(plan.national_prefix_for_parsing)
    return pattern.may_grow(known) or strip(plan, known) is not None


def calling_code(digits: str) -> int:
    if not digits or digits[0] == "0":
        return 0
    for size in (1, 2, 3):
        if len(digits) >= size and int(digits[:size]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return int(digits[:size])
    return 0


def beginnings(context: Context) -> Iterator[tuple[str, bool]]:
    """Every beginning that the context must tell apart, with whether it is settled, in reading order."""
    todo = [""]
    for digits in todo:
        settled = context.settled(digits)
        yield digits, settled
        assert len(digits) < LONGEST - 4, (context.region, digits)
        if not settled:
            todo.extend(digits + d for d in "0123456789")
