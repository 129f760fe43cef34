"""What the API and the pages ask of a node: four small seams, and the shapes that cross them.

Look-ups (`Answers`, `Record`) are called from the thread of the event loop and return at once (micro- to milliseconds); lists (`Lists`)
from a second thread; what writes (`Intake`) from a third, one at a time. "Not there" and "not yours" are the same answer: None, or
nothing in a list.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from saksi.model import Reader, Tlp
from saksi.screen.answer import Answer, MarkingLine
from saksi.screen.page import Listed
from saksi.sources.own import OwnList
from saksi.views.withheld import Asked

__all__ = [
    "AmendLine",
    "AmendPlan",
    "Answers",
    "ChangeLine",
    "Check",
    "ErasureLine",
    "ErasureOrder",
    "FeedName",
    "Fsck",
    "Hit",
    "HitPage",
    "Home",
    "Intake",
    "LedgerState",
    "Lists",
    "Node",
    "OutcomeLine",
    "OutcomePlan",
    "Record",
    "StatementView",
    "TakeLine",
    "TakePage",
    "TakePlan",
    "WithdrawalLine",
]


class ChangeLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the author later said about its own statement; without a `ref` while that waits to be written.

    A `relabel` tells the `marking` it gave, as it was signed, and whether that is `in_force` now; where none is, the statement's own is.
    `read_as` is the TLP it is read as, where that is another: AMBER, where it names an audience at CLEAR or GREEN.
    """

    op: str
    ref: str
    recorded_at: str
    reason: str | None = None
    marking: MarkingLine | None = None
    read_as: str | None = None
    in_force: bool = False


class StatementView(msgspec.Struct, frozen=True, kw_only=True):
    """One statement as this reader may see it: its groups as they were signed, where it is logged, how it stands.

    `groups` holds content, source, asserter and handling as JSON objects; `hidden` names those this reader may not see. `commitment` is
    the hex digest in its name. `logged_at` is the time the ledger claims; `leaf` and `index` say where it stands.
    """

    ref: str
    commitment: str
    entity: str
    groups: dict[str, msgspec.Raw]
    hidden: tuple[str, ...]
    leaf: int
    index: int
    logged_at: str
    standing: str
    changes: tuple[ChangeLine, ...]
    at: int
    synthetic: bool = False


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of entities: what it is, how it stands, who spoke last (a publisher, or the authority), and when."""

    entity: str
    kind: str
    status: str
    statements: int
    said_by: str = ""
    recorded_at: str = ""
    synthetic: bool = False
    flagged: bool = False


class HitPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of hits; `after` is what to ask for the page behind it (None at the end)."""

    hits: tuple[Hit, ...]
    after: str | None
    at: int


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What the first page shows below its box: contested now, newest."""

    contested: tuple[Hit, ...]
    newest: tuple[Hit, ...]
    at: int


class TakeLine(msgspec.Struct, frozen=True, kw_only=True):
    """One take: what was given and what became of it. `expired` counts values that this edition of a list no longer has, and that are off
    it now; `changed` counts what stood already and is graded or marked as this file is now; `erased` counts, for who may erase, statements
    that were erased from this ledger before and stay out; `rejects` are the first few refusals in words, `digest` is the file's SHA-256:
    both are told in answer to the file alone and not kept here; `name` is empty where the file was erased. To a lower clearance, what it
    may not see counts as taken.
    """

    id: str
    name: str
    taken_at: str
    digest: str
    taken: int
    duplicate: int
    rejected: int
    size: int
    expired: int = 0
    changed: int = 0
    erased: int = 0
    rejects: tuple[str, ...] = ()


class TakePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of takes, newest first; `after` as in HitPage."""

    takes: tuple[TakeLine, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class TakePlan:
    """A file to take in: where it lies now, how it was called, which reader or publisher it is for (None: found by its look),
    or that it is a list of the desk's own.

    `tlp`, `pap` and `grade` are those the giver states (None: as the source's own file says); `by` names the key, `clearance` is its TLP;
    `amends` says that it may amend, `erases` that it may erase.
    """

    path: Path
    name: str
    source: str | None = None
    tlp: str | None = None
    pap: str | None = None
    grade: str | None = None
    by: str = ""
    clearance: str | None = None
    own: OwnList | None = None
    amends: bool = False
    erases: bool = False


@dataclass(frozen=True, slots=True)
class OutcomePlan:
    """What became of a value after a look-up, as told by a caller. `desk`: by one of the authority's own who may amend."""

    value: str
    outcome: str
    country: str | None = None
    happened: str | None = None
    by: str = ""
    desk: bool = False


class OutcomeLine(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome that was recorded, under its reference; `duplicate` where the same had been told before."""

    ref: str
    entity: str
    outcome: str
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class AmendPlan:
    """Statements of this authority to be amended: by reference, or all that it says of a value out of one publisher's files or one series.

    `grade` is for `regrade`; the marking (`tlp` and `pap`, and what goes with them) for `relabel`. `by` names the key or the person,
    `clearance` is theirs: what they may not see is not there.
    """

    op: str
    reason: str
    refs: tuple[str, ...] = ()
    value: str | None = None
    country: str | None = None
    publisher: str | None = None
    series: str | None = None
    grade: str | None = None
    tlp: str | None = None
    pap: str | None = None
    audience: tuple[str, ...] = ()
    purpose: str | None = None
    legal_basis: str | None = None
    by: str = ""
    clearance: str = "RED"


class AmendLine(msgspec.Struct, frozen=True, kw_only=True):
    """Amendments that were logged: the references of what they are about, and their own, in the same order."""

    op: str
    targets: tuple[str, ...]
    refs: tuple[str, ...]


class WithdrawalLine(msgspec.Struct, frozen=True, kw_only=True):
    """A withdrawal (or another amendment) as it was accepted, before it is written: `state` is "waiting", "done", "refused" or
    "damaged", and `said` the same in words. `targets` are the statements it is about, `refs` the amendments once they are logged; `by`
    names who asked, where that can still be read.
    """

    id: str
    op: str
    state: str
    said: str
    asked_at: str
    by: str
    targets: tuple[str, ...]
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """What is to be erased (a reference, an entity's id or a value), and on which ground. Without the `plan` that was shown it is only
    planned."""

    what: str
    ground: str
    country: str | None = None
    plan: str | None = None
    clearance: str = "RED"


class ErasureLine(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure destroys, as what it was read, and whether it was done; `plan` names exactly that, to order it by.

    Of the `statements`, `amendments` only amend others of them, and `shared_with_others` concern other people too;
    `losing_their_original` others rest on `originals` that go. `notices` are the leaves of the notices.
    """

    what: str
    plan: str
    statements: int
    amendments: int
    subjects: int
    shared_with_others: int
    originals: int
    losing_their_original: int
    erased: bool = False
    notices: tuple[int, ...] = ()


class FeedName(msgspec.Struct, frozen=True, kw_only=True):
    """A block list that can be fetched."""

    name: str
    media_type: str
    about: str


class Fsck(msgspec.Struct, frozen=True, kw_only=True):
    """The last check of every byte: when, up to which size, whether all was well, and in words."""

    at: str
    size: int
    ok: bool
    said: str


class LedgerState(msgspec.Struct, frozen=True, kw_only=True):
    """How the ledger stands. `witnesses` counts the cosignatures on the newest checkpoint; `views` is the size that the answers reflect.

    `statements` and `erased` count what is sealed too, and so does what `fsck` says in words: None, and no words, for a stranger.
    """

    origin: str
    size: int
    root: str
    checkpoint: str
    vkey: str
    statements: int | None
    erased: int | None
    witnesses: int
    views: int
    synthetic: bool
    signed_at: str = ""
    fsck: Fsck | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must be well for the node to answer; `needed` ones make it unready. `damaged` says that something is not as it was
    written, though the node can answer."""

    name: str
    ok: bool
    said: str
    needed: bool = True
    damaged: bool = False


class Answers(Protocol):
    """The look-ups. All raise BadInput where a value cannot be read, or `at` is beyond the views."""

    def ask(self, value: str, *, country: str | None, reader: Reader, at: int | None) -> Answer:
        """The answer about a value in any script and spelling."""

    def entity(self, entity: str, *, reader: Reader, at: int | None, after: str | None = None) -> Listed:
        """The answer about an entity by its id; `after` is the `next` of the page before, at whose ledger size the list goes on."""

    def statement(self, commitment: str, *, reader: Reader, at: int | None) -> StatementView | None:
        """One statement by its commitment (64 hex digits)."""

    def proof(self, commitment: str, *, reader: Reader) -> bytes | None:
        """The proof file (`saksi.ledger.bundle`) of a statement, opening the groups this reader may see."""


class Lists(Protocol):
    """What can be walked through."""

    def search(self, text: str, *, after: str | None, limit: int, reader: Reader, at: int | None) -> HitPage:
        """Entities whose id holds `text`."""

    def home(self, *, reader: Reader, limit: int) -> Home:
        """Contested now, and newest."""

    def feeds(self) -> tuple[FeedName, ...]:
        """The block lists on offer."""

    def feed(self, name: str, *, reader: Reader, at: int | None, historical: bool = False) -> Iterator[bytes]:
        """The bytes of a block list, in pieces; what the marking (PAP) does not allow is not in it. `historical` says so in the list."""


class Intake(Protocol):
    """What is given to the node."""

    def take(self, plan: TakePlan) -> TakeLine:
        """Take a file in; nothing is half-taken."""

    def takes(self, *, after: str | None, limit: int, clearance: Tlp, by: str = "", erases: bool = False) -> TakePage:
        """The takes that the key `by` gave or that `clearance` may see, newest first; what was erased is for who may erase."""

    def outcome(self, plan: OutcomePlan) -> OutcomeLine:
        """Record an outcome."""

    def to_withdraw(self, plan: AmendPlan, before: Sequence[AmendPlan]) -> AmendPlan:
        """Amendments by reference alone, all or none, with all checked that can be, behind those that wait `before`; writes nothing."""

    def withdraw_later(self, plan: AmendPlan, *, asked_at: str, size: int, since: int) -> AmendLine:
        """Amend what was accepted at that time and size of the views, and show it. Once: where that is done, at leaf `since` or behind, the
        answer is the same."""

    def is_written(self, op: str, statements: Collection[bytes]) -> bool:
        """Whether the ledger says already what an amendment would say of these statements, named by commitment."""

    def withhold(self, asked: Mapping[bytes, Asked]) -> None:
        """Treat these statements as withdrawn from now on, and no others."""

    @property
    def withheld(self) -> str:
        """A name for what is treated so; empty where nothing is."""

    def erase_as_told(self, order: ErasureOrder) -> ErasureLine:
        """Plan an erasure, or do it."""

    def catch_up(self) -> None:
        """Bring look-ups up to what is recorded: before the answer to whatever wrote leaves. Raises Behind where there is no room."""


class Record(Protocol):
    """The ledger as strangers may read it, and how the node is."""

    def state(self) -> LedgerState:
        """How the ledger stands now. Called on every page: keep it at hand."""

    def resource(self, path: str) -> bytes | None:
        """`checkpoint` or a tile by its C2SP path; None where there is none."""

    def checks(self) -> tuple[Check, ...]:
        """Whether the node is well."""


class Node(Answers, Lists, Intake, Record, Protocol):
    """A node as the API and the pages see it."""
