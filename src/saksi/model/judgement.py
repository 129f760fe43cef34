"""Whether two entities are the same, as judged by somebody on some ground; reversible, and each authority may hold its own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput
from saksi.model.fields import Fields

__all__ = ["Judgement", "Verdict"]


class Verdict(Enum):
    """The three answers to "are these two the same?"."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Two entity ids in sorted order, a verdict and the ground for it. The record value of schema `Judgement`."""

    left: str
    right: str
    verdict: Verdict
    ground: str

    def __post_init__(self) -> None:
        if not self.left < self.right:
            raise BadInput("a judgement names two different entities, the smaller id first")
        if not self.ground.strip():
            raise BadInput("a judgement gives its ground")

    @classmethod
    def of(cls, one: str, other: str, *, verdict: Verdict, ground: str) -> Judgement:
        """A judgement over two entities given in any order."""
        return cls(min(one, other), max(one, other), verdict, ground)

    def to_json(self) -> JsonObject:
        """The judgement as a record value."""
        return {"ground": self.ground, "left": self.left, "right": self.right, "verdict": self.verdict.value}

    @classmethod
    def from_json(cls, value: Json) -> Judgement:
        """Read what `to_json` wrote, strictly."""
        fields = Fields(value, where="/content/value")
        verdict = fields.text("verdict")
        if verdict not in {each.value for each in Verdict}:
            raise BadInput(f"a verdict is same, different or unsure, not {verdict!r}")
        made = cls(fields.text("left"), fields.text("right"), Verdict(verdict), fields.text("ground"))
        fields.done()
        return made
