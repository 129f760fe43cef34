"""How far a source is trusted and how likely a statement is, by the NATO Admiralty code (STANAG 2511, AJP-2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from saksi.model.errors import BadInput

__all__ = ["CREDIBILITY", "RELIABILITY", "Grade"]

RELIABILITY = {
    "A": "completely reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually reliable",
    "E": "unreliable",
    "F": "reliability cannot be judged",
}
CREDIBILITY = {
    1: "confirmed by other sources",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "truth cannot be judged",
}


@dataclass(frozen=True, slots=True)
class Grade:
    """Source reliability A to F and information credibility 1 to 6; the two are judged apart."""

    reliability: str
    credibility: int

    def __post_init__(self) -> None:
        if self.reliability not in RELIABILITY:
            raise BadInput(f"reliability is one of {', '.join(RELIABILITY)}, not {self.reliability!r}")
        if isinstance(self.credibility, bool) or self.credibility not in CREDIBILITY:
            raise BadInput(f"credibility is 1 to 6, not {self.credibility!r}")

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"

    def words(self) -> str:
        """The grade spelt out, for people."""
        return f"{RELIABILITY[self.reliability]}, {CREDIBILITY[self.credibility]}"

    @classmethod
    def parse(cls, text: str) -> Grade:
        """Read a grade as it is written: one letter, one digit ("B2")."""
        if len(text) != 2 or text[1] not in "123456":
            raise BadInput(f"a grade is a letter A to F and a digit 1 to 6, not {text[:40]!r}", todo="name one such as C4")
        return cls(text[0], "0123456".index(text[1]))
