"""What was erased stays erased, whatever file says it again, until somebody brings it in on purpose and says why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from saksi.app.api.ports import TakePlan
from saksi.app.cli import saksi
from saksi.app.config import load
from saksi.app.home import Home, today
from saksi.app.node import Node
from saksi.model import BadInput, Tlp

Json = dict[str, object]
Run = Callable[..., Json]
HEAD = "reference,reported_at,country,synthetic,scam_phone,victim_phone,scam_host,narrative\n"
ROWS = (
    "R1,2024-05-01,KH,true,+85512100001,+85512345678,one.example.net,secret words of one\n",
    "R2,2024-05-01,KH,true,+85512100002,+85512345679,two.example.net,words of two\n",
)
GROUND = ("--ground", "request of the person, decision 12", "--yes")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str, home: str = "home") -> Json:
        made = _invoke(*words, home=home)
        assert made.exception is None, made.exception
        found = json.loads(made.stdout.splitlines()[-1])
        assert isinstance(found, dict)
        return found

    call("init", "--authority", "centre.a.example", "--country", "KH")
    return call


def _invoke(*words: str, home: str = "home") -> Result:
    return CliRunner().invoke(saksi, ["--home", home, "--json", *words], standalone_mode=False)


def reports(*rows: str) -> str:
    Path("reports.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    return "reports.csv"


def hosts(*names: str) -> str:
    Path("global-anti-scam.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    return "global-anti-scam.txt"


def take(run: Run, *rows: str, flags: tuple[str, ...] = ()) -> Json:
    return run("take", reports(*rows), "--source", "report-desk", *flags)


def victim(run: Run, value: str = "+85512345678") -> str:
    asked = run("ask", value)
    ref = asked["statements"][0]["ref"]  # type: ignore[index]
    assert isinstance(ref, str)
    return ref


def nowhere(*words: bytes) -> None:
    for path in Path("home").rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not [word for word in words if word in data], path


def original_is_kept(made: Json) -> bool:
    node = Node(Home(Path("home")), load(Path("home"), {}, {})[0])
    try:
        return node.ledger.original(bytes.fromhex(str(made["digest"]))) is not None
    finally:
        node.close()


def test_a_file_taken_again_leaves_out_the_erased_subject_and_says_so(run: Run) -> None:
    first = take(run, *ROWS)
    assert first["erased"] == 0
    done = run("erase", victim(run), *GROUND)
    again = take(run, *ROWS)
    assert (again["taken"], again["rejected"]) == (0, 0)
    assert again["erased"] == done["statements"]
    assert again["duplicate"] == int(str(first["taken"])) - int(str(done["statements"]))
    assert run("ask", "+85512345678")["status"] == "unknown"
    assert f"erased on {today()} and stay out" in str(again["rejects"])
    assert f"erased on {today()} and stay out" in Path("reports.csv.rejects.csv").read_text(encoding="utf-8-sig")
    assert run("fsck")["ok"] is True
    Path("reports.csv").unlink()
    nowhere(b"secret words of one", b"85512345678")


def test_a_longer_file_with_the_erased_rows_brings_only_what_is_new_and_is_not_kept_itself(run: Run) -> None:
    take(run, ROWS[0])
    done = run("erase", victim(run), *GROUND)
    again = take(run, *ROWS)
    assert again["erased"] == done["statements"]
    assert again["taken"] != 0
    assert run("ask", "+85512345679")["status"] == "known"
    assert run("ask", "+85512345678")["status"] == "unknown"
    assert not original_is_kept(again)
    assert "not kept" in str(again["warnings"])
    assert run("fsck")["ok"] is True


def test_an_erased_entity_stays_out_of_the_list_that_names_it(run: Run) -> None:
    run("take", hosts("one.example.net", "two.example.net"))
    done = run("erase", "host:one.example.net", *GROUND)
    assert run("take", hosts("one.example.net", "two.example.net"))["erased"] == done["statements"]
    assert run("ask", "one.example.net")["status"] == "unknown"
    assert run("ask", "two.example.net")["status"] == "known"


@pytest.mark.parametrize("first", ["erased", "dropped"])
def test_a_value_that_a_list_drops_and_has_again_stays_out_where_it_was_erased(run: Run, first: str) -> None:
    run("take", hosts("one.example.net", "two.example.net", "three.example.net"))
    if first == "dropped":
        assert run("take", hosts("two.example.net", "three.example.net"))["expired"] != 0
    done = run("erase", "host:one.example.net", *GROUND)
    if first == "erased":
        assert run("take", hosts("two.example.net", "three.example.net"))["expired"] == 0
    again = run("take", hosts("one.example.net", "two.example.net", "three.example.net"))
    assert (again["taken"], again["reinstated"]) == (0, 0)
    assert 0 < int(str(again["erased"])) <= int(str(done["statements"]))
    assert run("ask", "one.example.net")["status"] == "unknown"


def test_a_single_statement_stays_out_while_its_neighbours_stand(run: Run) -> None:
    run("take", hosts("one.example.net", "two.example.net"))
    asked = run("ask", "one.example.net")
    refs = [one["ref"] for one in asked["statements"]]  # type: ignore[attr-defined]
    run("erase", refs[0], *GROUND)
    again = run("take", hosts("one.example.net", "two.example.net"))
    assert (again["taken"], again["erased"]) == (0, 1)
    assert "1 statement was erased" in str(again["rejects"])


def test_views_built_anew_or_lost_change_nothing(run: Run) -> None:
    first = take(run, *ROWS)
    done = run("erase", victim(run), *GROUND)
    run("fold", "--rebuild")
    assert take(run, *ROWS)["erased"] == done["statements"]
    shutil.rmtree("home/views")
    again = take(run, *ROWS)
    assert (again["taken"], again["erased"]) == (0, done["statements"])
    assert again["duplicate"] == int(str(first["taken"])) - int(str(done["statements"]))


def test_a_restored_backup_remembers_what_was_erased(run: Run) -> None:
    take(run, *ROWS)
    done = run("erase", victim(run), *GROUND)
    Path("one").write_text("correct horse battery\n", encoding="utf-8")
    Path("two").write_text("another long passphrase\n", encoding="utf-8")
    words = ("--passphrase-file", "one", "--keys-passphrase-file", "two")
    run("backup", "node", *words)
    run("restore", "node", *words, "--newest", home="other")
    again = run("take", reports(*ROWS), "--source", "report-desk", home="other")
    assert (again["taken"], again["erased"]) == (0, done["statements"])


def test_on_purpose_and_with_a_reason_it_comes_in_again_and_the_ledger_says_so(run: Run) -> None:
    take(run, *ROWS)
    done = run("erase", victim(run), *GROUND)
    for flags in (("--even-erased",), ("--reason", "why")):
        assert _invoke("take", reports(*ROWS), "--source", "report-desk", *flags).exception is not None
    assert isinstance(_invoke("take", reports(*ROWS), "--source", "report-desk", "--even-erased", "--reason", " ").exception, BadInput)
    back = take(run, *ROWS, flags=("--even-erased", "--reason", "ordered by the court, case 9"))
    assert (back["taken"], back["erased"]) == (done["statements"], 0)
    assert "taken in again on purpose" in str(back["warnings"])
    assert back["rejects"] == []
    assert run("ask", "+85512345678")["status"] == "known"
    assert original_is_kept(back)
    node = Node(Home(Path("home")), load(Path("home"), {}, {})[0])
    try:
        notes = [block.payloads[0] or b"" for block in node.ledger.read() if block.payloads[0] and b"even_erased" in block.payloads[0]]
    finally:
        node.close()
    assert len(notes) == 1
    assert b'"even_erased":{"reason":"ordered by the court, case 9","statements":%d}' % int(str(done["statements"])) in notes[0]
    assert take(run, *ROWS)["duplicate"] != 0, "what stands again is a duplicate, not erased"
    run("erase", victim(run), *GROUND)
    assert take(run, *ROWS)["erased"] == done["statements"]


def test_the_api_and_the_list_of_takes_tell_it(run: Run) -> None:
    take(run, *ROWS)
    done = run("erase", victim(run), *GROUND)
    node = Node(Home(Path("home")), load(Path("home"), {}, {})[0])
    try:
        line = node.take(TakePlan(Path(reports(*ROWS)), "reports.csv", "report-desk", erases=True))
        (newest,) = node.takes(after=None, limit=1, clearance=Tlp.RED, erases=True).takes
        veiled = node.take(TakePlan(Path(reports(*ROWS)), "reports.csv", "report-desk"))
        (listed,) = node.takes(after=None, limit=1, clearance=Tlp.RED).takes
    finally:
        node.close()
    assert line.erased == done["statements"]
    assert "stay out" in line.rejects[0]
    assert newest == replace(line, digest="")
    assert (veiled.taken, veiled.erased) == (done["statements"], 0)  # to whoever may not erase, it counts as taken
    assert "erased" not in str(veiled.rejects)
    assert listed == replace(veiled, digest="")


def test_workers_leave_it_out_like_one_process(run: Run) -> None:
    names = [f"host-{number}.example.net" for number in range(30_000)]
    run("take", hosts(*names), "--workers", "0")
    run("erase", "host:host-7.example.net", *GROUND)
    run("erase", "host:host-29999.example.net", *GROUND)
    again = run("take", hosts(*names), "--workers", "2")
    assert (again["taken"], again["erased"]) == (0, int(str(run("take", hosts(*names), "--workers", "0")["erased"])))
    assert int(str(again["erased"])) >= 2
