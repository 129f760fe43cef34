"""What answers which saved search: every way to ask, the role, the marking, the bound, and keys that must not match."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from saksi.app.alerts.match import Question, matched
from saksi.app.alerts.search import WAYS, read_search
from saksi.model import BadInput
from saksi.views.news import NEWS

ENTITIES = [
    "phone:+85512345678", "host:pay.phish.example.net", "url:https://a.phish.example.net:8443/x?y=1", "email:me@mail.phish.example.net",
    "host:notphish.example.net", "ip:198.51.100.7", "network:198.51.100.0/28", "ip:2001:db8::1", "account:KH:ABAAKHPP:000123456",
]  # fmt: skip


def ask(tmp_path: Path, *questions: Question, most: int = 200, see: int = 2, closed: str = "suspected-mule") -> list[tuple[int, str, bool]]:
    """Those of `ENTITIES` that answer each question. Marking 0 may be seen by clearance 1 and 2, marking 1 by clearance 2."""
    count = len(ENTITIES)
    rows = [range(count), ENTITIES, ["role"] * count, ["affirm"] * count, [closed] * count, [0, 1] * 4 + [0], [int(see == 1)] * count]
    seen = pa.table({"level": [1, 2, 2], "handling": pa.array([0, 0, 1], pa.uint32())})
    said_by = pa.table({"source": pa.array([0, 1], pa.uint32()), "publisher": ["Bank of B", "Desk of C"]})
    found = matched(pa.table(rows, schema=NEWS), questions, seen=seen, said_by=said_by, scratch=tmp_path, most=most)
    return [(each.place, ENTITIES[each.ordinal], each.more) for each in found]


def names(found: list[tuple[int, str, bool]]) -> list[str]:
    return [name for _, name, _ in found]


@pytest.mark.parametrize(
    ("how", "key", "wanted"),
    [
        ("entity", "phone:+85512345678", [0]),
        ("prefix", "account:KH:ABAAKHPP:", [8]),
        ("prefix", "phone:+855", [0]),
        ("below", "phish.example.net", [1, 2, 3]),
        ("below", "example.net", [1, 2, 3, 4]),
        ("network", "198.51.100.0/24", [5, 6]),
        ("network", "198.51.100.0/28", [5, 6]),
        ("network", "198.51.100.7/32", [5]),
        ("network", "2001:db8::/32", [7]),
        ("text", "phish.ex", [1, 2, 3, 4]),
        ("text", "abaakhpp", [8]),
        ("source", "Desk of C", [1, 3, 5, 7]),
        ("entity", "phone:+8551234567", []),
        ("text", "no such text", []),
    ],
)  # fmt: skip
def test_each_way_finds_what_it_says_and_nothing_else(tmp_path: Path, how: str, key: str, wanted: list[int]) -> None:
    assert names(ask(tmp_path, Question(how, key, "", 2))) == [ENTITIES[place] for place in wanted]


def test_all_ways_at_once_find_what_each_finds_alone(tmp_path: Path) -> None:
    questions = [
        Question("entity", ENTITIES[0], "", 2),
        Question("below", "phish.example.net", "", 2),
        Question("network", "198.51.100.0/24", "", 2),
    ]
    questions += [Question("text", "phish", "", 2), Question("prefix", "host:", "", 2), Question("source", "Bank of B", "", 2)]
    alone = [(place, name, more) for place, each in enumerate(questions) for _, name, more in ask(tmp_path, each)]
    assert ask(tmp_path, *questions) == alone


def test_a_role_narrows_and_a_marking_hides(tmp_path: Path) -> None:
    assert names(ask(tmp_path, Question("prefix", "phone:", "suspected-mule", 2))) == [ENTITIES[0]]
    assert ask(tmp_path, Question("prefix", "phone:", "recipient", 2)) == []
    assert ask(tmp_path, Question("prefix", "phone:", "", 1), see=1) == []
    assert ask(tmp_path, Question("prefix", "phone:", "", 2), see=1)


def test_the_newest_are_kept_and_that_there_are_more_is_said(tmp_path: Path) -> None:
    found = ask(tmp_path, Question("below", "example.net", "", 2), most=2)
    assert [(name, more) for _, name, more in found] == [(ENTITIES[3], True), (ENTITIES[4], True)]
    assert not any(more for *_, more in ask(tmp_path, Question("below", "example.net", "", 2), most=4))


def test_what_people_type_becomes_a_search_or_is_refused() -> None:
    assert read_search("entity", " ០១២ ៣៤៥ ៦៧៨ ", country="KH").what == "phone:+85512345678"
    assert read_search("below", "phish[.]EXAMPLE[.]net").what == "phish.example.net"
    assert read_search("network", "198.51.100.0/24").what == "198.51.100.0/24"
    for how, what in [
        ("entity", "?"),
        ("prefix", "phone"),
        ("text", "abc"),
        ("case", "../x"),
        ("below", "no host"),
        ("all", "x"),
        ("network", "10.0.0.1/8"),
    ]:
        with pytest.raises(BadInput):
            read_search(how, what)
    with pytest.raises(BadInput, match="role"):
        read_search("text", "abcd", "thief")
    assert set(WAYS) == {"entity", "prefix", "below", "network", "text", "source", "case"}
