"""What can be walked through: search, the first page's lists, block lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from saksi.app.answering import Answering
from saksi.app.api.ports import FeedName, Hit, HitPage, Home
from saksi.app.config import Config
from saksi.app.home import Home as Files
from saksi.app.home import now_text, today
from saksi.app.kept_feeds import KeptFeeds
from saksi.model import BadInput, Reader
from saksi.screen.answer import Answer
from saksi.screen.feeds import Feed, Plan, feed, write
from saksi.screen.judge import CONTEST, Judge, Setting
from saksi.views.fact import standing

if TYPE_CHECKING:
    from saksi.views.engine import Ranked

__all__ = ["FEEDS", "Listing"]

_LOOKED_THROUGH = 1024
_PIECE = 1 << 18
_HOMES = 16

FEEDS: dict[str, tuple[str, tuple[str, ...], FeedName]] = {
    "hosts": ("hosts", ("host",), FeedName(name="hosts", media_type="text/plain", about="Hosts to block, as a hosts file.")),
    "rpz": ("rpz", ("host",), FeedName(name="rpz", media_type="text/dns", about="Hosts to block, as a response policy zone.")),
    "csv": (
        "csv",
        ("account", "email", "handle", "host", "ip", "network", "phone", "proxy", "url", "wallet"),
        FeedName(name="csv", media_type="text/csv", about="All kinds of values to block, with roles, times and references."),
    ),
}


class Listing(Answering):
    """Lists, each entry of them judged for the reader: what the reader may not see is not in them."""

    def __init__(self, files: Files, config: Config) -> None:
        super().__init__(files, config)
        self._feeds = KeptFeeds()
        self._homes: dict[tuple[Judge, int], Home] = {}  # a judge is of one reader, one day and one state of the views

    def search(self, text: str, *, after: str | None, limit: int, reader: Reader, at: int | None) -> HitPage:
        """Entities whose id or free text holds `text`, by what the reader may see alone. `after` names the last hit that was shown."""
        if after is not None and (len(after) < 2 or after[0] not in "012"):
            raise BadInput("a cursor is what an earlier page gave", where="after")
        last = None if after is None else (int(after[0]), after[1:])
        judge = self.judge(reader, at)
        shown: list[tuple[Ranked, Hit]] = []
        with self.views.engine() as engine:
            while len(shown) <= limit:
                found = engine.search(text, stop=self.views.stop(judge.at), seen=judge.may_see, after=last, limit=limit + 1)
                for ranked in found:
                    answer = self.entity(ranked[1], reader=reader, at=judge.at)
                    if _is_about(answer):
                        shown.append((ranked, _hit(answer)))
                if len(found) <= limit:
                    break
                last = found[-1]
        rank, entity = shown[limit - 1][0] if len(shown) > limit else (0, "")
        return HitPage(hits=tuple(hit for _, hit in shown[:limit]), after=f"{rank}{entity}" if entity else None, at=judge.at)

    def home(self, *, reader: Reader, limit: int) -> Home:
        """Contested now (among the entities spoken about last), and newest."""
        judge = self.judge(reader, None)
        made = self._homes.get((judge, limit))
        if made is None:
            while len(self._homes) >= _HOMES:
                self._homes.pop(next(iter(self._homes)), None)
            made = self._homes[judge, limit] = self._home(judge, reader, limit=limit)
        return made

    def _home(self, judge: Judge, reader: Reader, *, limit: int) -> Home:
        facts = [fact for fact in self.views.newest(_LOOKED_THROUGH) if judge.may_see(standing(fact).handling)]
        entities = list(dict.fromkeys(fact.entity for fact in facts if fact.prop != "record"))
        contested: list[Hit] = []
        newest: list[Hit] = []
        for entity in entities:
            if len(newest) >= limit and len(contested) >= limit:
                break
            answer = self.entity(entity, reader=reader, at=None)
            if not answer.parts[0].standing:
                continue
            if len(newest) < limit:
                newest.append(_hit(answer))
            if answer.status == "contested" and len(contested) < limit:
                contested.append(_hit(answer))
        return Home(contested=tuple(contested), newest=tuple(newest), at=judge.at)

    def feeds(self) -> tuple[FeedName, ...]:
        """The block lists on offer."""
        return tuple(name for _, _, name in FEEDS.values())

    def feed(self, name: str, *, reader: Reader, at: int | None, historical: bool = False) -> Iterator[bytes]:
        """The bytes of a block list, in pieces; what the marking (PAP) does not allow is not in it. `historical` says so in the list."""
        if name not in FEEDS:
            raise BadInput(f"a feed is one of {', '.join(FEEDS)}, not {name[:40]!r}")
        form, kinds, _ = FEEDS[name]
        setting = self.setting(reader, self.judge(reader, at).at)
        return self.block_list(Plan(setting, self.config.authority, now_text(), form, kinds, historical=historical))

    def block_list(self, plan: Plan) -> Iterator[bytes]:
        """The bytes of a block list by a plan of one's own, in pieces; as they were made before, where the views have not moved since."""
        withheld = self.withheld  # before the views: what is written meanwhile is in one of them
        with self.views.pinned() as views:
            state = f"{views.state}/{views.size}/{withheld}"
        data = self._feeds.get(plan, state)
        if data is None:
            data = "".join(write(self.to_block(plan))).encode()
            self._feeds.put(plan, state, data)
        for start in range(0, len(data), _PIECE):
            yield data[start : start + _PIECE]

    def to_block(self, plan: Plan) -> Feed:
        """The entries of a block list, before they are written in a form."""
        _ = self.withheld  # known, or no list is made
        with self.views.pinned() as views:  # what is renumbered meanwhile must not lend a statement another's marking
            return feed(views, plan)

    def setting(self, reader: Reader, at: int) -> Setting:
        """For whom, when and on which ledger something is given."""
        contest = self.config.contest or CONTEST
        return Setting(reader=replace(reader, purpose=None), today=today(), origin=self.config.origin, at=at, contest=contest)


def _is_about(answer: Answer) -> bool:
    """Whether anything that the reader may see is said about the entity itself, and not only about what it was matched with."""
    return answer.parts[0].standing > 0 or any(line.part == 0 for line in answer.past)


def _hit(answer: Answer) -> Hit:
    newest = answer.statements[-1] if answer.statements else answer.past[-1] if answer.past else None
    source = None if newest is None else next((line for line in answer.sources if line.n == newest.source), None)
    return Hit(
        entity=answer.entity,
        kind=answer.kind,
        status=answer.status,
        statements=answer.total,
        said_by="" if newest is None else (source.publisher if source and source.publisher else newest.recorded_by),
        recorded_at="" if newest is None else newest.recorded_at,
        flagged=answer.flagged,
        synthetic=any("synthetic" in f"{line.publisher or ''} {line.title or ''}".lower() for line in answer.sources),
    )
