"""What can be asked of whom: the kinds of request, the closed list of offences, urgency classes, grounds of refusal.

The kinds that bear upon somebody's money, number or page are *coercive*: they need several people's approval, an amount or an end, and
statements that a person stands behind. Political and speech offences do not exist here, so no request can name one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

__all__ = ["NO_FAILURE", "OFFENCES", "REFUSALS", "RULES", "Kind", "Party", "Rule", "Urgency"]


class Party(Enum):
    """What a recipient is; only some can do what a kind asks for."""

    BANK = "bank"
    WALLET_PROVIDER = "wallet-provider"
    EXCHANGE = "exchange"
    TELCO = "telco"
    PLATFORM = "platform"
    REGISTRAR = "registrar"
    HOST = "host"
    AUTHORITY = "authority"
    EMBASSY = "embassy"
    AID = "aid"  # IOM, an NGO


class Kind(Enum):
    """What is asked for."""

    PRESERVE = "preserve"
    HOLD = "hold"
    UNHOLD = "unhold"
    RECALL = "recall"
    RETURN = "return"
    SUSPEND = "suspend"
    TAKEDOWN = "takedown"
    WARN = "warn"
    RESCUE = "rescue"
    EVIDENCE = "evidence"
    VERIFY = "verify"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for a kind.

    `money`: an amount is named for each target, and only that is asked for. `undone`: it can be ended or lifted; what cannot (money sent
    back) needs the same approvals and ends with the deed. `first` and `longest` bound how long it stays in force, at first and with all
    renewals. `targets` caps how many accounts, numbers or pages one request names; each is approved by itself.
    """

    asks: str
    of: frozenset[Party]
    coercive: bool = False
    money: bool = False
    undone: bool = False
    first: timedelta | None = None
    longest: timedelta | None = None
    targets: int = 50


_MONEY = frozenset({Party.BANK, Party.WALLET_PROVIDER, Party.EXCHANGE})
_LINE = frozenset({Party.TELCO, Party.PLATFORM})
_PAGE = frozenset({Party.PLATFORM, Party.REGISTRAR, Party.HOST})
_ANY = frozenset(Party)

RULES: Mapping[Kind, Rule] = {
    Kind.PRESERVE: Rule("keep the records, so that they are there when an order comes", _MONEY | _LINE | _PAGE),
    Kind.HOLD: Rule(
        "hold the tainted amount",
        _MONEY,
        coercive=True,
        money=True,
        undone=True,
        first=timedelta(days=7),
        longest=timedelta(days=90),
        targets=10,
    ),
    Kind.UNHOLD: Rule("release what was held", _MONEY),
    Kind.RECALL: Rule("recall the payment (camt.056)", frozenset({Party.BANK}), coercive=True, money=True, targets=10),
    Kind.RETURN: Rule("return the money to the victim", _MONEY, coercive=True, money=True, targets=10),
    Kind.SUSPEND: Rule(
        "suspend the number or the handle",
        _LINE,
        coercive=True,
        undone=True,
        first=timedelta(days=30),
        longest=timedelta(days=180),
        targets=10,
    ),
    Kind.TAKEDOWN: Rule(
        "take the page down", _PAGE, coercive=True, undone=True, first=timedelta(days=90), longest=timedelta(days=365), targets=20
    ),
    Kind.WARN: Rule("warn your customer, who may be paying a scammer", frozenset({Party.BANK, Party.TELCO})),
    Kind.RESCUE: Rule("bring a person to safety", frozenset({Party.EMBASSY, Party.AID, Party.AUTHORITY}), targets=1),
    Kind.EVIDENCE: Rule("give evidence under the instrument named", _ANY),
    Kind.VERIFY: Rule("say whether this is so", _ANY),
    Kind.QUESTION: Rule("answer a question", _ANY),
}

# The whole list: attempts are named with the word "attempted". Nothing political, nothing that is said or written, is on it.
_COMPLETED = ("fraud", "laundering", "trafficking", "extortion")
OFFENCES: frozenset[str] = frozenset(_COMPLETED + tuple(f"attempted-{each}" for each in _COMPLETED))


class Urgency(Enum):
    """How soon a recipient is asked to say that it has the request, and to decide."""

    DANGER = "danger"
    FLOWING = "flowing"
    SOON = "soon"
    ROUTINE = "routine"

    @property
    def receive(self) -> timedelta:
        """The time to acknowledge receipt, from when it was sent."""
        return _TIMES[self][0]

    @property
    def decide(self) -> timedelta:
        """The time to accept or refuse, from when it was sent."""
        return _TIMES[self][1]

    @property
    def words(self) -> str:
        """For people."""
        return _WORDS[self]


_TIMES = {
    Urgency.DANGER: (timedelta(minutes=15), timedelta(hours=1)),
    Urgency.FLOWING: (timedelta(minutes=30), timedelta(hours=2)),
    Urgency.SOON: (timedelta(hours=4), timedelta(hours=24)),
    Urgency.ROUTINE: (timedelta(days=3), timedelta(days=10)),
}
_WORDS = {
    Urgency.DANGER: "a person is in danger",
    Urgency.FLOWING: "money is still moving or within reach",
    Urgency.SOON: "soon: within a day",
    Urgency.ROUTINE: "routine: within ten days",
}

# Why a recipient refuses. Those in NO_FAILURE are no failing of the recipient's in any yardstick.
REFUSALS: Mapping[str, str] = {
    "rights": "it would breach the rights of the person concerned",
    "political": "it has a political aim",
    "insufficient-ground": "what it rests on is not enough",
    "no-legal-basis": "the law named does not allow it",
    "not-ours": "the account, number or page is not with us",
    "not-found": "there is no such account, number or page",
    "money-gone": "the money has already gone",
    "disproportionate": "it asks for more than the purpose needs",
    "needs-order": "an order of a court or prosecutor is needed",
    "unclear": "it cannot be understood and was not clarified",
    "other": "another reason, in the text",
}
NO_FAILURE: frozenset[str] = frozenset({"rights", "political", "insufficient-ground"})
