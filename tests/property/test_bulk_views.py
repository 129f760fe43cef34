"""Bulk answers on folded views are the single ones, byte for byte, whatever was said, amended and erased, and as of any size."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "views"))

from stand_in import AUTHOR, ORIGIN, StandIn, changed, said

from saksi.model import Locator, Marking, Op, Pap, Reader, Source, Statement, Tlp
from saksi.screen.bulk import Opened, Read, Rows, Task, screen
from saksi.screen.form import Csv, Dress, Json
from saksi.screen.judge import Judge, Setting
from saksi.screen.lookup import about
from saksi.views.probe import Probe
from saksi.views.views import Views

KINDS = (
    "host:a{}.b.example",
    "host:b.example",
    "phone:+99900{}",
    "account:XA:BANKA:{}",
    "email:x{}@b.example",
    "ip:192.0.2.{}",
    "url:https://192.0.2.{}/pay",
    "network:192.0.2.0/24",
    "network:192.0.2.{}/30",
)
QUOTES = st.sampled_from([None, None, "said so", "send the money to this page now", 'pay here today, or "else" 100%'])
SOURCES = st.builds(
    lambda series, place, quote, title, day: Source(
        "cd" * 32 if series == "list-b" else "ab" * 32, title=title, series=series, quote=quote, reported=day, locator=place
    ),
    st.sampled_from([None, "list-a", "list-b"]),
    st.sampled_from([None, Locator(row=3), Locator(row=4, column="x"), Locator(page=2), Locator(pointer="/a/0")]),
    QUOTES, st.sampled_from(["A list", "pay here today or else 100", "~3~"]), st.sampled_from([None, None, "2026-01", "2026-01-05"]),
)  # fmt: skip
MARKINGS = st.sampled_from([Marking(Tlp.CLEAR, Pap.CLEAR), Marking(Tlp.AMBER, Pap.GREEN, purpose="p", legal_basis="l")])
VALUES = st.sampled_from(
    [
        ("role", "infrastructure"),
        ("role", "recipient"),
        ("role", "victim"),
        ("safeListed", "benign"),
        ("reportedIn", "report:authority-a/1"),
        ("reportedIn", "report:authority-a/2"),
        ("label", 'a "name" ~5~'),
        ("seen", 7),
        ("live", True),
        ("outcome", "false-alarm"),
        ("outcome", "scam-confirmed"),
    ]
)
ORIGINALS = st.sampled_from([None, None, "own", '៣៤៥ "x" %s', "~2~"])
BEGUN = st.sampled_from([None, None, "2026-01-03", "2026-01-04T10:00:00Z"])
SAID_HOW = st.sampled_from([("affirm", None), ("affirm", None), ("affirm", "analyst-1"), ("deny", None)])
FACTS = st.tuples(VALUES, SOURCES, MARKINGS, st.sampled_from([Op.ASSERT, Op.ASSERT, Op.PROPOSE]), ORIGINALS, BEGUN, SAID_HOW)
SAYINGS = st.tuples(st.sampled_from(KINDS), st.lists(FACTS, min_size=1, max_size=3), st.integers(1, 4))
AMENDMENTS = st.lists(
    st.tuples(st.sampled_from([Op.RETRACT, Op.EXPIRE, Op.REINSTATE, Op.CONFIRM, Op.RELABEL]), st.integers(0, 200), MARKINGS), max_size=3
)
READERS = st.sampled_from([Reader("nobody"), Reader("nasc.a", home=True, clearance=Tlp.RED)])


def _said(kind: str, facts: list[tuple[object, ...]], number: int) -> list[Statement]:
    entity = kind.format(number)
    made = []
    for (prop, value), source, marking, op, original, begun, (polarity, analyst) in facts:  # type: ignore[misc]
        words = entity.partition(":")[2] if original == "own" else original  # type: ignore[has-type]
        plain = said(entity, prop, value, source=source, marking=marking, op=op, original=words, begun=begun)  # type: ignore[has-type]
        asserter, content = replace(plain.asserter, analyst=analyst), replace(plain.content, polarity=polarity)  # type: ignore[has-type]
        made.append(replace(plain, asserter=asserter, content=content))
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(SAYINGS, max_size=5), AMENDMENTS, READERS, st.sampled_from([Json(), Csv(safe=True)]), st.integers(0, 2), st.booleans())
def test_bulk_on_views_is_single(
    sayings: list[tuple[str, list[tuple[object, ...]], int]],
    amendments: list[tuple[Op, int, Marking]],
    reader: Reader,
    dress: Dress,
    back: int,
    probed: bool,
) -> None:
    ledger = StandIn()
    for kind, facts, twins in sayings:
        ledger.append(*[one for number in range(twins) for one in _said(kind, facts, number)])
    places = [(leaf, index) for leaf, some in enumerate(ledger.leaves) for index in range(len(some))]
    for op, at, marking in amendments:
        if places:
            ledger.append(changed(op, ledger.ref(*places[at % len(places)]), author=AUTHOR, marking=marking, reason="because"))
    asked = [kind.format(number) for kind in KINDS for number in range(5)]
    texts = [f'{each} "~1~" 100%s' for each in asked]
    with tempfile.TemporaryDirectory() as place, Views.open(Path(place, "views")) as views:
        views.fold(ledger)
        probe = Probe.open(Path(place, "probe"), bytes(32)).add(views.all_entities(), last=views.size) if probed else None
        setting = Setting(reader, "2026-06-15", ORIGIN, max(0, views.size - back))
        judge = Judge(views, setting)
        lines = [dress.line(n, about(views, judge, text, each)) for n, (text, each) in enumerate(zip(texts, asked, strict=True), 1)]
        opened = Opened(views, probe, lambda texts: Read([(each,) for each in asked], [None] * len(texts)))
        for done in screen(opened, Task(setting, dress), [Rows(range(1, len(texts) + 1), texts)] * 3):
            assert done.data == b"".join(lines)
