"""The yardstick: how requests were met, counted from headers alone, the same for every party, the one that asks included.

Whoever holds the same headers gets the same figures to the last digit: times are whole seconds, the middle of an even number is the lower
one, shares are whole thousandths with their 95 % interval (Wilson). No speed is shown without what was wrong beside it; a rescue has no
speed; a refusal for rights, politics or lack of ground is no failure; fewer than five are not shown; there is no score and no rank.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from saksi.actions.header import Header
from saksi.actions.kind import NO_FAILURE, RULES, Kind
from saksi.actions.step import Word, moment
from saksi.model import JsonObject

__all__ = ["FEW", "Measure", "Share", "Times", "measured"]

FEW = 5  # smaller counts are not shown
_UNFOUNDED = frozenset({"insufficient-ground", "political", "no-legal-basis", "disproportionate", "rights"})
_DID = (Word.PART, Word.DONE, Word.ENFORCE)
_SQUARE = Decimal("3.8416")  # of 1.96


@dataclass(frozen=True, slots=True)
class Times:
    """How long it took, in seconds: how many, the middle one, and the one that nine in ten did not pass."""

    count: int
    middle: int | None
    ninth: int | None


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, in thousandths, with the interval that the true share lies in (95 %); None where there are too few."""

    part: int | None
    whole: int | None
    permille: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Measure:
    """One party, as it asked or as it was asked, for one kind of request.

    As it was asked: times to receive, decide and act; what became of them; how many lie overdue in silence. As it asked: how many of its
    requests were refused as unfounded, or lifted. For both: what was wrong, and for how many hours it lay upon somebody.
    """

    party: str
    asks: bool
    kind: Kind
    requests: int | None
    receive: Times | None
    decide: Times | None
    act: Times | None
    done: Share
    refused: Mapping[str, int | None]
    failing: Share
    silent: Share
    unfounded: Share
    wrong: Share
    wrong_hours: int | None

    def to_json(self) -> JsonObject:
        """The figures as an object; None where they are not shown."""
        made: dict[str, object] = {name: getattr(self, name) for name in self.__slots__ if name != "kind"}
        made["kind"] = self.kind.value
        return {name: _plain(value) for name, value in made.items()}  # type: ignore[misc]


@dataclass(frozen=True, slots=True)
class _Track:
    """One request, from its headers."""

    kind: Kind
    sender: str
    to: str
    receive: int | None
    decide: int | None
    act: int | None
    refusal: str | None
    silent: bool
    wrong: int | None  # seconds


def measured(requests: Iterable[Sequence[Header]], now: str) -> list[Measure]:
    """The measures of every party, by party, side and kind, as of `now` (UTC). Each request is the headers of its steps in order."""
    tracks: dict[tuple[str, bool, Kind], list[_Track]] = defaultdict(list)
    for steps in requests:
        track = _track(steps, moment(now, "now"))
        if track is not None:
            tracks[track.sender, True, track.kind].append(track)
            tracks[track.to, False, track.kind].append(track)
    return [_measure(*key, tracks[key]) for key in sorted(tracks, key=lambda key: (key[0], key[1], key[2].value))]


def _track(steps: Sequence[Header], now: datetime) -> _Track | None:
    sent = next((each for each in steps if each.word is Word.SEND), None)
    if sent is None:
        return None
    first: dict[Word, Header] = {}
    for each in steps:
        first.setdefault(each.word, each)
    begin = moment(sent.at, "at")

    def since(words: Sequence[Word]) -> int | None:
        found = [moment(first[word].at, "at") for word in words if word in first]
        return None if not found else int((min(found) - begin).total_seconds())

    refusal = first[Word.REFUSE].reason if Word.REFUSE in first else None
    late = now > moment(sent.due, "due") and Word.WITHDRAW not in first
    return _Track(
        kind=sent.kind,
        sender=sent.sender,
        to=sent.to,
        receive=since((Word.RECEIVE,)),
        decide=since((Word.ACCEPT, Word.REFUSE)),
        act=since(_DID),
        refusal=refusal,
        silent=late and Word.DELIVER in first and not any(each.word.is_answer for each in steps),
        wrong=_wrong(steps, now),
    )


def _wrong(steps: Sequence[Header], now: datetime) -> int | None:
    """For how long something lay upon somebody that was lifted, ended as wrong or asked to be lifted; None where nothing was wrong."""
    begun = next((moment(each.at, "at") for each in steps if each.word in _DID), None)
    asked = next((each for each in steps if each.word is Word.LIFT), None)
    undone = next((each for each in steps if each.word is Word.LIFTED or (each.word is Word.END and each.reason == "wrong")), None)
    if begun is None or (asked is None and undone is None):
        return None
    over = next((each for each in steps if each.word in {Word.LIFTED, Word.END}), None)
    until = next((each.until for each in reversed(steps) if each.until is not None), None)
    end = moment(over.at, "at") if over is not None else min(now, moment(until, "until")) if until is not None else now
    return max(0, int((end - begun).total_seconds()))


def _measure(party: str, asks: bool, kind: Kind, tracks: Sequence[_Track]) -> Measure:
    count = len(tracks)
    speedy = kind is not Kind.RESCUE and not asks
    wrong = [each.wrong for each in tracks if each.wrong is not None]
    refused = Counter(each.refusal for each in tracks if each.refusal is not None)
    coercive = RULES[kind].coercive
    return Measure(
        party=party,
        asks=asks,
        kind=kind,
        requests=_shown(count),
        receive=_times([each.receive for each in tracks]) if speedy else None,
        decide=_times([each.decide for each in tracks]) if speedy else None,
        act=_times([each.act for each in tracks]) if speedy else None,
        done=_share(sum(each.act is not None for each in tracks), count),
        refused={reason: _shown(refused[reason]) for reason in sorted(refused)},
        failing=_share(sum(each.silent or (each.refusal is not None and each.refusal not in NO_FAILURE) for each in tracks), count),
        silent=_share(sum(each.silent for each in tracks), count),
        unfounded=_share(sum(each.refusal in _UNFOUNDED for each in tracks), count),
        wrong=_share(len(wrong), count),
        wrong_hours=sum(wrong) // 3600 if coercive and count >= FEW and _shown(len(wrong)) is not None else None,
    )


def _times(found: Sequence[int | None]) -> Times:
    known = sorted(each for each in found if each is not None)
    if len(known) < FEW:
        return Times(0, None, None)
    return Times(len(known), known[(len(known) - 1) // 2], known[-(-9 * len(known) // 10) - 1])


def _share(part: int, whole: int) -> Share:
    """A share with its Wilson interval, in whole thousandths; a part of one to four is not shown."""
    if whole < FEW or 0 < part < FEW:
        return Share(None, _shown(whole), None, None, None)
    n, p = Decimal(whole), Decimal(part) / Decimal(whole)
    middle = p + _SQUARE / (2 * n)
    reach = (_SQUARE * (p * (1 - p) / n + _SQUARE / (4 * n * n))).sqrt()
    below = 1 + _SQUARE / n
    low, high = max(Decimal(0), (middle - reach) / below), min(Decimal(1), (middle + reach) / below)
    return Share(part, whole, _permille(p), _permille(low), _permille(high))


def _permille(share: Decimal) -> int:
    return int((share * 1000).to_integral_value(rounding="ROUND_HALF_EVEN"))


def _shown(count: int) -> int | None:
    return count if count == 0 or count >= FEW else None


def _plain(value: object) -> object:
    if isinstance(value, (Times, Share)):
        return {name: getattr(value, name) for name in value.__slots__}
    return dict(value) if isinstance(value, Mapping) else value
