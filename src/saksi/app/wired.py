"""What every part of a node stands on: its settings, its views, its ledger when somebody must write, and judges kept at hand."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from threading import RLock

from saksi.app.beside import Checks
from saksi.app.config import Config
from saksi.app.home import Home, open_ledger, public_key, setup_of, today
from saksi.app.withheld import withheld_in
from saksi.ledger.beside import LedgerBeside
from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.disk import LocalDisk
from saksi.ledger.ledger import LOG, Ledger
from saksi.ledger.note import parse_note
from saksi.ledger.reader import holds_together, log_origin, root_of_log
from saksi.ledger.source import LogFolder
from saksi.model import BadInput, LedgerFault, NotReady, Reader, Tlp
from saksi.screen.judge import CONTEST, Judge, Setting
from saksi.views import manifest as manifests
from saksi.views.manifest import Manifest
from saksi.views.withheld import Asked, Withholding

__all__ = ["Wired"]

_JUDGES = 32


class Wired:
    """The open parts of a node. The ledger is opened, and so locked, only when it is first asked for."""

    def __init__(self, files: Home, config: Config) -> None:
        self.files = files
        self.config = config
        self.views = Withholding(files.views, self._check_views)
        self._unread: LedgerFault | None = None
        try:
            self.withhold(withheld_in(files.waiting))
        except LedgerFault as fault:  # whoever looks for what is wrong with the node still opens it
            self._unread = fault
        self.beside: Checks = []  # how what works beside the answers goes
        self._ledger: Ledger | None = None
        self._beside: LedgerBeside | None = None
        self._opening = RLock()
        self._vkey: str | None = None
        self._judges: OrderedDict[tuple[Reader, str, int, str], Judge] = OrderedDict()

    @property
    def ledger(self) -> Ledger:
        """The ledger, held by this process from now on. Raises NotAllowed where another process holds it."""
        with self._opening:
            if self._ledger is None:
                self._check_lost(manifests.read(self.files.views))
                self._ledger = open_ledger(self.files, self.config)
            return self._ledger

    @property
    def shelf(self) -> Ledger | LedgerBeside:
        """The ledger to read from: the one this process holds, else as it lies beside whoever writes it. Locks nothing."""
        with self._opening:
            if self._ledger is not None:
                return self._ledger
            if self._beside is None or self._beside.size < self.views.size:
                if self._beside is not None:
                    self._beside.close()
                self._beside = LedgerBeside(self.files.ledger, setup_of(self.config))
            return self._beside

    @property
    def writing(self) -> bool:
        """Whether this process holds the ledger."""
        return self._ledger is not None

    @property
    def vkey(self) -> str:
        """The public key of the node's checkpoints."""
        if self._vkey is None:
            self._vkey = public_key(self.files, self.config)
        return self._vkey

    def withhold(self, asked: Mapping[bytes, Asked]) -> None:
        """Treat these statements as withdrawn from now on, and no others."""
        self.views.withhold(asked)
        self._unread = None

    @property
    def withheld(self) -> str:
        """A name for what is treated so; empty where nothing is. Raises LedgerFault where that could not be read: then nothing is told."""
        if self._unread is not None:
            raise self._unread
        return self.views.withheld

    def owner(self, clearance: Tlp = Tlp.RED) -> Reader:
        """The reader for whoever sits at the command line of this machine: it is the authority itself."""
        return Reader(self.config.authority, home=True, clearance=clearance, known=True)

    def judge(self, reader: Reader, at: int | None) -> Judge:
        """The judge for a reader at a ledger size (None: the size of the views); kept for the next question of the same kind."""
        manifest = self.views.manifest
        if manifest is None:
            raise NotReady("there are no views yet", where=str(self.files.views), todo="run `saksi fold`")
        size = manifest.size if at is None else at
        if not 0 <= size <= manifest.size:
            raise BadInput(f"answers reach up to ledger size {manifest.size}, not {size}", where="at")
        day = today()
        key = (replace(reader, purpose=None), day, size, f"{manifest.folder}/{manifest.size}/{manifest.erasures}/{self.withheld}")
        with self._opening:
            made = self._judges.get(key)
            if made is None:
                contest = self.config.contest or CONTEST
                setting = Setting(reader=key[0], today=day, origin=self.config.origin, at=size, contest=contest)
                made = self._judges[key] = Judge(self.views, setting)
                while len(self._judges) > _JUDGES:
                    self._judges.popitem(last=False)
            self._judges.move_to_end(key)
        return made

    def _check_lost(self, have: Manifest | None) -> None:
        """Refuse a ledger that lacks what was folded from it: an older one was put in its place, or entries were lost."""
        point = LogFolder(self.files.ledger / LOG, LocalDisk()).get("checkpoint")
        if have is None or have.origin != self.config.origin or point is None:
            return
        try:
            log = parse_checkpoint(parse_note(point).text)
        except BadInput:
            return  # recovery says what is wrong with it
        if log.origin == have.origin and log.size < have.size:
            what = f"the ledger here ends at {log.size} entries, and the views have seen {have.size}: an older one was put in its place"
            todo = "nothing was changed; bring back the newest ledger. If the older one is meant, take this folder away, and start again"
            raise LedgerFault(what, where=str(self.files.views), todo=todo)

    def _check_views(self, have: Manifest) -> None:
        """Refuse views that were folded from another ledger than the one in this home, and settings that are those of another.

        Views answer alone, where the ledger does not lie here: then only their name is compared.
        """
        source = LogFolder(self.files.ledger / LOG, LocalDisk())
        ours, log = self.config.origin, log_origin(source)
        if have.origin == ours and (log is None or (log == ours and root_of_log(source, have.size) == bytes.fromhex(have.root))):
            return
        self._check_lost(have)
        if have.origin == log == ours and not holds_together(source):
            todo = "run `saksi fsck`: it says whether a start of the ledger (`saksi fold`) mends it, or what is damaged"
            raise LedgerFault("the log's hashes do not make the root that it signed", where=str(source.folder), todo=todo)
        whose = have.origin if have.origin != log else f"another ledger of the name {log}"
        said = f"these are views of {whose}; the log here is that of {log or 'nobody'}, the settings are those of {ours}"
        todo = (
            "run `saksi fold`: it builds the views anew from the ledger here"
            if log == ours
            else "put the folders of one node together again"
        )
        raise LedgerFault(said, where=str(self.files.views), todo=todo)

    def close(self) -> None:
        """Let go of everything."""
        self.views.close()
        if self._beside is not None:
            self._beside.close()
            self._beside = None
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None
