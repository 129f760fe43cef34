"""Lists of a desk's own on a node: editions follow each other, publishers and meanings stay apart, safe values stay off block lists."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from saksi.app.api.ports import TakePlan
from saksi.app.cli import saksi
from saksi.app.config import load
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.model import BadInput
from saksi.sources import SAFE, OwnList

Json = dict[str, object]
Call = Callable[..., Result]
POLICE, BANK, TELECOM = "Police of A (synthetic)", "ធនាគារជាតិ នៃ A (synthetic)", "ธนาคารกลาง (synthetic)"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(saksi, ["--home", "home", "--json", *words], standalone_mode=False)

    assert invoke("init", "--authority", "centre.a.example", "--country", "KH").exception is None
    return invoke


def last(result: Result) -> Json:
    assert result.exception is None, result.exception
    found = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


def edition(*values: str) -> str:
    Path("list.txt").write_text("".join(f"{value}\n" for value in values), encoding="utf-8")
    return "list.txt"


def take(call: Call, *values: str, publisher: str = POLICE, kind: str = "hosts", flags: tuple[str, ...] = ()) -> Json:
    return last(call("take", edition(*values), "--publisher", publisher, "--list", kind, *flags))


def asked(call: Call, value: str) -> tuple[object, object]:
    result = call("ask", value)
    assert result.exception is None
    answer = json.loads(result.stdout.splitlines()[-1])
    return answer["status"], answer["flagged"]


def blocked(call: Call, kind: str = "host") -> list[str]:
    made = call("feed", "--format", "csv", "--kind", kind, "--out", "feed.csv")
    assert made.exception is None, made.exception
    rows = [line for line in Path("feed.csv").read_text(encoding="utf-8").splitlines() if not line.startswith(("#", "entity,"))]
    return [row.partition(",")[0].removeprefix("'") for row in rows]


def test_the_next_edition_expires_what_left_and_reinstates_what_came_back(call: Call) -> None:
    first = take(call, "one.example.net", "two.example.net")
    assert (first["taken"], first["expired"], first["source"]) == (2, 0, "own-list")
    assert blocked(call) == ["host:one.example.net", "host:two.example.net"]
    second = take(call, "two.example.net", "three.example.net")
    assert (second["taken"], second["duplicate"], second["expired"]) == (1, 1, 1)
    assert blocked(call) == ["host:three.example.net", "host:two.example.net"]
    third = take(call, "one.example.net", "two.example.net", "three.example.net")
    assert (third["taken"], third["reinstated"], third["expired"]) == (0, 1, 0)
    assert asked(call, "one.example.net") == ("known", True)


def test_an_edition_that_was_cut_off_is_refused_until_it_is_said_to_be_whole(call: Call) -> None:
    whole = [f"h{number}.example.net" for number in range(50)]
    take(call, *whole)
    refused = call("take", edition(whole[0]), "--publisher", POLICE, "--list", "hosts")
    assert isinstance(refused.exception, BadInput)
    assert "own/police-of-a-synthetic/hosts/infrastructure" in refused.exception.what
    assert len(blocked(call)) == 50
    assert take(call, whole[0], flags=("--shrink",))["expired"] == 49


def test_another_lists_file_expires_nothing_however_short_the_list_is(call: Call) -> None:
    take(call, "one.example.net", "two.example.net")
    for wrong in ("012345678", "# nothing"):
        refused = call("take", edition(wrong), "--publisher", POLICE, "--list", "hosts")
        assert isinstance(refused.exception, BadInput)
        assert "2 of 2 values" in refused.exception.what
    assert take(call, "# withdrawn", flags=("--shrink",))["expired"] == 2
    assert blocked(call) == []


@pytest.mark.parametrize("other", [BANK, TELECOM, "Police of AB (synthetic)"])
def test_two_publishers_expire_nothing_of_each_other(call: Call, other: str) -> None:
    take(call, "one.example.net", "two.example.net")
    assert take(call, "two.example.net", "three.example.net", publisher=other)["expired"] == 0
    assert blocked(call) == ["host:one.example.net", "host:three.example.net", "host:two.example.net"]
    assert take(call, "three.example.net", publisher=other)["expired"] == 1
    assert asked(call, "two.example.net") == ("known", True)  # the first still has it


@pytest.mark.parametrize(
    "twin", ["police of a (synthetic)", "Police of A - synthetic", "𝐏olice of A (synthetic)", "Ｐolice  of a (synthetic)"]
)
def test_a_name_that_would_share_anothers_series_is_refused_by_that_name(call: Call, twin: str) -> None:
    take(call, "one.example.net")
    refused = call("take", edition("012345678"), "--publisher", twin, "--list", "phones")
    assert isinstance(refused.exception, BadInput)
    assert POLICE in refused.exception.todo
    assert asked(call, "012345678") == ("unknown", False)
    take(call, "012345678", publisher=" Police of\u200b  A (synthetic)", kind="phones")  # the same name, as a form may paste it


@pytest.mark.parametrize(("name", "spec"), [("metamask", "eth-phishing-detect"), (" Misp  Project", "misp-warninglists")])
def test_a_name_that_would_pass_for_a_known_publisher_is_refused_by_its_source(call: Call, name: str, spec: str) -> None:
    refused = call("take", edition("one.example.net"), "--publisher", name, "--list", "hosts")
    assert isinstance(refused.exception, BadInput)
    assert spec in refused.exception.todo
    assert asked(call, "one.example.net") == ("unknown", False)


def test_a_safe_list_and_a_block_list_of_one_publisher_stand_beside_each_other(call: Call) -> None:
    take(call, "012345678", "012345679", publisher=BANK, kind="phones")
    assert blocked(call, "phone") == ["phone:+85512345678", "phone:+85512345679"]
    safe = take(call, "012345678", "012345670", publisher=BANK, kind="phones", flags=("--safe",))
    assert (safe["taken"], safe["expired"]) == (2, 0)
    assert asked(call, "012345678") == ("safe-listed", False)
    assert asked(call, "012345670") == ("safe-listed", False)
    assert blocked(call, "phone") == ["phone:+85512345679"]
    assert take(call, "012345679", publisher=BANK, kind="phones")["expired"] == 1
    assert asked(call, "012345678") == ("safe-listed", False)


def test_what_was_erased_stays_out_of_the_next_edition(call: Call) -> None:
    take(call, "012345678", "012345679", kind="phones")
    ref = json.loads(call("ask", "012345678").stdout.splitlines()[-1])["statements"][0]["ref"]
    last(call("erase", ref, "--ground", "request of the person, decision 12", "--yes"))
    again = take(call, "012345678", "012345679", "012345670", kind="phones")
    assert (again["taken"], again["erased"], again["expired"]) == (1, 1, 0)
    assert asked(call, "012345678") == ("unknown", False)


def test_grade_marking_and_meaning_are_as_the_giver_says(call: Call) -> None:
    Path("mules.csv").write_text("account,bank\n000123456,ABA\n", encoding="utf-8")
    flags = ("--means", "confirmed-mule", "--grade", "B2", "--tlp", "GREEN", "--pap", "AMBER")
    last(call("take", "mules.csv", "--publisher", POLICE, "--list", "accounts", *flags))
    (line,) = json.loads(call("ask", "ABA 000123456").stdout.splitlines()[-1])["statements"]
    assert [line[key] for key in ("value", "grade", "tlp", "pap")] == ["confirmed-mule", "B2", "GREEN", "AMBER"]
    assert blocked(call, "account") == []


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        (("--publisher", POLICE, "--list", "hosts", "--safe", "--means", "infrastructure"), "--safe and --means"),
        (("--publisher", POLICE, "--list", "hosts", "--source", "report-desk"), "neither a known source nor a mapping"),
        (("--publisher", POLICE, "--list", "hosts", "--mapping", "mapping.toml"), "neither a known source nor a mapping"),
        (("--publisher", POLICE, "--list", "hosts", "--means", "confirmed-mule"), "nothing that hosts can be"),
        (("--publisher", POLICE, "--list", "hosts", "list.txt"), "one file"),
        (("--publisher", POLICE), "a publisher and holds one kind"),
        (("--list", "hosts"), "a publisher and holds one kind"),
        (("--safe",), "a publisher and holds one kind"),
        (("--country", "KH"), "a publisher and holds one kind"),
        (("--source", "own-list"), "whose list it is"),
        ((), "nobody's known file"),
    ],
)
def test_a_combination_that_makes_no_sense_takes_nothing_in(call: Call, flags: tuple[str, ...], what: str) -> None:
    Path("mapping.toml").write_text('country = "KH"\n', encoding="utf-8")
    refused = call("take", edition("one.example.net"), *flags)
    assert refused.exception is not None
    assert what in str(refused.exception)
    assert asked(call, "one.example.net") == ("unknown", False)


def test_the_sources_show_which_lists_of_its_own_a_desk_has(call: Call) -> None:
    assert last(call("source", "own-list"))["taken"] == []
    take(call, "one.example.net")
    take(call, "012345678", publisher=BANK, kind="phones", flags=("--safe",))
    assert last(call("source", "own-list"))["taken"] == [f"{POLICE}: hosts, infrastructure", f"{BANK}: phones, safe"]


def test_a_node_takes_one_from_its_callers(call: Call) -> None:
    node = Node(Home(Path("home")), load(Path("home"), {}, {})[0])
    try:
        plan = TakePlan(Path(edition("012345678")), "list.txt", own=OwnList(BANK, "phones", SAFE), amends=True)
        assert node.take(plan).taken == 1
        node.catch_up()
        assert node.ask("+855 12 345 678", country=None, reader=node.owner(), at=None).status == "safe-listed"
        with pytest.raises(BadInput, match="neither a known source"):
            node.take(TakePlan(Path("list.txt"), "list.txt", "report-desk", own=OwnList(BANK, "phones")))
    finally:
        node.close()
