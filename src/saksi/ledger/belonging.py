"""Whether log, vault and keys in one home are those of one ledger: asked at every opening, before anything is cut or written.

Folders of two nodes get mixed when somebody copies, restores or mounts the wrong one. Recovery would take what does not fit for the
remains of a crash and cut it off; so this comes first. A few frames and blocks are looked at, and one that fits is enough: damage to one
of them is no mix-up, and is named by recovery or by fsck.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from saksi.ledger.batch import Kind, Leaf, batch_commitment
from saksi.ledger.block import Block
from saksi.ledger.keys import SLOTS, VAULT, Keys
from saksi.ledger.note import VKey, parse_note
from saksi.ledger.vault import Frame, Vault, absolute_slots
from saksi.model.errors import BadInput, LedgerFault

__all__ = ["check_log", "check_vault"]

_BLOCKS = 8  # looked at in each frame
_TODO = "nothing was changed; put log, vault and keys of one node together again, from where they were moved or from a backup"

_OLDER = "nothing was changed; bring back the log and the second place that go with this vault, from where they were moved or from a mirror"


def check_log(note: bytes | None, vkeys: Sequence[VKey], where: Path) -> None:
    """Raise LedgerFault where a log's newest checkpoint says that it is another's. One that cannot be read is recovery's matter."""
    try:
        signed = [(one.name, one.key_id) for one in parse_note(note or b"").signatures]
    except BadInput:
        return
    ours = [(one.name, one.key_id) for one in vkeys]
    if not set(signed) & set(ours):
        said = f"this is the log of {_named(signed)}, the keys and settings here are those of {_named(ours)}"
        raise LedgerFault(said, where=str(where), todo=_TODO)


def check_vault(vault: Vault, keys: Keys, entry: Callable[[int], bytes], *, size: int, origin: str) -> None:
    """Raise LedgerFault where the vault is not that of a log of `size` leaves, or does not open with these keys."""
    known: dict[int, bool] = {}

    def fits(frame: Frame) -> bool:
        if frame.head.leaf not in known:
            known[frame.head.leaf] = _fits(frame, entry(frame.head.leaf))
        return known[frame.head.leaf]

    # An index is written after the log: with an empty log no crash leaves one behind.
    if (size == 0 and vault.leaves) or _none(fits(frame) for frame in vault.sample(size)):
        raise LedgerFault(f"this is not the vault of {origin}: no leaf of that log fits it", where=str(vault.path), todo=_TODO)
    if vault.leaves > size:
        what = f"the log is older than the vault: it ends at {size} entries, and the vault holds what was acknowledged up to {vault.leaves}"
        raise LedgerFault(what, where=str(vault.path), todo=_OLDER)
    if _none(_opens_alone(vault, size, fits)):
        raise LedgerFault(f"this key does not open the vault of {origin}", where=str(keys.folder / VAULT), todo=_TODO)
    if _none(_opens_for_subjects(vault, size, fits)):
        what = f"these are not the keys of the data subjects in the vault of {origin}"
        raise LedgerFault(what, where=str(keys.folder / SLOTS), todo=_TODO)


def _none(tried: Iterator[bool]) -> bool:
    """Whether something was tried and nothing of it held; stops at the first that does."""
    some = False
    for held in tried:
        if held:
            return False
        some = True
    return some


def _fits(frame: Frame, entry: bytes) -> bool:
    known, stored = Leaf.parse(entry), frame.commitments
    if known.kind is Kind.BATCH:
        stored = batch_commitment([stored[place : place + 32] for place in range(0, len(stored), 32)])
    return stored == known.commitment


def _opens_alone(vault: Vault, size: int, fits: Callable[[Frame], bool]) -> Iterator[bool]:
    """For what the vault's own key sealed, whether it opens."""
    for frame in vault.sample(size):
        if frame.head.own_common and fits(frame):
            yield _held(vault.common, frame)
        yield from (_held(vault.open, frame, block) for block in _blocks(vault, frame) if not block.slots and fits(frame))


def _opens_for_subjects(vault: Vault, size: int, fits: Callable[[Frame], bool]) -> Iterator[bool]:
    """For what was sealed under data subjects whose keys are all there, whether it opens."""
    for frame in vault.sample(size):
        for block in _blocks(vault, frame):
            with suppress(LedgerFault):  # fewer slots than that: recovery says so
                if block.slots and vault.cipher(absolute_slots(frame.head, block)) is not None and fits(frame):
                    yield _held(vault.open, frame, block)


def _blocks(vault: Vault, frame: Frame) -> Iterator[Block]:
    with suppress(LedgerFault):  # damaged: no matter of whose it is
        yield from (block for _, block in islice(vault.blocks(frame), _BLOCKS))


def _held(work: Callable[..., object], *given: object) -> bool:
    try:
        work(*given)
    except LedgerFault:
        return False
    return True


def _named(keys: Sequence[tuple[str, bytes]]) -> str:
    return " and ".join(f"{name} (key {key_id.hex()})" for name, key_id in keys)
