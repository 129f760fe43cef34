"""The part of a node that keeps its mail: what goes out and comes in, what a step takes into the vault, and what an erasure reaches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from saksi.actions import History, Step
from saksi.app.casing import Casing
from saksi.app.home import post_key
from saksi.app.posting.standing_down import stood_down
from saksi.app.posting.tray import MAIL, Item, Tray
from saksi.exchange.mailbox import Mailbox
from saksi.exchange.outbox import Outbox
from saksi.ledger.core import Entry
from saksi.ledger.disk import LocalDisk, make_durable
from saksi.ledger.erase import Erased
from saksi.ledger.erasure_plan import ErasurePlan
from saksi.model import BadInput

__all__ = ["Posting"]

_REQUEST = "request:"


class Posting(Casing):
    """Mail of this authority. Its files are opened when they are first asked for; the courier's rounds are `round.py`."""

    _outbox: Outbox | None = None
    _tray: Tray | None = None
    _mailbox: Mailbox | None = None

    @property
    def outbox(self) -> Outbox:
        """Mails on their way out, and those that went."""
        with self._opening:
            if self._outbox is None:
                self._outbox = Outbox(self._post() / "outbox.sqlite")
            return self._outbox

    @property
    def tray(self) -> Tray:
        """What came in and waits."""
        with self._opening:
            if self._tray is None:
                self._tray = Tray(self._post() / "tray.sqlite", key=post_key(self.files))
            return self._tray

    @property
    def mailbox(self) -> Mailbox:
        """The folder where mails come in, and those that are kept; without a setting, one that nothing is dropped into."""
        with self._opening:
            if self._mailbox is None:
                drop = self.files.path / (self.config.mailbox or "post/none")
                self._mailbox = Mailbox(drop, self._post() / "kept")
            return self._mailbox

    def came(self, item: Item) -> bytes | None:
        """The bytes of something that came in, wherever they lie now; None where they were erased."""
        held = self._held(item)
        if held is not None:
            return held
        pieces = self.shelf.original(bytes.fromhex(item.digest))
        return None if pieces is None else b"".join(pieces)

    def erase_item(self, digest: str, person: str, at: str, reason: str) -> None:
        """Destroy something that was set aside, for good: what came in and names no request is in no request's erasure."""
        self.tray.erase(digest, person, at, reason)
        self.mailbox.forget(digest)

    def plan_erasure(self, what: str) -> ErasurePlan:
        """As for everything else; of a request (`request:ID`) all its steps go, and with them its mails and what came in about it."""
        steps = self.book.steps(what.removeprefix(_REQUEST)) if what.startswith(_REQUEST) else []
        return self.ledger.plan_erasure(self.ledger.subjects(steps[0].leaf)) if steps else super().plan_erasure(what)

    def holds(self, what: str) -> bool:
        """Whether there is anything to erase."""
        return bool(what.startswith(_REQUEST) and self.book.steps(what.removeprefix(_REQUEST))) or super().holds(what)

    def erase(self, plan: ErasurePlan, *, ground: str) -> Erased:
        """As for everything else; the mails about a request that was erased go too."""
        made = super().erase(plan, ground=ground)
        self.forget_erased()
        return made

    def forget_erased(self) -> None:
        """Take away all mail about requests that the ledger does not hold any more. Done again at each start: a crash loses no erasure."""
        if not (self.files.post / "outbox.sqlite").exists() and not (self.files.post / "tray.sqlite").exists():
            return
        here = set(self.book.ids())
        for request in set(self.outbox.requests("")) - here:
            self.outbox.forget(request)
        for request in self.tray.requests() - here:
            for item in self.tray.of(request):
                self.mailbox.forget(item.digest)
                self.tray.forget(item.digest)

    def close(self) -> None:
        """Let go of everything."""
        for each in (self._outbox, self._tray):
            if each is not None:
                each.close()
        self._outbox = self._tray = None
        super().close()

    def _evidence(self, step: Step) -> bytes | None:
        """The mail or appeal that a step rests on, where it is here: it goes into the vault with the step, under the request's subject."""
        if step.evidence is None or not (self.files.post / "tray.sqlite").exists() or not self.tray.has(step.evidence):
            return None
        return self._held(self.tray.get(step.evidence))

    def _made_with(self, step: Step, have: History) -> Sequence[Entry]:
        """What was lifted as wrong is in no block list from then on."""
        return tuple(stood_down(self, step, have))

    def _log(self, step: Step, have: History, subject: bytes, letter: bytes | None = None) -> History:
        made = super()._log(step, have, subject, letter)
        if step.evidence is not None and (self.files.post / "tray.sqlite").exists() and self.tray.has(step.evidence):
            self.tray.logged(step.evidence, step.person, step.at, step.request)
            self.mailbox.forget(step.evidence)
        return made

    def _held(self, item: Item) -> bytes | None:
        if item.sort != MAIL:
            return self.tray.body(item.digest)
        try:
            return self.mailbox.original(item.digest)
        except BadInput:
            return None

    def _post(self) -> Path:
        make_durable(LocalDisk(), self.files.post)
        return self.files.post
