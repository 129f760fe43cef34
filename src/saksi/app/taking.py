"""Taking in a file: recognised, kept whole, read in pieces, and in the ledger as one or not at all.

Steps: 1. whose file it is; 2. a copy of its bytes, and their digest; 3. its rows, new statements only, without what was erased; 4. what a
recurring list dropped or has again; 5. the bytes, sealed and kept, unless they hold what was erased or nothing new; 6. the ledger,
under one checkpoint, and the list of takes; 7. the views, for which the disk may have no room: what was taken is taken then.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from saksi.app.api.ports import TakeLine, TakePage, TakePlan
from saksi.app.files import to_read
from saksi.app.home import now_text, reference_key
from saksi.app.kept_out import KeptOut
from saksi.app.order import Order, Taken
from saksi.app.pipeline import Counts, Watch, take_in
from saksi.app.seen import Seen
from saksi.app.take_log import line_of
from saksi.app.turning import Turns
from saksi.app.withdrawing import Withdrawing
from saksi.app.worker import Met
from saksi.formats.batch import Rejected
from saksi.formats.reader import Given
from saksi.formats.rejects import write_rejects
from saksi.ledger.batch import Kind
from saksi.ledger.core import Entry
from saksi.ledger.repeats import Repeats
from saksi.ledger.transaction import Transaction
from saksi.model import BadInput, Grade, Json, LedgerFault, Locator, Marking, NotAllowed, Pap, Tlp, canonical
from saksi.sources.catalog import Recognised, catalog, guess, source
from saksi.sources.issue import Issue, given_for, reader_for
from saksi.sources.own import OWN_LIST, OWN_SERIES, OwnList, own_list, skeleton
from saksi.views.fact import Place

__all__ = ["Order", "Rejects", "Taken", "Taking"]

Rejects: TypeAlias = Callable[[Iterator[bytes]], None]

_PIECE = 1 << 20
_HEAD = 8192
_SHOWN = 20
_SHRINK = 0.5
_FEW = 20
_OF_ONE_REPORT = frozenset({"record", "reportedIn"})  # all else that a desk says of a value, several reports may say


@dataclass(slots=True)
class _Under:
    """A take under way: what it has met so far."""

    given: Given
    order: Order
    take: Transaction
    turns: Turns
    fresh: Seen
    rejects: Path
    recurring: bool
    desk: bool
    erased: KeptOut
    again: Repeats = field(default_factory=Repeats)
    shown: list[str] = field(default_factory=list)


class Taking(Withdrawing):
    """Takes files in. One at a time; nothing is half-taken."""

    def take_file(self, order: Order, *, rejects: Rejects | None = None, progress: Callable[[Counts], None] | None = None) -> Taken:
        """Take one file in. `rejects` is handed the rejects file (CSV), piece by piece, where there is anything in it.

        Raises Behind where it is taken and the disk has no room to show it.
        """
        made = self._taken(order, rejects=rejects, progress=progress)
        self.catch_up()  # 7
        return made

    def _taken(self, order: Order, *, rejects: Rejects | None = None, progress: Callable[[Counts], None] | None = None) -> Taken:
        """The same but for the views."""
        known = self._recognise(order)  # 1
        recurring = known.spec.kind in {"list", "safe-list"}
        if recurring and not order.amends:
            raise NotAllowed(
                "an edition of a list takes out what left it, and safe values take out others: that is for who may amend",
                where=order.name,
                todo="give it with the key of an analyst or an approver; reports need no more than this one",
            )
        erased = KeptOut(order.even_erased)
        behind = self.clock_behind()
        self._sweep()
        self.catch_up()
        if order.own is not None:
            self._one_publisher(order.own, order.clearance or Tlp.RED)
        with (
            _disk(self.files.takes),
            tempfile.TemporaryDirectory(prefix="take-", dir=self.files.takes) as folder,
            Seen(Path(folder)) as fresh,
            self.ledger.transaction() as take,
        ):
            spool = Path(folder) / "original"
            digest = _spooled(order.path, spool)  # 2
            issue = self._issue(order, digest)
            given = given_for(known.spec, known.file, issue)
            turns = Turns(self, take, given, order)
            under = _Under(given, order, take, turns, fresh, Path(folder) / "rejects", recurring, known.spec.kind == "desk", erased)
            live = self.views.series_live(given.source.series) if under.recurring and given.source.series else None
            with under.rejects.open("wb") as told:

                def hear(found: Sequence[Rejected]) -> None:
                    under.shown += [f"{one.where}: {one.reason}" for one in found[: _SHOWN - len(under.shown)]]
                    for piece in write_rejects(found, "jsonl"):
                        told.write(piece)

                def keep(met: Met) -> list[bool]:
                    ids = met.each()
                    if live is not None:
                        live.seen(ids)
                    return self._keep(under, met, ids)

                with spool.open("rb") as stream:
                    reader = reader_for(known.spec, known.file, issue)
                    watch = Watch(keep, hear, progress or (lambda _: None))
                    workers = self.config.workers if order.workers is None else order.workers
                    counts = take_in(reader, reader.split(stream), take, watch=watch, workers=workers)  # 3
            if live is not None:
                self._expire(under, list(filter(turns.sees, live.rest())), nothing=counts.taken + counts.duplicate == 0)  # 4
            turns.log()
            if counts.taken or turns.moved:  # else nothing would refer to them, and no erasure could find them
                if not erased.out:
                    take.keep_original(_pieces(spool))  # 5
                self._note(under, known, counts, digest)
            if (counts.rejected or erased.out) and rejects is not None:
                rejects(_as_csv(under))
        size = self.ledger.size  # 6
        warning = known.file.count_warning(order.name, counts.rows)
        made = Taken(
            id=os.urandom(8).hex(),
            name=order.name, source=known.spec.name, recognised=known.why, taken_at=issue.asserted_at, digest=digest,
            rows=counts.rows, taken=counts.taken, duplicate=counts.duplicate - erased.out, rejected=counts.rejected,
            expired=turns.expired, reinstated=turns.reinstated, changed=turns.changed, size=size,
            warnings=tuple(filter(None, (behind, warning))) + _kept(turns.kept) + erased.warnings(), erased=erased.out,
            rejects=(*erased.refusals(), *under.shown)[:_SHOWN], tlp=given.handling.tlp.value, by=order.by,
            stood=dict(turns.stood), gone=dict(turns.gone), turned=dict(turns.turned),
        )  # fmt: skip
        with _disk(self.files.takes):
            self._take_log.add(made)
        return made

    def take(self, plan: TakePlan) -> TakeLine:
        """Take a file in for the API, which leaves it to `catch_up` to show it."""
        order = Order(
            plan.path,
            plan.name,
            plan.source,
            grade=Grade.parse(plan.grade) if plan.grade else None,
            tlp=Tlp.read(plan.tlp) if plan.tlp else None,
            pap=Pap.read(plan.pap) if plan.pap else None,
            by=plan.by,
            clearance=Tlp.read(plan.clearance) if plan.clearance else None,
            own=plan.own,
            amends=plan.amends,
        )
        return line_of(self._taken(order), order.clearance or Tlp.RED, erases=plan.erases)

    def takes(self, *, after: str | None, limit: int, clearance: Tlp, by: str = "", erases: bool = False) -> TakePage:
        """The takes that `by` gave or that `clearance` may see, newest first; `after` is the id of the last one seen."""
        return self._take_log.page(after=after, limit=limit, clearance=clearance, by=by, erases=erases)

    def _recognise(self, order: Order) -> Recognised:
        with to_read(order.path).open("rb") as stream:
            head = stream.read(_HEAD)
        if not head:
            raise BadInput("the file is empty", where=order.name)
        if order.own is not None:
            return own_list(replace(order.own, country=order.own.country or self.config.country or None), order.name, head)
        if order.source == OWN_LIST:
            told = "say --publisher and --list instead of --source"
            raise BadInput("whose list it is, and of what, is not said", where=order.name, todo=told)
        if order.source is None:
            found = guess(order.name, head)
            if found is None:
                raise BadInput(
                    "nobody's known file",
                    where=order.name,
                    todo="name its source: `--source NAME` (`saksi source` lists them), or say whose list it is: --publisher and --list",
                )
            return found
        spec = source(order.source)
        fits = [(file, why) for file in spec.files if (why := file.matches(order.name, head)) is not None]
        if len(fits) > 1:
            raise BadInput(
                f"the file could be {' or '.join(file.series for file, _ in fits)}", where=order.name, todo="name it as its publisher does"
            )
        if not fits and len({(file.series, file.reader) for file in spec.files}) > 1:
            raise BadInput(f"none of the files of {spec.name}", where=order.name, todo="name it as its publisher does")
        file, why = fits[0] if fits else (spec.files[0], "as told")
        return Recognised(spec, file, f"{spec.title}: {why}")

    def _one_publisher(self, own: OwnList, clearance: Tlp) -> None:
        """Refuse a publisher whose series would be another's, where one would expire what the other has, and a new one that would pass
        for another or for one that Saksi knows. The other's name is for who sees its list."""
        lists = [one for one in self.views.sources() if (one.series or "").startswith(OWN_SERIES)]
        others, looks = [one for one in lists if one.publisher != own.publisher], skeleton(own.publisher)
        new = len(others) == len(lists)
        spec = next((spec for spec in catalog() if new and spec.name != OWN_LIST and skeleton(spec.publisher) == looks), None)
        if spec is not None:
            raise BadInput(
                f"{own.publisher!r} would pass for {spec.publisher!r}, whose files are known here as {spec.name}",
                where="publisher",
                todo=f"give that file with the source {spec.name}; another's list by a name that differs in letters or digits",
            )
        for known in others:
            if known.series is not None and (
                known.series.startswith(own.of_publisher) or (new and skeleton(known.publisher or "") == looks)
            ):
                places = self.views.series_live(known.series).rest()
                if clearance is not Tlp.RED and not any(self.views.handling(one.handling).read_as.rank <= clearance.rank for one in places):
                    raise BadInput(
                        f"{own.publisher!r} would pass for another publisher",
                        where="publisher",
                        todo="name it as whoever made its first list here did, or by a name that differs in letters or digits",
                    )
                raise BadInput(
                    f"{own.publisher!r} would pass for {known.publisher!r}, whose lists are here",
                    where="publisher",
                    todo=f"if they are one, name it {known.publisher!r}; else by a name that differs in letters or digits",
                )

    def _issue(self, order: Order, digest: str) -> Issue:
        config = self.config
        purpose, ground = order.purpose or config.purpose or None, order.legal_basis or config.legal_basis or None
        issue = Issue(
            digest=digest,
            name=order.name.rpartition("/")[2],
            authority=config.authority,
            asserted_at=now_text(),
            analyst=order.analyst,
            uri=order.uri,
            published=_published(order.published),
            grade=order.grade,
            purpose=purpose,
            legal_basis=ground,
            mapping=order.mapping if order.mapping.country or not config.country else replace(order.mapping, country=config.country),
            reference_key=reference_key(self.files),
        )
        if order.tlp is None and order.pap is None:
            return issue
        spec = self._recognise(order).spec
        return replace(issue, marking=Marking(order.tlp or spec.tlp, order.pap or spec.pap, purpose=purpose, legal_basis=ground))

    def _keep(self, under: _Under, met: Met, ids: list[bytes]) -> list[bool]:
        """Which statements of a piece go in; those that stand already are regraded, relabelled or reinstated where that is asked for."""
        first = under.fresh.first(met.ids).tolist()
        places = self.views.known(ids)
        keep = [place is None and new for place, new in zip(places, first, strict=True)]
        fresh = [number for number, kept in enumerate(keep) if kept]
        for number, day in zip(fresh, under.take.erased_on([ids[number] for number in fresh]), strict=True):
            if day is not None:
                keep[number] = under.erased.meets(day)
        for number, (place, new) in enumerate(zip(places, first, strict=True)):
            if place is not None and new:
                under.again.add(place.leaf, place.index)
                under.turns.meets(place)
                if under.recurring:
                    under.turns.stays(place)
                under.turns.regrade(place, met.asserters[met.asserter[number]].grade)
                shared = under.desk and met.prop[number] not in _OF_ONE_REPORT
                under.turns.relabel(place, met.handlings[met.handling[number]], shared=shared)
        return keep

    def _expire(self, under: _Under, gone: Sequence[Place], *, nothing: bool) -> None:
        # A file of which nothing can be read is another file, however short the list was. What the giver may not see is in no count.
        had = len(gone) + under.turns.stayed
        if (len(gone) > max(_FEW, _SHRINK * had) or (gone and nothing)) and not under.order.shrink:
            raise BadInput(
                f"{len(gone)} of {had} values of {under.given.source.series} are not in this file: it may be cut off. Nothing was taken in",
                where=under.order.name,
                todo="if the list really shrank so far, take it in with --shrink",
            )
        under.turns.expire(gone)

    def _note(self, under: _Under, known: Recognised, counts: Counts, digest: str) -> None:
        """Log what was taken: the issue of the series, its digest and its count; and what the file says again, for erasures (record 32)."""
        series = under.given.source.series or known.spec.name
        given, back = under.given, under.erased.back
        told: dict[str, Json] = {"digest": digest, "rejected": counts.rejected, "rows": counts.rows, "series": series}
        if back:
            told["even_erased"] = {"reason": under.erased.reason or "", "statements": back}
        groups = (canonical({"take": told}), *(canonical(part.to_json()) for part in (given.source, given.asserter, given.handling)))
        under.take.note(Entry(Kind.CONTROL, groups, words=under.again.to_bytes()))


def _published(when: str | None) -> str | None:
    """The day on which a publisher says it published, refused where that is still to come."""
    in_the_east = (datetime.now(UTC) + timedelta(hours=14)).date().isoformat()  # where it is tomorrow already
    if when is not None and when[:10] > in_the_east:
        raise BadInput(f"{when[:40]!r} is still to come", where="published", todo="say when it was published, or leave it out")
    return when


def _kept(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        f"{count} statements about values that stand already keep their marking, though this file bears another: "
        "a person marked them so, or other reports may have said the same; `saksi amend relabel` changes them",
    )


@contextmanager
def _disk(place: Path) -> Iterator[None]:
    """What the disk refuses while a file is copied, read or listed, as an error of ours; the open take is rolled back by then."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # whoever listened has gone: no matter of the disk
        where = str(error.filename or place)
        raise LedgerFault(
            f"the disk failed: {error.strerror}", where=where, todo="mend it or make room, then take the file in again"
        ) from error


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _spooled(path: Path, spool: Path) -> str:
    """Copy a file and give its SHA-256: what is read and kept afterwards is the copy, whatever becomes of the file meanwhile."""
    digest = hashlib.sha256()
    with spool.open("wb") as copy:
        for piece in _pieces(path):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def _as_csv(under: _Under) -> Iterator[bytes]:
    """What stays out, and the rejects that a take has written down, as the file for the desk that sent them."""
    out = (Rejected(Locator(), told, "") for told in under.erased.refusals())
    with under.rejects.open(encoding="utf-8") as lines:
        rows = (json.loads(text) for text in lines)
        rejected = (Rejected(Locator.from_json(row["locator"]), row["reason"], row["original"], row.get("beside", "")) for row in rows)
        yield from write_rejects(chain(out, rejected))
