"""What an answer says in words an officer understands; each sentence has a fixed code, so that pages can say it in other languages."""

from __future__ import annotations

from collections.abc import Sequence

from saksi.screen.answer import Note
from saksi.screen.recycle import recycling
from saksi.screen.verdict import Grounds

__all__ = ["CLEARED", "NOT_IN_PLAN", "PAST", "UNKNOWN", "warnings", "why"]

UNKNOWN = Note("unknown", "There is no record of this value that you may see. That does not mean that it is safe.")
PAST = Note(
    "past",
    "Nothing about it stands now: what was said was withdrawn, has expired, was rejected or is not in force yet. "
    "That does not mean that it is safe.",
)
NOT_IN_PLAN = Note("not-in-plan", "The number is not valid in its country's number plan: it may be mistyped, or of a new range.")
_NO_EXACT = Note("not-itself", "There is no record of this very value, only of something it belongs to.")
_NEUTRAL = Note("neutral", "It is on record, but nothing that you may see names it as part of a scam. That does not mean that it is safe.")
_CONFIRMED = Note(
    "confirmed",
    "A caller confirmed a scam; no source that you may see names it as part of one: not flagged. That does not mean that it is safe.",
)
_UNNAMED = Note(
    "itself-unnamed",
    "Nobody whose words you may see has named this very address, only what it belongs to. That does not mean that it is safe.",
)
_ACCUSED = Note("accused", "It is named as part of a scam, and nothing you may see speaks against it. Read who says so before you act.")
_WEAK = Note("weak", "It is named only by sources judged unreliable, or in a way judged improbable: not flagged.")
_STALE = Note("stale", "It was named as part of a scam too long ago to hold it against whoever has it now: not flagged.")
_MAY_BE_SHARED = Note(
    "may-be-shared",
    "It lies in a network that many customers share: others may use the same address, or have it soon. Check who holds it now.",
)
_CONTESTED = Note("contested", "Sources disagree about it: not flagged. Both sides are shown.")
_OUTCOMES_DIFFER = Note(
    "outcomes-differ",
    "It was found to be harmless, and confirmed to be a scam; no source names it as part of one: not flagged. Both are shown.",
)
_DOUBTED = Note(
    "contested-by-caller",
    "A caller told us that it is harmless; no source says so, and the desk has not decided: not flagged. Block lists go on as before.",
)
CLEARED = Note("cleared", "It was found to be harmless, and nobody whose words you may see accuses it now: not flagged.")
_CLEARED_BY_CALLER = Note(
    "cleared-by-caller",
    "A caller told us that it is harmless; nobody whose words you may see accuses it, and the desk has not decided: not flagged.",
)
_DENIED = {"contested": (_CONTESTED, _DOUBTED), "cleared": (CLEARED, _CLEARED_BY_CALLER)}  # the second where only callers say so
_PROTECTED = Note("protected", "It is said to belong to somebody who is harmed or misused by a scam: not flagged. Do not block it.")
_RESERVED = Note("reserved", "It lies in a space that is reserved for examples, tests or private use: not flagged.")

_ABOVE_ONLY = {
    "parent": Note("parent-safe", "Its parent domain is safe-listed and must not be blocked. That says nothing about this longer address."),
    "host": Note("host-safe", "The host it lies on is safe-listed and must not be blocked. That says nothing about this longer address."),
    "network": Note(
        "network-safe", "The network of its host is safe-listed and must not be blocked. That says nothing about this longer address."
    ),
}
_SAFE = {
    "benign": Note(
        "safe-benign", "It is on a list of known good addresses: not flagged. Entries against such addresses are often mistakes."
    ),
    "shared": Note("safe-shared", "It is shared by many unrelated users: not flagged. Only a longer address inside it can be judged."),
    "reserved": _RESERVED,
}
_SAFE_OTHERWISE = Note("safe-otherwise", "It is safe-listed: not flagged.")
_BY_RELATION = {
    "www": Note("through-bare-domain", "This rests on the domain without its www."),
    "parent": Note("through-parent", "This rests on its parent domain."),
    "site": Note("through-host", "This rests on the host it belongs to."),
    "host": Note("through-host", "This rests on the host it belongs to."),
    "network": Note("through-network", "This rests on a network that its address lies in."),
}
_DESPITE = {
    "safe": Note(
        "above-safe", "The domain, host or network it belongs to is safe-listed: what is said here is about this longer address alone."
    ),
    "contested": Note("above-contested", "What is said about the domain or host it belongs to is contested."),
    "cleared": Note(
        "above-cleared",
        "The domain, host or network it belongs to was found to be harmless: what is said here is about this longer address alone.",
    ),
    "protected": Note(
        "above-protected", "The domain, host or network it belongs to is said to be misused by a scam: do not block the whole of it."
    ),
}


def why(grounds: Sequence[Grounds], relations: Sequence[str], decided_by: int | None, *, covered: bool) -> tuple[Note, ...]:
    """Why the answer is what it is: what decided, through which part, and what stands above it.

    `covered`: whether the deciding part's safe-listing speaks for the value asked about.
    """
    if all(each.stand == "none" for each in grounds):
        return (UNKNOWN,)
    made: list[Note] = []
    if decided_by is None:
        made.append(_CONFIRMED if any(each.confirmed for each in grounds) else _NEUTRAL)
        if grounds[0].stand == "none":
            made.append(_NO_EXACT)
        return tuple(made)
    deciding = grounds[decided_by]
    if deciding.stand == "safe" and not covered:
        first = _UNNAMED if grounds[0].stand == "none" else _CONFIRMED if grounds[0].confirmed else _NEUTRAL
        return (first, _ABOVE_ONLY[relations[decided_by]])
    if deciding.stand == "safe":
        made += [_SAFE.get(kind, _SAFE_OTHERWISE) for kind in deciding.safe]
        accusing = next((each.accusing for each in grounds[: decided_by + 1] if each.accusing), ())
        if accusing:
            made.append(Note("safe-though-accused", f"It is also named as {_list(accusing)}; both sources are shown."))
    elif deciding.stand in _DENIED:
        made.append(_OUTCOMES_DIFFER if _is_of_outcomes(deciding) else _DENIED[deciding.stand][deciding.doubted])
    elif deciding.stand == "protected":
        made.append(_PROTECTED)
    else:
        made.append(_WEAK if deciding.weak else _ACCUSED if deciding.flagged else _STALE)
    if decided_by:
        made.append(_BY_RELATION[relations[decided_by]])
        if grounds[0].stand == "none":
            made.append(_NO_EXACT)
    if deciding.stand == "accused":
        above = {each.stand for each in grounds[decided_by + 1 :]}
        made += [note for stand, note in _DESPITE.items() if stand in above]
    return tuple(made)


def _is_of_outcomes(grounds: Grounds) -> bool:
    """Whether what stands against each other is what became of look-ups alone: there no two sources disagree."""
    return grounds.stand == "contested" and grounds.confirmed and not (grounds.accusing or grounds.protected or grounds.safe)


def warnings(grounds: Grounds, kind: str, *, above: Sequence[Grounds] = ()) -> tuple[Note, ...]:
    """What to mind before acting: an address in a network that is `shared`, and an old sighting of something that changes hands."""
    shared = kind == "ip" and grounds.stand == "accused" and any(each.stand == "safe" for each in above)
    return ((_MAY_BE_SHARED,) if shared else ()) + (_recycled(grounds, kind, grounds.last) if grounds.stale and grounds.last else ())


def _recycled(grounds: Grounds, kind: str, last: str) -> tuple[Note, ...]:
    rule = recycling(kind)
    effect = "It is not flagged for that reason." if rule.reissued else "Find out who holds it now."
    seen = f"Nobody says when it was seen; recorded here {last[:10]}" if grounds.undated else f"Last seen {last}"
    text = f"{seen}, {grounds.months} months ago. It may be in other hands: {rule.reason}. {effect}"
    return (Note("recycled", text),)


def _list(words: Sequence[str]) -> str:
    return ", ".join(words)
