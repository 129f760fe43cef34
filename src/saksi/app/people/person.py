"""A person of the authority: called by a pseudonym in the ledger and the logs; the name stays in the node's own store of people."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from saksi.model import BadInput, Tlp
from saksi.model.actor import Actor, Role

__all__ = ["PERSONS", "Person", "Post", "name_key", "read_name", "read_post"]

PERSONS: tuple[Role, ...] = tuple(role for role in Role if role is not Role.COURIER)
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Post:
    """What somebody is in the authority: the unit they serve in, their roles, the strictest marking they may see."""

    unit: str
    roles: frozenset[Role]
    clearance: Tlp


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the node knows them. `id` is the pseudonym, `made` and `disabled` are seconds since 1970 UTC."""

    id: str
    name: str
    post: Post
    made: int
    disabled: int | None

    @property
    def actor(self) -> Actor:
        """Who acts, as statements name them."""
        return Actor(self.id, self.post.unit, self.post.roles)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles by name, in the order of `Role`."""
        return tuple(role.value for role in PERSONS if role in self.post.roles)


def read_name(text: str) -> str:
    """A name as it is kept (NFC). Raises BadInput where it is empty, too long or holds control characters."""
    return _line(text, "name")


def name_key(text: str) -> str:
    """What two spellings of a name share: who signs in need not mind capitals or widths."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text.strip()).casefold())


def read_post(unit: str, roles: Collection[str], clearance: str) -> Post:
    """Read a post. Raises BadInput. An auditor has no other role: nobody watches over what they do themselves."""
    known = {role.value: role for role in PERSONS}
    unknown = sorted(set(roles) - known.keys())
    if unknown:
        raise BadInput(f"unknown role {unknown[0][:40]!r}", where="role", todo=f"one of {', '.join(known)}")
    held = frozenset(known[role] for role in roles)
    if not held:
        raise BadInput("a person has at least one role", where="role", todo=f"one of {', '.join(known)}")
    if Role.AUDITOR in held and len(held) > 1:
        raise BadInput("an auditor has no other role: they would audit themselves", where="role")
    if clearance not in {level.value for level in Tlp}:
        raise BadInput(f"unknown TLP level {clearance[:40]!r}", where="clearance", todo=f"one of {', '.join(level.value for level in Tlp)}")
    return Post(_line(unit, "unit"), held, Tlp(clearance))


def _line(text: str, where: str) -> str:
    made = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(made) <= _LONGEST or any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in made):
        raise BadInput(f"a line of 1 to {_LONGEST} characters is expected", where=where)
    return made
