"""The intake queue: reports of many people at once, each acknowledged when it is durable in the ledger, and only then.

What waits is written together: one transaction, one batch leaf, one checkpoint, however many reports there are. Views follow on their own,
right after, and are never waited for. Steps: 1. a report gets its number and waits in the queue; 2. one thread reads all that waits
together, 3. leaves out what is known, seals and logs it; 4. everybody is told; 5. another thread folds.

A report that was acknowledged, or was logged by a process that died before it could say so, is found by its number: sent again it adds
nothing and gets the same answer.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from types import TracebackType

from saksi.app.api.ports import Check
from saksi.app.beside import in_words
from saksi.app.home import now_text, reference_key
from saksi.app.intake.prepared import Channel, Desk, Prepared, Sheet, prepare
from saksi.app.intake.reference import References
from saksi.app.intake.told import Payment, Told, line_of
from saksi.app.intake.wave import Wave
from saksi.app.wired import Wired
from saksi.ledger.frame import seal_batch
from saksi.ledger.group import GroupCommit
from saksi.ledger.log import Appended
from saksi.ledger.transaction import Transaction
from saksi.model import BadInput, LedgerFault, NotAllowed, SaksiError

__all__ = ["Busy", "Intake", "KeyReused", "Receipt"]

_log = logging.getLogger("saksi.intake")
_MOST = 200  # reports in one transaction
_OPEN_FILES = 64
_MOST_WAITING = 2_000
_MOST_BYTES = 96 << 20
_FOLD_EACH = 0.5


_TOLD = Told(phones=("+855 12 345 678",), payments=(Payment(amount="1", account="1", bank="ABA"),), links=("https://a.example",))
_BLANK = Sheet(_TOLD, (), line_of(_TOLD, (), ""), Channel.PUBLIC)


class Busy(Exception):
    """So much waits already that more would not be kept safely: come again."""


class KeyReused(Exception):
    """The same idempotency key came with another report before."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What whoever reported is given: number and secret part, whether the same had been told before, and the texts nobody could read."""

    reference: str
    secret: str
    duplicate: bool
    unread: tuple[str, ...] = ()


@dataclass(slots=True)
class _Handed:
    """One report in the queue, and what became of it: `fault` says why it alone was refused while its group went in."""

    reference: str
    sheet: Sheet
    address: str
    fault: SaksiError | None = None
    duplicate: bool = False
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Logged:
    """One transaction that views may not know yet: up to which size, which reports (number to digest), which statements."""

    size: int
    reports: dict[str, bytes]
    ids: frozenset[bytes]


class Intake:
    """Takes reports in for a node that holds its ledger. Use it in a `with` block: leaving it writes what waits."""

    def __init__(self, node: Wired) -> None:
        config = node.config
        key = reference_key(node.files)
        self.desk = Desk(config.authority, config.country, config.purpose or None, config.legal_basis or None)
        self._node = node
        self._key = key
        self._references = References(hmac.digest(key, b"saksi/r1 references", "sha256"))
        self._wave = Wave(secrets.token_bytes(32))
        self._known = node.views.size if node.views.manifest is not None else -1
        self._recent: list[_Logged] = []
        self._waiting, self._bytes = 0, 0
        self._lock = Lock()
        prepare([("0" * 16, _BLANK)], desk=self.desk, now=now_text())  # tables are loaded before the first victim waits for them
        self._wake, self._closing = Event(), False
        self._group: GroupCommit[_Handed] = GroupCommit(self._append, check=lambda _: None, most=_MOST, wait=0.01)
        self._folder = Thread(target=self._fold_on, name="intake-fold", daemon=True)
        self._folder.start()
        node.beside.append(self.check)

    def check(self) -> Check:
        """Whether reports are taken in."""
        fault = self._group.fault
        said = "takes reports in" if fault is None else f"no report is taken in until the node is started again: {fault}"
        return Check(name="intake", ok=fault is None, said=said, needed=False)

    def hand_in(self, sheet: Sheet, *, key: str = "", address: str = "") -> Future[Receipt]:
        """Hand one report in; the future has its receipt once it is durable. `key` is an idempotency key after its caller's name.

        Raises Busy and KeyReused at once; the future raises BadInput where the report cannot be taken, LedgerFault where the ledger is not
        well.
        """
        out: Future[Receipt] = Future()
        out.set_running_or_notify_cancel()
        reference, known = self._number(sheet, key)
        if known:
            out.set_result(Receipt(reference, self._references.secret(reference), duplicate=True))
            return out
        size = len(sheet.line) + sum(len(file.data) for file in sheet.files)
        self._room(1, size)
        handed = _Handed(reference, sheet, address)
        try:
            future = self._group.submit([handed])  # 1
        except BaseException:
            self._room(-1, -size)
            raise

        def told(done: Future[Appended]) -> None:
            self._room(-1, -size)
            fault = done.exception() or handed.fault
            if fault is not None:
                out.set_exception(fault)
            else:
                out.set_result(Receipt(reference, self._references.secret(reference), handed.duplicate, handed.unread))

        future.add_done_callback(told)
        return out

    def receive(self, sheet: Sheet, *, key: str = "", address: str = "") -> Receipt:
        """The same, waited for."""
        return self.hand_in(sheet, key=key, address=address).result()

    def find(self, reference: str) -> bytes | None:
        """The digest of the report with this number; None where there is none, or it was erased."""
        for logged in reversed(self._recent):
            if reference in logged.reports:
                return logged.reports[reference]
        views = self._node.views
        if views.manifest is None:
            return None
        for fact in views.facts(f"report:{self.desk.authority}/{reference}").facts:
            digest = views.source(fact.source).digest
            if fact.prop == "record" and digest is not None:
                return bytes.fromhex(digest)
        return None

    def opens(self, reference: str, secret: str) -> bool:
        """Whether the secret part belongs to the number and there is such a report. The same work is done for every question."""
        right = self._references.opens(reference, secret)
        return (self.find(reference) is not None) & right

    def close(self) -> None:
        """Write what waits, fold it, stop."""
        self._node.beside.remove(self.check)
        self._group.close()
        self._closing = True
        self._wake.set()
        self._folder.join()

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _number(self, sheet: Sheet, key: str) -> tuple[str, bool]:
        """The report's number, and whether this very report has it already. Another report's number is passed over."""
        seed = hmac.digest(self._key, b"saksi/r1 key\0" + key.encode(), "sha256") if key else sheet.digest
        for attempt in range(16):
            reference = self._references.make(seed, attempt)
            have = self.find(reference)
            if have is None or have == sheet.digest:
                return reference, have is not None
            if key:
                raise KeyReused
        raise LedgerFault("sixteen numbers in a row are taken", todo="run fsck: this cannot happen by chance")

    # --- the thread that writes

    def _append(self, handed: Sequence[_Handed]) -> Appended:
        ledger = self._node.ledger
        with ledger.transaction() as take:
            self._level()
            made = self._read(handed)  # 2
            new = self._new(made, take)  # 3
            originals = [data for one in new for data in (one.sheet.line, *(file.data for file in one.sheet.files))]
            for at in range(0, len(originals), _OPEN_FILES):
                take.keep_originals(originals[at : at + _OPEN_FILES])
            if new:
                groups = [group for one in new for group in one.groups]
                labels = [label for one in new for label in one.labels]
                take.add(seal_batch(groups, labels, keys=take.keys, common=new[0].common, random=ledger.core.random))
        taken = take.taken
        if taken is None:
            raise LedgerFault("a transaction ended without an end", todo="end the process, start again and run fsck")
        if new:
            logged = _Logged(taken.size, {one.reference: one.sheet.digest for one in new}, frozenset(id_ for one in new for id_ in one.ids))
            with self._lock:
                self._recent.append(logged)
            self._known = taken.size
            self._wake.set()
        return Appended(taken.first, taken.size, taken.checkpoint)  # 4: the queue tells

    def _read(self, handed: Sequence[_Handed]) -> list[tuple[_Handed, Prepared]]:
        """The reports that are not here yet, read together and flagged."""
        here: dict[str, bytes] = {}
        fresh: list[_Handed] = []
        for one in handed:
            have = here.get(one.reference) or self.find(one.reference)
            if have is None:
                here[one.reference] = one.sheet.digest
                fresh.append(one)
            elif have == one.sheet.digest:
                one.duplicate = True
            else:
                one.fault = NotAllowed("another report came under the same number at the same moment", todo="send it again")
        made = []
        ready = prepare([(one.reference, one.sheet) for one in fresh], desk=self.desk, now=now_text())
        for one, report in zip(fresh, ready, strict=True):
            one.unread = report.unread
            flags = self._wave.flags(report.targets, one.sheet.told.narrative, one.address, now=time.monotonic())
            made.append((one, report.saying([report.issue.flag(name) for name in flags])))
        return made

    def _new(self, made: Sequence[tuple[_Handed, Prepared]], take: Transaction) -> list[Prepared]:
        """The reports without statements that stand already or were erased; a report of a giver who was erased is refused."""
        ids = [id_ for _, ready in made for id_ in ready.ids]
        places, erased = self._node.views.known(ids), take.erased_on(ids)
        recent = [logged.ids for logged in self._recent]
        seen: set[bytes] = set()
        new: list[Prepared] = []
        at = 0
        for one, ready in made:
            span = slice(at, at + len(ready.ids))
            at = span.stop
            if any(day is not None and label is not None for day, label in zip(erased[span], ready.labels, strict=True)):
                one.fault = BadInput("this report was erased at its giver's wish", todo="write it anew")
                continue
            keep = []
            for id_, place, day in zip(ready.ids, places[span], erased[span], strict=True):
                keep.append(place is None and day is None and id_ not in seen and not any(id_ in held for held in recent))
                seen.add(id_)
            new.append(_only(ready, keep))
        return new

    def _room(self, reports: int, size: int) -> None:
        with self._lock:
            if reports > 0 and (self._waiting >= _MOST_WAITING or self._bytes + size > _MOST_BYTES):
                raise Busy
            self._waiting, self._bytes = self._waiting + reports, self._bytes + size

    def _level(self) -> None:
        """Views, and what is known to be ahead of them, reach up to the ledger before anything is called new: others write, too."""
        if self._known != self._node.ledger.size or self._node.views.manifest is None:
            self._fold()
            self._known = self._node.ledger.size

    # --- the thread that folds

    def _fold_on(self) -> None:
        last = False
        while not last:
            self._wake.wait()
            self._wake.clear()
            last = self._closing  # nothing is written after that
            try:
                self._fold()  # 5
            except Exception as fault:  # answers lag behind; what was acknowledged is in the ledger
                _log.error("folding after the intake failed: %s", in_words(fault))
            time.sleep(0 if self._closing else _FOLD_EACH)

    def _fold(self) -> None:
        node = self._node
        node.views.fold(node.ledger)
        reach = node.views.size
        with self._lock:
            self._recent = [logged for logged in self._recent if logged.size > reach]


def _only(ready: Prepared, keep: Sequence[bool]) -> Prepared:
    """The report with those of its statements that are new."""
    if all(keep):
        return ready
    return replace(
        ready,
        ids=tuple(id_ for id_, kept in zip(ready.ids, keep, strict=True) if kept),
        groups=tuple(group for group, kept in zip(ready.groups, keep, strict=True) if kept),
        labels=tuple(label for label, kept in zip(ready.labels, keep, strict=True) if kept),
    )
