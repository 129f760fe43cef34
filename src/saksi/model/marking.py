"""Who may see a statement and what may be done with it: TLP 2.0, PAP, audience, purpose, legal basis, retention."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from saksi.model.canonical import Json, JsonObject
from saksi.model.errors import BadInput
from saksi.model.fields import Fields

__all__ = ["Marking", "Pap", "Tlp", "strictest"]


class Tlp(Enum):
    """Traffic Light Protocol 2.0 (FIRST): who may see it."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    @property
    def rank(self) -> int:
        """0 for the widest marking, 4 for the strictest."""
        return _TLP_RANK[self]

    @classmethod
    def read(cls, text: str) -> Tlp:
        """Read a marking; one that is not known counts as RED."""
        plain = text.strip().upper().removeprefix("TLP:")
        plain = {"WHITE": "CLEAR"}.get(plain, plain)
        return next((level for level in cls if level.value == plain), cls.RED)


class Pap(Enum):
    """Permissible Actions Protocol: what may be done with it."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"

    @property
    def rank(self) -> int:
        """0 for the widest, 3 for the strictest."""
        return _PAP_RANK[self]

    @classmethod
    def read(cls, text: str) -> Pap:
        """Read a marking; one that is not known counts as RED."""
        plain = text.strip().upper().removeprefix("PAP:")
        plain = {"WHITE": "CLEAR"}.get(plain, plain)
        return next((level for level in cls if level.value == plain), cls.RED)

    @property
    def may_block(self) -> bool:
        """Block lists need PAP:GREEN or wider."""
        return self.rank <= Pap.GREEN.rank

    @property
    def may_ask_others(self) -> bool:
        """Look-ups at third parties need PAP:AMBER or wider."""
        return self.rank <= Pap.AMBER.rank


_TLP_RANK = {level: rank for rank, level in enumerate(Tlp)}
_PAP_RANK = {level: rank for rank, level in enumerate(Pap)}


@dataclass(frozen=True, slots=True)
class Marking:
    """The handling group of a statement. It lies inside the signed commitment and is never rewritten on the way.

    `audience` lists the authorities or named circles that may see it where TLP is AMBER or stricter; `purpose` and `legal_basis` are
    free words of the authority (nothing leaves the node without both); `retain_until` is a date after which the payload is purged.
    One that names an audience at CLEAR or GREEN is taken as it was signed, and read as AMBER (`read_as`); nobody here makes one (`given`).
    """

    tlp: Tlp = Tlp.RED
    pap: Pap = Pap.RED
    audience: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None
    retain_until: str | None = None

    def __post_init__(self) -> None:
        if self.audience != tuple(sorted(set(self.audience))):
            raise BadInput("an audience is sorted and names nobody twice")

    @classmethod
    def given(
        cls, tlp: Tlp, pap: Pap, *, audience: Iterable[str] = (), purpose: str | None = None, legal_basis: str | None = None
    ) -> Marking:
        """A marking as somebody says it now. Raises BadInput where it names an audience that its TLP would not keep it to."""
        made = cls(tlp, pap, tuple(sorted(set(audience))), purpose, legal_basis)
        if made.read_as is not tlp:
            whom = "everybody" if tlp is Tlp.CLEAR else "all who have shown who they are"
            raise BadInput(
                f"TLP:{tlp.value} is for {whom}: an audience holds nobody out",
                where="audience",
                todo="leave out the audience, or choose AMBER",
            )
        return made

    @property
    def read_as(self) -> Tlp:
        """The TLP that decides who may see it: at least AMBER where it names an audience, for whoever names some means nobody else."""
        return Tlp.AMBER if self.audience and self.tlp.rank < Tlp.AMBER.rank else self.tlp

    def to_json(self) -> JsonObject:
        """The handling group as an object without its empty fields."""
        made: dict[str, Json] = {"pap": self.pap.value, "tlp": self.tlp.value}
        if self.audience:
            made["audience"] = list(self.audience)
        for name in ("legal_basis", "purpose", "retain_until"):
            value = getattr(self, name)
            if value is not None:
                made[name] = value
        return made

    @classmethod
    def from_json(cls, value: Json) -> Marking:
        """Read a handling group. A TLP or PAP value that is not known counts as RED."""
        fields = Fields(value, where="/handling")
        made = cls(
            tlp=Tlp.read(fields.maybe_text("tlp") or ""),
            pap=Pap.read(fields.maybe_text("pap") or ""),
            audience=fields.texts("audience"),
            purpose=fields.maybe_text("purpose"),
            legal_basis=fields.maybe_text("legal_basis"),
            retain_until=fields.maybe_text("retain_until"),
        )
        fields.done()
        return made


def strictest(markings: Iterable[Marking]) -> Marking:
    """The marking of a view over several statements: the strictest TLP and PAP, the audience that every
    restricted part names, the earliest end.

    Without any statement there is nothing to protect: CLEAR. Purpose and legal basis stay only where all agree.
    """
    parts = tuple(markings)
    if not parts:
        return Marking(Tlp.CLEAR, Pap.CLEAR)
    circles = [set(part.audience) for part in parts if part.read_as.rank >= Tlp.AMBER.rank]
    ends = sorted(part.retain_until for part in parts if part.retain_until is not None)
    purposes = {part.purpose for part in parts}
    grounds = {part.legal_basis for part in parts}
    return Marking(
        tlp=max((part.read_as for part in parts), key=lambda level: level.rank),
        pap=max((part.pap for part in parts), key=lambda level: level.rank),
        audience=tuple(sorted(set.intersection(*circles))) if circles else (),
        purpose=purposes.pop() if len(purposes) == 1 else None,
        legal_basis=grounds.pop() if len(grounds) == 1 else None,
        retain_until=ends[0] if ends else None,
    )
