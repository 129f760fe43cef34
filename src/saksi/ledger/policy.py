"""A trust policy: which logs are believed, and how many of which witnesses must have seen a checkpoint.

C2SP tlog-policy, a text file of `log`, `witness`, `group` and `quorum` lines. Names are compared byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from saksi.ledger.note import COSIGNATURE, MLDSA44, Verified, VKey, parse_vkey
from saksi.ledger.wire import parse_decimal
from saksi.model.errors import BadInput, Unproved

__all__ = ["Group", "Policy", "parse_policy"]

_MOST = 256  # groups; the specification asks for at least 32
_ALLOWED = frozenset({9, 10, *range(0x20, 0x7F), *range(0x80, 0x100)})


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses or groups of which at least `needed` must have cosigned."""

    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Logs, witnesses and groups by name, and the name whose cosigning is asked for (`none`: no one's)."""

    logs: tuple[VKey, ...]
    witnesses: Mapping[str, VKey]
    groups: Mapping[str, Group]
    quorum: str

    @property
    def vkeys(self) -> tuple[VKey, ...]:
        """Every key that is named."""
        return (*self.logs, *self.witnesses.values())

    def check(self, origin: str, held: Iterable[Verified]) -> None:
        """Unproved unless a listed log (where any is listed) and a quorum of witnesses are among the checked signatures."""
        keys = {one.vkey for one in held}
        if self.logs and not any(log in keys and log.name == origin for log in self.logs):
            raise Unproved(
                f"the policy does not list the log {origin}", todo="add a `log` line with its key, or use the policy made for it"
            )
        if self.quorum != "none" and not self._seen(self.quorum, keys):
            names = ", ".join(sorted(name for name, key in self.witnesses.items() if key in keys)) or "none"
            todo = "ask the authority for a newer checkpoint that its witnesses have signed"
            raise Unproved(f"the quorum {self.quorum!r} has not cosigned; of its witnesses these have: {names}", todo=todo)

    def _seen(self, name: str, keys: set[VKey]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return self.witnesses[name] in keys
        return sum(self._seen(member, keys) for member in group.members) >= group.needed


def parse_policy(data: bytes) -> Policy:
    """Read a policy file; BadInput with the line where it is not one."""
    if len(data) > 1_000_000:
        raise BadInput(f"a policy of {len(data)} bytes is too long")
    if data and not data.endswith(b"\n"):
        raise BadInput("each line of a policy ends in a newline")
    draft = _Draft()
    for number, raw in enumerate(data.split(b"\n")[:-1], start=1):
        line = raw.decode("utf-8", "surrogateescape")  # names are opaque bytes
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        try:
            if not _ALLOWED.issuperset(raw):
                raise BadInput("a control character")
            if words and not words[0].startswith("#"):
                draft.take(words)
        except BadInput as error:
            raise BadInput(error.what, where=f"line {number}") from error
    if draft.quorum is None:
        raise BadInput("a policy has one quorum line", todo="write 'quorum none' to ask for no witnesses")
    return Policy(tuple(draft.logs), draft.witnesses, draft.groups, draft.quorum)


class _Draft:
    def __init__(self) -> None:
        self.logs: list[VKey] = []
        self.witnesses: dict[str, VKey] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                self.logs.append(_new(parse_vkey(vkey), self.logs))
            case ["witness", name, vkey, *url] if len(url) <= 1:
                key = _new(parse_vkey(vkey), self.witnesses.values())
                if key.kind not in (COSIGNATURE, MLDSA44):
                    raise BadInput(f"the key of a witness is of type 4 or 6, not {key.kind}")
                self.witnesses[self._free(name)] = key
            case ["group", name, needed, *members] if members:
                self._group(name, needed, members)
            case ["quorum", name] if self.quorum is None:
                self.quorum = name if name == "none" else self._defined(name)
            case _:
                raise BadInput(f"not a line of a policy: {' '.join(words)[:80]!r}")

    def _group(self, name: str, needed: str, members: list[str]) -> None:
        for member in members:
            if self._defined(member) in self._members:
                raise BadInput(f"{member!r} is already a member of a group")
            self._members.add(member)
        if len(self.groups) == _MOST:
            raise BadInput(f"more than {_MOST} groups")
        number = {"all": len(members), "any": 1}.get(needed) or parse_decimal(needed, "the number needed")
        if not 1 <= number <= len(members):
            raise BadInput(f"{number} of {len(members)} cannot be asked for")
        self.groups[self._free(name)] = Group(number, tuple(members))

    def _free(self, name: str) -> str:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise BadInput(f"the name {name!r} is taken")
        return name

    def _defined(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise BadInput(f"no witness or group {name!r} is defined above")
        return name


def _new(key: VKey, others: Iterable[VKey]) -> VKey:
    if any(key.public == other.public for other in others):
        raise BadInput("the same public key stands in another line", where=key.name)
    return key
