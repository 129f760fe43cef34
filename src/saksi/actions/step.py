"""One step of a request: a word, who took it, when, after which step. Each is a statement in the ledger of the party that takes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from saksi.actions.money import Money
from saksi.actions.request import Request
from saksi.model import BadInput, Json, JsonObject, canonical
from saksi.model.actor import Actor, Role
from saksi.model.fields import Fields
from saksi.model.moment import moment

__all__ = ["FIRST", "Step", "Word", "moment"]

FIRST = "0" * 64  # what the first step comes after
_TAG = b"saksi/step1\0"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_VIA = frozenset({"node", "mail", "phone", "paper", "form"})
_LONGEST = 8_000


class Word(Enum):
    """What is done. The second list is the recipient's half."""

    DRAFT = "draft"
    EDIT = "edit"
    APPROVE = "approve"
    REVIEW = "review"
    SEND_BACK = "send-back"
    SEND = "send"
    DELIVER = "deliver"
    BOUNCE = "bounce"
    REMIND = "remind"
    ESCALATE = "escalate"
    CLARIFY = "clarify"
    PROPOSE_RENEWAL = "propose-renewal"
    RENEW = "renew"
    APPEAL = "appeal"
    LIFT = "lift"
    KEEP = "keep"
    WITHDRAW = "withdraw"

    RECEIVE = "receive"
    ASK = "ask"
    ACCEPT = "accept"
    REFUSE = "refuse"
    PART = "part-done"
    DONE = "done"
    ENFORCE = "in-force"
    PROLONG = "renewed"
    END = "ended"
    LIFTED = "lifted"
    KEPT = "kept"

    @property
    def is_answer(self) -> bool:
        """Whether it belongs to the recipient's half."""
        return self in _ANSWERS


_ANSWERS = frozenset(
    {
        Word.RECEIVE, Word.ASK, Word.ACCEPT, Word.REFUSE, Word.PART, Word.DONE, Word.ENFORCE, Word.PROLONG, Word.END, Word.LIFTED,
        Word.KEPT,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step. Absent fields are None or empty.

    `request` is the id of the request, `after` the digest of the step before, so that a step fits one history at one place: it can be
    neither replayed nor put elsewhere. `at` is a UTC time; `role` is the one
    in which the person acts. `asked` is the whole request, with `draft` and `edit` only. `subject` is the
    digest that an approval is given to, `targets` the entity ids it is given for. `until` is a UTC time. `reason` is a word of a closed
    list where the word has one; `text` is for people. `done` says what amount was held or returned of which target. `via` says how an
    answer came; one that a person typed in names the digest of what came (`evidence`), and how it was made sure that it comes from the
    recipient (`checked`).
    """

    request: str
    word: Word
    at: str
    after: str
    person: str
    unit: str
    role: Role
    asked: Request | None = None
    subject: str | None = None
    targets: tuple[str, ...] = ()
    until: str | None = None
    reason: str | None = None
    text: str | None = None
    done: tuple[tuple[str, Money], ...] = ()
    via: str = "node"
    evidence: str | None = None
    checked: str | None = None

    def __post_init__(self) -> None:
        moment(self.at, "at")
        if self.until is not None:
            moment(self.until, "until")
        for name in ("after", "subject", "evidence"):
            value = getattr(self, name)
            if value is not None and not _DIGEST.fullmatch(value):
                raise BadInput("64 lower-case hex digits are expected", where=name)
        if self.via not in _VIA:
            raise BadInput(f"an answer comes by one of {', '.join(sorted(_VIA))}, not {self.via[:20]!r}", where="via")
        if (self.asked is not None) is not (self.word in {Word.DRAFT, Word.EDIT}):
            raise BadInput("the whole request stands in a draft and in an edit, and nowhere else", where="asked")
        if self.asked is not None and self.asked.id != self.request:
            raise BadInput("the step is about another request than the one it holds", where="asked")
        for name in ("text", "checked"):
            if len(getattr(self, name) or "") > _LONGEST:
                raise BadInput(f"at most {_LONGEST:,} characters", where=name)

    @property
    def actor(self) -> Actor:
        """Whoever took it, with the one role they took it in."""
        return Actor(self.person, self.unit, frozenset({self.role}))

    def digest(self) -> str:
        """SHA-256 of the step in canonical form, in hex: what the next step comes after."""
        return sha256(_TAG + canonical(self.to_json())).hexdigest()

    def to_json(self) -> JsonObject:
        """The step as an object without its empty fields."""
        made: dict[str, Json] = {"role": self.role.value, "word": self.word.value}
        if self.asked is not None:
            made["asked"] = self.asked.to_json()
        if self.targets:
            made["targets"] = list(self.targets)
        if self.done:
            made["done"] = [{"entity": entity, "money": money.to_json()} for entity, money in self.done]
        for name in _TEXTS:
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        return made

    @classmethod
    def from_json(cls, value: Json) -> Step:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/step")
        word = fields.text("word")
        if word not in {each.value for each in Word}:
            raise BadInput(f"unknown word {word[:40]!r}", where="/step/word")
        role = fields.text("role")
        if role not in {each.value for each in Role}:
            raise BadInput(f"unknown role {role[:40]!r}", where="/step/role")
        asked = fields.maybe_object("asked")
        done = fields.any("done") if "done" in (value if isinstance(value, dict) else {}) else ()
        made = cls(
            word=Word(word),
            role=Role(role),
            asked=None if asked is None else Request.from_json(asked),
            targets=fields.texts("targets"),
            done=_amounts(done),
            request=fields.text("request"), at=fields.text("at"), after=fields.text("after"), person=fields.text("person"),
            unit=fields.text("unit"), via=fields.text("via"), subject=fields.maybe_text("subject"), until=fields.maybe_text("until"),
            reason=fields.maybe_text("reason"), text=fields.maybe_text("text"), evidence=fields.maybe_text("evidence"),
            checked=fields.maybe_text("checked"),
        )  # fmt: skip
        fields.done()
        return made


_TEXTS = ("request", "at", "after", "person", "unit", "via", "subject", "until", "reason", "text", "evidence", "checked")


def _amounts(value: Json) -> tuple[tuple[str, Money], ...]:
    if not isinstance(value, (list, tuple)):
        raise BadInput("a list is expected", where="/step/done")
    made = []
    for each in value:
        fields = Fields(each, where="/step/done")
        made.append((fields.text("entity"), Money.from_json(fields.any("money"), where="/step/done/money")))
        fields.done()
    return tuple(made)
