"""Who takes a step: a person with roles in a unit, or a part of the node that acts by itself (the courier)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from saksi.model.errors import BadInput

__all__ = ["COURIER", "Actor", "Role"]


class Role(Enum):
    """What a person may do in an authority. Who runs the node is not thereby one who reads or decides."""

    INTAKE = "intake"
    ANALYST = "analyst"
    APPROVER = "approver"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    COURIER = "courier"  # never a person's


@dataclass(frozen=True, slots=True)
class Actor:
    """A person by pseudonym, the unit they serve in, and their roles."""

    person: str
    unit: str
    roles: frozenset[Role]

    def __post_init__(self) -> None:
        if not self.person.strip() or not self.unit.strip():
            raise BadInput("whoever acts has a name and a unit")
        if Role.COURIER in self.roles and len(self.roles) > 1:
            raise BadInput("the courier is no person and has no other role")


COURIER = Actor("courier", "node", frozenset({Role.COURIER}))
