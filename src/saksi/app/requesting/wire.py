"""The shapes of requests on the wire: what somebody wants asked or done, and what is shown of a request."""

from __future__ import annotations

import msgspec

__all__ = [
    "DoneBody", "DueLine", "MeasuresAnswer", "MoneyLine", "RequestAnswer", "RequestBody", "RequestLine", "RequestsAnswer", "StepBody",
    "StepLine", "TargetBody", "UnitLine",
]  # fmt: skip


class TargetBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that is asked about, by its entity id; for money the tainted amount (a decimal as text) and its currency."""

    entity: str
    amount: str | None = None
    currency: str | None = None


class RequestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an officer wants asked. `to` is an id of the directory, which knows name, address and conflicts of interest; `grounds` are
    references; `until` is a UTC time; `case` is the id of a case it is drawn from."""

    kind: str
    to: str
    targets: tuple[TargetBody, ...]
    grounds: tuple[str, ...]
    offence: str
    instrument: str
    legal_basis: str
    purpose: str
    proportionality: str
    urgency: str
    until: str | None = None
    concerns: tuple[str, ...] = ()
    living_costs: str | None = None
    holder_language: str | None = None
    consent: str | None = None
    text: str | None = None
    audience: tuple[str, ...] = ()
    case: str | None = None


class DoneBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What amount was held or returned of a target."""

    entity: str
    amount: str
    currency: str


class StepBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step that a person wants to take on the request as they saw it (`head`); `subject` and `targets` say what they agree to.

    An answer that was typed in says how it came (`via`: mail, paper, phone or form), and how it was made sure whose it is (`checked`). The
    `letter` that it was typed from goes into the vault with the step, as it is; `evidence` is its SHA-256, where it is kept elsewhere.
    `request` is the whole request anew, for an edit.
    """

    word: str
    head: str
    subject: str | None = None
    targets: tuple[str, ...] = ()
    until: str | None = None
    reason: str | None = None
    text: str | None = None
    done: tuple[DoneBody, ...] = ()
    via: str = "node"
    evidence: str | None = None
    checked: str | None = None
    letter: bytes | None = None
    request: RequestBody | None = None


class RequestLine(msgspec.Struct, frozen=True, kw_only=True):
    """One request in a list. `waits_for`: us, them or nobody; `due` a UTC time or null; `over`: it has passed; `words`: what waits for the
    caller."""

    id: str
    reference: str
    kind: str
    recipient: str
    unit: str
    mine: str
    theirs: str
    waits_for: str
    due: str | None
    over: bool
    words: tuple[str, ...]


class RequestsAnswer(msgspec.Struct, frozen=True):
    """A page of requests; `next` is the cursor of the page behind it, or null."""

    requests: tuple[RequestLine, ...]
    next: str | None


class DueLine(msgspec.Struct, frozen=True):
    """What is due of whom (us, them, nobody) at which UTC time, and whether that has passed."""

    what: str
    who: str
    at: str
    over: bool


class StepLine(msgspec.Struct, frozen=True):
    """One step: its statement in the ledger, its digest, and the step itself without the request it may hold."""

    ref: str
    digest: str
    step: dict[str, object]


class RequestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A request with both halves, its clocks, its steps, and what the caller may do now.

    `subject` is what an agreement is given to now; `missing` says in words what it needs before it may leave; `words` are open to the
    caller, `closed` are those the caller's roles hold and the rules refuse now, with the reason.
    """

    id: str
    reference: str
    request: dict[str, object]
    mine: str
    theirs: str
    said: str
    stands: bool
    waits_for: str
    head: str
    subject: str
    missing: tuple[str, ...]
    due: tuple[DueLine, ...]
    expired: bool
    silent: bool
    held_seconds: int
    over_asked: tuple[str, ...]
    words: tuple[str, ...]
    closed: dict[str, str]
    steps: tuple[StepLine, ...]


class UnitLine(msgspec.Struct, frozen=True):
    """How much waits for a unit, and how much of that is overdue; null where it is one to four."""

    unit: str
    waits: int | None
    overdue: int | None


class MoneyLine(msgspec.Struct, frozen=True):
    """Money in one currency, as decimals: `reported` as lost, in reports that somebody of the desk stands behind, `asked` to be held,
    `held`, `returned`; null where fewer than five reports or requests stand behind it."""

    currency: str
    reported: str | None
    asked: str | None
    held: str | None
    returned: str | None


class MeasuresAnswer(msgspec.Struct, frozen=True):
    """The yardstick at a ledger size: a measure for each party, side and kind, how much waits in each unit, what became of money."""

    at: int
    measures: tuple[dict[str, object], ...]
    units: tuple[UnitLine, ...]
    money: tuple[MoneyLine, ...]
