"""The header of a step: all that a yardstick needs, and nothing that names an observable, a person or an amount."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.actions.history import History
from saksi.actions.kind import Kind, Urgency
from saksi.actions.step import Step, Word, moment
from saksi.model import BadInput, Json, JsonObject
from saksi.model.fields import Fields

__all__ = ["Header", "header_of"]


@dataclass(frozen=True, slots=True)
class Header:
    """One step as auditors see it: the word, when (UTC), the kind of request, from whom to whom, how urgent, when a decision is due, the
    digest of the step it answers, until when, and the reason as a word of a closed list."""

    word: Word
    at: str
    kind: Kind
    sender: str
    to: str
    urgency: Urgency
    due: str
    after: str
    until: str | None = None
    reason: str | None = None

    def to_json(self) -> JsonObject:
        """The header group as an object without its empty fields."""
        made: dict[str, Json] = {
            "after": self.after, "at": self.at, "due": self.due, "from": self.sender, "kind": self.kind.value, "step": self.word.value,
            "to": self.to, "urgency": self.urgency.value,
        }  # fmt: skip
        for name in ("until", "reason"):
            if getattr(self, name) is not None:
                made[name] = getattr(self, name)
        return made

    @classmethod
    def from_json(cls, value: Json) -> Header:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/header")
        try:
            word, kind, urgency = Word(fields.text("step")), Kind(fields.text("kind")), Urgency(fields.text("urgency"))
        except ValueError as fault:
            raise BadInput(f"a word nobody knows: {fault}", where="/header") from fault
        made = cls(
            word, fields.text("at"), kind, fields.text("from"), fields.text("to"), urgency, fields.text("due"), fields.text("after"),
            fields.maybe_text("until"), fields.maybe_text("reason"),
        )  # fmt: skip
        fields.done()
        return made


def header_of(step: Step, have: History, authority: str) -> Header:
    """The header of `step`, after which the request stands as `have`, in the ledger of `authority`."""
    asked, recipient = have.request, have.request.to.id
    sender, to = (recipient, authority) if step.word.is_answer else (authority, recipient)
    due = moment(have.sent_at or step.at, "at") + asked.urgency.decide
    listed = step.reason if step.word.is_answer else None  # the requester's reasons are words for people
    return Header(step.word, step.at, asked.kind, sender, to, asked.urgency, f"{due:%Y-%m-%dT%H:%M:%SZ}", step.after, have.until, listed)
