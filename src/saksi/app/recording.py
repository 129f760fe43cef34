"""The ledger as strangers may read it, and how the node is."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from saksi.app.api.ports import Check, Fsck, LedgerState
from saksi.app.health import home_check, keys_check, signing_check, waiting_check, why_no_views
from saksi.app.listing import Listing
from saksi.app.posting.setting import post_check
from saksi.ledger.checkpoint import parse_checkpoint
from saksi.ledger.disk import LocalDisk, replace_file
from saksi.ledger.ledger import LOG
from saksi.ledger.note import parse_note, parse_vkey
from saksi.ledger.source import LogFolder
from saksi.ledger.verify import verify_checkpoint
from saksi.model import LedgerFault, SaksiError
from saksi.views.manifest import Manifest

__all__ = ["Recording", "Said"]

_FSCK = "fsck.json"
_LOW_DISK = 1 << 30
_ASKEW = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Said:
    """What the last whole check said: when, up to which ledger size, whether all was well, in words."""

    at: str
    size: int
    ok: bool
    said: str


class Recording(Listing):
    """State, tiles and checks; none of it needs the ledger to be held by this process."""

    _state: LedgerState | None = None
    _state_of: tuple[bytes, int, str] | None = None

    @property
    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, as it lies on the disk."""
        return self.resource("checkpoint") or b""

    def state(self) -> LedgerState:
        """How the ledger stands now; worked out anew only when the checkpoint or the views have moved."""
        note_bytes = self.checkpoint
        manifest = self._own_views()[0]
        size = 0 if manifest is None else manifest.size
        last = self.last_fsck()
        key = (note_bytes, size, last.at if last else "")
        if self._state is None or self._state_of != key:
            note = parse_note(note_bytes)
            point = parse_checkpoint(note.text)
            totals = None if manifest is None else self.views.totals()
            self._state = LedgerState(
                origin=point.origin,
                size=point.size,
                root=point.root.hex(),
                checkpoint=note_bytes.decode(),
                vkey=self.vkey,
                statements=0 if totals is None else totals.statements,
                erased=0 if totals is None else totals.erased,
                witnesses=0,  # no witness is known yet, and a signature that nobody checked counts for nothing
                views=size,
                synthetic=self._synthetic(),
                fsck=None if last is None else Fsck(at=last.at, size=last.size, ok=last.ok, said=last.said),
            )
            self._state_of = key
        return self._state

    def resource(self, path: str) -> bytes | None:
        """`checkpoint` or a tile by its C2SP path; None where there is none."""
        return LogFolder(self.files.ledger / LOG, LocalDisk()).get(path)

    def checks(self) -> tuple[Check, ...]:
        """Whether the node is well."""
        return (
            keys_check(self.files),
            self._ledger_check(),
            self._clock_check(),
            signing_check(self.files),
            self._views_check(),
            self._fsck_check(),
            home_check(self.files),
            self._disk_check(),
            post_check(self.files, self.config),
            *waiting_check(self.files),
            *(check() for check in tuple(self.beside)),
        )

    def clock_behind(self) -> str:
        """What to mind where this machine's clock stands before the newest entry: what is logged now would be dated before it."""
        if not self.shelf.size:
            return ""
        newest, now = datetime.fromtimestamp(self.shelf.time_ms(self.shelf.size - 1) / 1000, UTC), datetime.now(UTC)
        if now + _ASKEW >= newest:
            return ""
        stands, entry = (f"{time:%Y-%m-%d %H:%M}" for time in (now, newest))
        return f"the clock stands at {stands} UTC, before the newest entry ({entry}): set it right, what is recorded now is dated wrongly"

    def last_fsck(self) -> Said | None:
        """What the last whole check said."""
        path = self.files.path / _FSCK
        try:
            return Said(**json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None
        except (ValueError, TypeError):  # damaged, or cut off while an older version wrote it: as if none had been made
            return None

    def note_fsck(self, said: Said) -> None:
        """Keep what a whole check said."""
        text = json.dumps({"at": said.at, "size": said.size, "ok": said.ok, "said": said.said})
        replace_file(LocalDisk(), self.files.path / _FSCK, text.encode())

    def _own_views(self) -> tuple[Manifest | None, str]:
        """What the views here stand for, or why they are of no use."""
        try:
            have = self.views.manifest
        except LedgerFault as fault:
            return None, str(fault)
        return have, why_no_views(self.files) if have is None else ""

    def _synthetic(self) -> bool:
        return self._own_views()[0] is not None and any(source.synthetic for source in self.views.sources())

    def _ledger_check(self) -> Check:
        try:
            state = self.state()
            verify_checkpoint(self.checkpoint, [parse_vkey(state.vkey)])
        except SaksiError as fault:
            return Check(name="ledger", ok=False, said=str(fault))
        return Check(name="ledger", ok=True, said=f"{state.size} leaves, {state.statements} statements, signed")

    def _clock_check(self) -> Check:
        try:
            behind = self.clock_behind()
        except SaksiError as fault:  # the check of the ledger says more
            behind = str(fault)
        return Check(name="clock", ok=not behind, said=behind or "not before the newest entry", needed=False)

    def _views_check(self) -> Check:
        have, why = self._own_views()
        if have is None:
            return Check(name="views", ok=False, said=why)
        point = self.checkpoint
        behind = (parse_checkpoint(parse_note(point).text).size if point else 0) - have.size
        said = "up to the ledger" if behind == 0 else f"{behind} leaves behind the ledger: run `saksi fold`"
        return Check(name="views", ok=behind == 0, said=said, needed=False)

    def _fsck_check(self) -> Check:
        last = self.last_fsck()
        if last is None:
            return Check(name="fsck", ok=False, said="never run: run `saksi fsck`", needed=False)
        return Check(name="fsck", ok=last.ok, said=f"{last.at}, up to leaf {last.size}: {last.said}", needed=False)

    def _disk_check(self) -> Check:
        free = shutil.disk_usage(self.files.path).free
        return Check(name="disk", ok=free >= _LOW_DISK, said=f"{free / (1 << 30):.1f} GiB free", needed=False)
