"""What a person can mend about a node's files, in plain words: who may read its keys, whether it can be written, whether it signs."""

from __future__ import annotations

import os

from saksi.app.api.ports import Check
from saksi.app.api.waiting_seal import Damaged, Seal, damaged_in
from saksi.app.home import Home, waiting_key
from saksi.app.withheld import reading, withheld_in
from saksi.ledger.disk import LocalDisk, read_file
from saksi.ledger.highest import WAITING
from saksi.ledger.keys import JOURNAL, SIGNING, SLOTS, VAULT
from saksi.ledger.ledger import KEYS, LOG
from saksi.ledger.log import second_place
from saksi.model import SaksiError
from saksi.views import manifest
from saksi.views.serving import of_another_version

__all__ = ["home_check", "keys_check", "signing_check", "views_missing", "waiting_check", "why_no_views"]

_OTHERS = 0o077
_SHOWN = 3
_SOON = "`saksi serve` writes it, once what is under way has ended"
_PRIVATE = ("api/keys.json", "api/access.key")


def keys_check(home: Home) -> Check:
    """Whether the keys are there, and nobody but their owner may read them."""
    folder = home.ledger / KEYS
    files = [folder / name for name in (VAULT, SIGNING, SLOTS, JOURNAL)]
    missing = [path for path in (folder, *files) if not path.exists()]
    if missing:
        return Check(name="keys", ok=False, said=f"{missing[0]} is missing: restore the keys from their backup")
    for path in (folder, *files, *(home.path / name for name in _PRIVATE)):
        if path.exists() and path.stat().st_mode & _OTHERS:
            mode = "700" if path.is_dir() else "600"
            return Check(name="keys", ok=False, said=f"others may read {path}: say `chmod {mode} {path}`, and ask who has read it")
    shut = next((path for path in (folder, *files) if not os.access(path, os.R_OK)), None)
    if shut is not None:
        return Check(name="keys", ok=False, said=f"you may not read {shut}: run this as the user that the node belongs to")
    return Check(name="keys", ok=True, said="there, and readable to their owner alone")


def home_check(home: Home) -> Check:
    """Whether the node's directory can be written to; where it cannot, nothing is taken in, and the views' index may not open."""
    places = (home.path, home.ledger, home.ledger / LOG, home.ledger / KEYS, home.views, home.takes)
    shut = next((place for place in places if place.exists() and not os.access(place, os.W_OK)), None)
    if shut is None:
        return Check(name="home", ok=True, said="can be written to", needed=False)
    said = f"{shut} cannot be written to, so nothing can be taken in: see who owns it, and whether its disk is mounted read-only"
    return Check(name="home", ok=False, said=said, needed=False)


def waiting_check(home: Home) -> tuple[Check, ...]:
    """What waits to be withdrawn, where anything does: whoever reads the ledger alone does not know of it yet."""
    try:
        waits = len(withheld_in(home.waiting))
        damaged = _damaged(home)
    except SaksiError as fault:
        return (Check(name="withdrawals", ok=False, said=f"{fault.what}: {fault.todo}"),)
    said = [_damage(each) for each in damaged]
    waits -= len({name for each in damaged if each.hides for name in each.statements})
    if waits > 0:
        said.insert(0, f"{waits} statements are treated as withdrawn and not written so yet: {_SOON}")
    return (Check(name="withdrawals", ok=False, said="; ".join(said), needed=False, damaged=bool(damaged)),) if said else ()


def _damaged(home: Home) -> list[Damaged]:
    with reading(home.waiting) as rows:
        if rows is None or not rows.execute("SELECT EXISTS (SELECT 1 FROM ask WHERE ended IS NULL)").fetchone()[0]:
            return []
        return damaged_in(rows, Seal(waiting_key(home), home.waiting))


def _damage(damaged: Damaged) -> str:
    done = "are left out of answers, and cannot be written so" if damaged.hides else "cannot be amended as was accepted"
    more = len(damaged.statements) - _SHOWN
    names = ", ".join(name.hex() for name in damaged.statements[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    return (
        f"what was accepted as {damaged.id} ({damaged.op}) is damaged: its statements {done}; ask for it again, and it is forgotten then. "
        f"`GET /api/v1/retractions/{damaged.id}` names them: {names}"
    )


def views_missing(home: Home) -> bool:
    """Whether there are no views yet: nothing is damaged, and a fold makes them."""
    return manifest.read(home.views) is None


def why_no_views(home: Home) -> str:
    """What to do where the views cannot be read: there are none, or they are there and do not open."""
    if of_another_version(home.views):
        return "another version made them: `saksi fold` makes them anew"
    if views_missing(home):
        return "there are none yet: run `saksi fold`"
    if os.access(home.views, os.W_OK):
        return "they are damaged, or another version made them: run `saksi fold --rebuild`"
    return "they do not open in a folder that cannot be written to: make it writable, or copy the node to where it is"


def signing_check(home: Home) -> Check:
    """Whether the log may sign: one that was restored waits until somebody has asked a witness or a mirror."""
    path = second_place(home.ledger / LOG)
    try:
        data = read_file(LocalDisk(), path)
    except SaksiError as fault:
        return Check(name="signing", ok=False, said=str(fault), needed=False)
    if data is not None and data != WAITING:
        return Check(name="signing", ok=True, said="the highest checkpoint is kept in a second place", needed=False)
    if data is None:
        said = (
            f"{path} is missing: nobody knows whether entries were lost; compare the log with a mirror or a witness before it signs again"
        )
    else:
        said = (
            "restored from a backup: it answers and does not sign yet. Ask a witness or a mirror for your newest checkpoint; if none is"
            " later, restore with --newest into an empty home"
        )
    return Check(name="signing", ok=False, said=said, needed=False)
