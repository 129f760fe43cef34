"""The command line on a small node: what goes in comes out with its source, what is refused says why, JSON keeps its fields."""

from __future__ import annotations

import csv
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from saksi.app.cli import _COMMANDS, saksi
from saksi.model import BadInput, SaksiError, Unproved

Run = Callable[..., Result]
HOSTS = ["bad.example.net", "worse.example.org", "etherscan.io", "domain", "hxxp://bad[.]example[.]net/pay"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*words: str, json_: bool = True) -> Result:
        flags = ["--json"] if json_ else []
        return CliRunner().invoke(saksi, ["--home", str(tmp_path / "home"), *flags, *words], standalone_mode=False)

    made = call("init", "--authority", "centre.a.example", "--country", "KH", "--purpose", "tests", "--legal-basis", "Act 1 of A")
    assert made.exception is None, made.exception
    return call


@pytest.fixture
def listed(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "global-anti-scam.txt").write_text("\n".join(HOSTS) + "\n", encoding="utf-8")
    made = run("take", str(tmp_path / "global-anti-scam.txt"))
    assert made.exception is None, made.exception
    return run


def last(result: Result) -> dict[str, object]:
    assert result.exception is None, result.exception
    value = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(value, dict)
    return value


def test_a_proof_that_is_about_what_a_value_belongs_to_says_so(listed: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "proof")
    asked = listed("prove", "shop.worse.example.org", "--out", out, json_=False)
    assert asked.exception is None, asked.exception
    assert "are not about shop.worse.example.org itself but about what it belongs to: host:worse.example.org" in asked.stderr
    assert "not about" not in listed("prove", "worse.example.org", "--out", out, json_=False).stderr


def test_a_block_list_says_how_many_are_left_out_for_what_lies_below_them(run: Run, tmp_path: Path) -> None:
    for name, body, more in (("bad", "scamsite.net", ()), ("good", "good.scamsite.net", ("--safe",))):
        (tmp_path / f"{name}.txt").write_text(body + "\n", encoding="utf-8")
        given = run("take", f"{name}.txt", "--publisher", "Police (synthetic)", "--list", "hosts", *more)
        assert given.exception is None, given.exception
    said = "1 host is accused and left out: something at or below it is safe-listed."
    for words in (("feed",), ("feed", "--format", "rpz", "--out", "zone")):
        made = run(*words, json_=False)
        assert made.exception is None, made.exception
        assert said in made.stderr
    assert said in (tmp_path / "zone").read_text(encoding="utf-8")


def test_take_ends_with_its_counts_and_lists_what_it_rejected(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "global-anti-scam.txt"
    path.write_text("\n".join(HOSTS) + "\n", encoding="utf-8")
    counts = last(run("take", str(path)))
    assert counts["rejected"] == 1
    assert isinstance(counts["taken"], int)
    assert counts["taken"] >= 4
    rows = list(csv.reader((tmp_path / "global-anti-scam.txt.rejects.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["where", "reason", "original"]
    assert rows[1][0] == "row 4"
    assert rows[1][2] == "domain"


def test_taking_the_same_list_again_or_in_another_order_adds_nothing(listed: Run, tmp_path: Path) -> None:
    path = tmp_path / "global-anti-scam.txt"
    before = last(listed("doctor"))["size"]
    again = last(listed("take", str(path)))
    assert again["taken"] == 0
    path.write_text("\n".join(reversed(HOSTS)) + "\n", encoding="utf-8")
    shuffled = last(listed("take", str(path)))
    assert (shuffled["taken"], shuffled["expired"]) == (0, 0)
    assert last(listed("doctor"))["size"] == before


def test_a_value_that_the_list_drops_expires_and_comes_back(listed: Run, tmp_path: Path) -> None:
    path = tmp_path / "global-anti-scam.txt"
    path.write_text("\n".join(HOSTS[1:4]) + "\n", encoding="utf-8")
    assert last(listed("take", str(path)))["expired"] != 0
    assert last(listed("ask", "bad.example.net"))["status"] == "unknown"
    path.write_text("\n".join(HOSTS) + "\n", encoding="utf-8")
    back = last(listed("take", str(path)))
    assert (back["taken"], back["reinstated"] != 0) == (0, True)
    assert last(listed("ask", "bad.example.net"))["status"] == "known"


def test_a_list_that_lost_most_of_its_values_is_refused_whole(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "global-anti-scam.txt"
    path.write_text("".join(f"host-{number}.example.net\n" for number in range(100)), encoding="utf-8")
    last(run("take", str(path)))
    size = last(run("doctor"))["size"]
    path.write_text("host-1.example.net\n", encoding="utf-8")
    refused = run("take", str(path))
    assert isinstance(refused.exception, BadInput)
    assert "cut off" in str(refused.exception)
    assert last(run("doctor"))["size"] == size
    assert last(run("ask", "host-7.example.net"))["status"] == "known"
    assert last(run("take", "--shrink", str(path)))["expired"] != 0


def test_values_that_a_list_drops_or_has_again_are_logged_behind_one_leaf(run: Run, tmp_path: Path) -> None:
    path, dropped = tmp_path / "global-anti-scam.txt", [f"host-{number}.example.net" for number in range(90)]
    whole, rest = "\n".join([*dropped, "kept.example.net"]) + "\n", "kept.example.net\n"
    path.write_text(whole, encoding="utf-8")
    last(run("take", str(path)))
    for text, told, stand in ((rest, "expired", 0), (whole, "reinstated", 2)):  # two statements a value
        size = last(run("doctor"))["size"]
        path.write_text(text, encoding="utf-8")
        made = last(run("take", "--shrink", str(path)))
        assert (made["taken"], made[told]) == (0, 180)
        assert made["size"] == size + 2  # type: ignore[operator]  # the batch, and the note of the take
        for name in (dropped[0], dropped[89]):
            answer = last(run("ask", name))
            assert answer["total"] == stand
            assert [line["standing"] for line in answer["past"]] == ["expired"] * (2 - stand)  # type: ignore[attr-defined]
        assert last(run("ask", dropped[7], "--at", str(size)))["total"] == 2 - stand
        assert run("fsck").exit_code == 0
    told_before = [last(run("ask", name)) for name in dropped[:3]]
    last(run("fold", "--rebuild"))
    assert [last(run("ask", name)) for name in dropped[:3]] == told_before


def test_two_spellings_of_a_number_are_one_entity(run: Run) -> None:
    khmer = last(run("ask", "០១២ ៣៤៥ ៦៧៨", "--country", "KH"))
    plain = last(run("ask", "+85512345678"))
    assert khmer["entity"] == plain["entity"] == "phone:+85512345678"
    assert khmer["status"] == "unknown"


def test_an_answer_has_the_fields_that_others_rely_on(listed: Run) -> None:
    answer = last(listed("ask", "BAD.example.net."))
    assert {"query", "entity", "status", "sources", "statements"} <= set(answer)
    assert (answer["query"], answer["entity"], answer["status"]) == ("BAD.example.net.", "host:bad.example.net", "known")
    text = json.dumps(answer)
    assert "centre.a.example/saksi/1#" in text


def test_unknown_says_that_it_does_not_mean_safe_and_exits_with_1(listed: Run) -> None:
    result = listed("ask", "nobody.example.net", json_=False)
    assert result.return_value == 1
    assert "does not mean that it is safe" in result.stdout


def test_a_retraction_holds_at_once_in_answers_and_block_lists(listed: Run) -> None:
    answer = last(listed("ask", "worse.example.org"))
    assert "worse.example.org" in listed("feed").stdout
    for statement in answer["statements"]:  # type: ignore[attr-defined]
        last(listed("retract", statement["ref"], "--reason", "the victim named the wrong site"))
    assert last(listed("ask", "worse.example.org"))["status"] == "unknown"
    assert "worse.example.org" not in listed("feed").stdout
    assert last(listed("ask", "worse.example.org", "--at", str(answer["at"])))["status"] == "known"


def test_words_as_of_an_earlier_size_say_first_that_they_are_old(listed: Run) -> None:
    answer = last(listed("ask", "worse.example.org"))
    (ref, *_) = [each["ref"] for each in answer["statements"]]  # type: ignore[attr-defined]
    then = ("--at", str(answer["at"]))
    asked = (("ask", "worse.example.org"), ("show", "host:worse.example.org"), ("show", ref))
    assert not [words for words in asked if "not the newest" in listed(*words, *then, json_=False).stdout]
    now = last(listed("retract", ref, "--reason", "the victim named the wrong site")) and last(listed("ask", "worse.example.org"))["at"]
    for words in asked:
        told = listed(*words, *then, json_=False).stdout.splitlines()
        assert told[0] == f"as of ledger size {answer['at']}, not the newest: answers are now given on size {now}"
        assert not [line for line in listed(*words, json_=False).stdout.splitlines() if "not the newest" in line]


def test_the_manual_shows_every_line_of_the_doctor(run: Run) -> None:
    checked = re.findall(r"^  (?:ok  |MIND) ([a-z]+): ", run("doctor", json_=False).stdout, re.MULTILINE)
    guide = (Path(__file__).resolve().parents[3] / "docs/guide/first-day.md").read_text(encoding="utf-8")
    assert re.findall(r"^  ok   ([a-z]+): ", guide, re.MULTILINE) == checked


def test_a_completion_script_is_the_same_in_json(run: Run) -> None:
    told = last(run("completion", "bash"))
    assert told == {"shell": "bash", "script": run("completion", "bash", json_=False).stdout.removesuffix("\n")}
    assert last(run("completion", "zsh", "--json", json_=False))["shell"] == "zsh"


def test_a_source_without_addresses_shows_no_brackets(run: Run) -> None:
    told = run("source", "own-list", json_=False).stdout
    assert "publisher  named at the taking\n" in told
    assert "()" not in told
    assert "publisher  MISP project (https://" in run("source", "misp-warninglists", json_=False).stdout


def test_csv_without_a_kind_holds_all_kinds(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,scam_phone,scam_url,narrative\nA-1,2026-10-02,KH,012 345 678,https://bad.example.net/pay,words\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    made = run("feed", "--format", "csv", json_=False).stdout
    assert "\nphone:+85512345678," in made
    assert "\nurl:https://bad.example.net/pay," in made
    assert "\nurl:" not in run("feed", "--format", "csv", "--kind", "phone", json_=False).stdout


def test_a_list_of_hosts_alone_says_that_values_of_other_kinds_are_left_out(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,scam_phone,scam_url,narrative\nA-1,2026-10-02,KH,012 345 678,https://bad.example.net/pay,words\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    said = "hosts only: values of other kinds are left out; --format csv holds all, --kind some"
    made = run("feed")
    assert (made.stdout, json.loads(made.stderr)) == ("", {"note": said})
    assert f"mind: {said}\n" in run("feed", json_=False).stderr
    assert run("feed", "--kind", "host").stderr == ""
    assert run("feed", "--format", "csv", json_=False).stderr == ""


def test_the_words_of_an_answer_tell_when_it_happened_and_who_withdrew_it_why(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,scam_phone,narrative\nA-1,2026-10-02,KH,012 345 678,words\nA-2,2026-10-05,KH,012 345 678,more\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    said = run("ask", "012 345 678", json_=False).stdout
    assert "    reported 2026-10-02 to 2026-10-05; in our records since 20" in said
    for statement in last(run("ask", "012 345 678"))["statements"]:  # type: ignore[attr-defined]
        if statement["prop"] == "role":
            last(run("retract", statement["ref"], "--reason", "the victim misread it"))
    said = run("ask", "012 345 678", json_=False).stdout
    assert "2 of those listed do not stand:" in said
    assert " by centre.a.example: the victim misread it" in said
    assert "withdrawn on 20" in said


def test_three_clocks_are_told_alone_and_in_a_column_and_a_file_taken_again_adds_nothing(run: Run, tmp_path: Path) -> None:
    head = "reference,reported_at,happened_at,country,scam_phone,narrative\n"
    rows = "A-1,2026-10-02,2026-09,KH,012 345 678,words\nA-2,2026-10-05T08:00:00Z,,KH,012 345 678,more\n"
    (tmp_path / "r.csv").write_text(head + rows, encoding="utf-8")
    assert last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))["taken"] == 6
    again = last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    assert (again["taken"], again["duplicate"]) == (0, 6)
    for name in ("ask", "show"):
        seen = last(run(name, "phone:+85512345678"))["seen"]
        assert seen["happened"] == {"first": "2026-09", "last": "2026-09"}  # type: ignore[index]
        assert seen["reported"] == {"first": "2026-10-02", "last": "2026-10-05"}  # type: ignore[index]
    (tmp_path / "asked.csv").write_text("phone\n+85512345678\n+666681234567\n+66812345678\n", encoding="utf-8")
    last(run("bulk", str(tmp_path / "asked.csv"), "--workers", "0", "--out", str(tmp_path / "told.csv")))
    with (tmp_path / "told.csv").open(encoding="utf-8", newline="") as file:
        told = list(csv.DictReader(file))
    clocks = [[row[f"{clock}_{end}"] for clock in ("happened", "reported") for end in ("first", "last")] for row in told]
    assert clocks == [["2026-09", "2026-09", "2026-10-02", "2026-10-05"], [""] * 4, [""] * 4]
    assert [row["warnings"] for row in told] == ["", "not-in-plan", ""]


def test_no_count_of_sources_contradicts_who_said_it(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,victim_phone,narrative\nA-1,2026-10-02,KH,012 345 678,words\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    said = run("ask", "012 345 678", json_=False).stdout
    assert "said by centre.a.example" in said
    assert "independent sources for the role: 0" not in said
    assert "; 1 source\n" in said


def test_an_entity_is_shown_with_its_newest_statements_unless_all_are_asked_for(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"A-{number},2026-10-02,KH,012 345 678,words {number}\n" for number in range(30))
    (tmp_path / "r.csv").write_text("reference,reported_at,country,scam_phone,narrative\n" + rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    few, every = (run("show", "phone:+85512345678", *more, json_=False).stdout for more in ([], ["--all"]))
    assert (few.count("  - "), every.count("  - ")) == (20, 31)
    assert "... and 11 more: saksi show phone:+85512345678 --all" in few
    assert "more:" not in every


def test_the_roles_of_both_sides_stand_before_all_other_statements(run: Run, tmp_path: Path) -> None:
    rows = "".join(f"A-{number},2026-10-02,KH,{phones},words\n" for number, phones in enumerate(["012 345 678,", *[",012 345 678"] * 40]))
    (tmp_path / "r.csv").write_text("reference,reported_at,country,scam_phone,victim_phone,narrative\n" + rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    for words, listed in (("ask", 5), ("show", 20)):
        shown = run(words, "phone:+85512345678", json_=False).stdout.split("\n  - ")[1:]
        props = [each.split("\n")[0] for each in shown]
        roles = {each for each in props if each.startswith("role ")}
        assert len(shown) == listed
        assert len(roles) == 2
        assert set(props[:2]) == roles


def test_showing_a_value_says_what_to_type_instead(listed: Run) -> None:
    refused = listed("show", "Bad.example.net").exception
    assert isinstance(refused, BadInput)
    assert refused.todo == "saksi show host:bad.example.net"


def test_a_refused_value_among_others_has_a_line_of_its_own(listed: Run) -> None:
    made = [json.loads(text) for text in listed("ask", "bad.example.net", "\x00").stdout.splitlines()]
    assert [(one["query"], one.get("error")) for one in made] == [("bad.example.net", None), ("\x00", "BadInput")]


def test_a_regrade_shows_in_the_answer_and_another_take_does_not_undo_it(listed: Run, tmp_path: Path) -> None:
    answer = last(listed("ask", "worse.example.org"))
    ref = next(one["ref"] for one in answer["statements"] if one["prop"] == "role")  # type: ignore[attr-defined]
    last(listed("amend", "regrade", ref, "--grade", "A1", "--reason", "seen by us"))
    last(listed("take", str(tmp_path / "global-anti-scam.txt")))
    after = last(listed("ask", "worse.example.org"))
    assert [one["grade"] for one in after["statements"] if one["ref"] == ref] == ["A1"]  # type: ignore[attr-defined]


def test_a_proof_verifies_with_nothing_but_the_key(listed: Run, tmp_path: Path) -> None:
    made = last(listed("prove", "bad.example.net", "--out", str(tmp_path / "proof.json")))
    (tmp_path / "elsewhere").mkdir()
    runner = CliRunner()
    words = ["--home", str(tmp_path / "elsewhere"), "--json", "verify", str(tmp_path / "proof.json"), "--key", str(made["key"])]
    good = runner.invoke(saksi, words, standalone_mode=False)
    assert good.exception is None
    assert json.loads(good.stdout.splitlines()[0])["verified"] is True
    text = (tmp_path / "proof.json").read_text(encoding="utf-8")
    (tmp_path / "proof.json").write_text(text.replace("bad.example.net", "mad.example.net"), encoding="utf-8")
    bad = runner.invoke(saksi, words, standalone_mode=False)
    assert isinstance(bad.exception, Unproved)
    assert "its words may have been changed" in bad.exception.todo


def test_a_group_can_be_kept_out_of_a_proof(listed: Run, tmp_path: Path) -> None:
    made = last(listed("prove", "bad.example.net", "--hide", "source", "--out", str(tmp_path / "proof.json")))
    assert "Global Anti-Scam" not in (tmp_path / "proof.json").read_text(encoding="utf-8")
    words = ["verify", str(tmp_path / "proof.json"), "--key", str(made["key"])]
    assert "source: (not shown)" in CliRunner().invoke(saksi, words, standalone_mode=False).stdout


def test_checkpoint_and_log_verify(listed: Run, tmp_path: Path) -> None:
    made = last(listed("checkpoint"))
    (tmp_path / "point").write_text(str(made["checkpoint"]), encoding="utf-8")
    for words in (["--checkpoint", str(tmp_path / "point")], ["--log", str(tmp_path / "home" / "ledger" / "log")]):
        result = CliRunner().invoke(saksi, ["--json", "verify", *words, "--key", str(made["key"])], standalone_mode=False)
        assert result.exception is None, result.exception
        assert json.loads(result.stdout)["verified"] is True


def test_fsck_is_clean_and_finds_a_flipped_bit(listed: Run, tmp_path: Path) -> None:
    assert last(listed("fsck"))["ok"] is True
    path = tmp_path / "home" / "ledger" / "vault" / "vault.data"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    found = listed("fsck")
    assert found.return_value == 5
    assert json.loads(found.stdout)["differences"]


def test_bulk_answers_every_row_or_says_why_not(listed: Run, tmp_path: Path) -> None:
    (tmp_path / "ask.csv").write_text("n,value\n1,bad.example.net\n2,good.example.com\n3,%%%\n", encoding="utf-8")
    made = last(listed("bulk", str(tmp_path / "ask.csv"), "--column", "value", "--workers", "0", "--out", str(tmp_path / "out.jsonl")))
    assert (made["answered"], made["known"], made["rejected"]) == (2, 1, 1)
    statuses = [json.loads(text)["status"] for text in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert statuses == ["known", "unknown"]


def test_answers_are_never_written_over_the_questions(listed: Run, tmp_path: Path) -> None:
    (tmp_path / "ask.csv").write_text("value\nbad.example.net\n", encoding="utf-8")
    assert isinstance(listed("bulk", str(tmp_path / "ask.csv"), "--out", str(tmp_path / "ask.csv")).exception, BadInput)
    assert isinstance(listed("bulk", str(tmp_path / "ask.csv"), "--kind", "zzz").exception, BadInput)
    assert (tmp_path / "ask.csv").read_text(encoding="utf-8") == "value\nbad.example.net\n"


def test_doctor_notices_a_key_that_is_not_the_logs(listed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAKSI_AUTHORITY", "other.b.example")
    found = listed("doctor")
    assert found.return_value == 5


def test_an_error_survives_the_way_from_one_process_to_another() -> None:
    fault = pickle.loads(pickle.dumps(BadInput("a", where="b", todo="c")))
    assert (type(fault), fault.what, fault.where, fault.todo) == (BadInput, "a", "b", "c")


def test_erasing_a_victim_leaves_nothing_to_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "reports.csv").write_text(
        "reference,reported_at,country,victim_phone,scam_host,narrative\nA-1,2026-01-02,KH,012 345 678,bad.example.net,secret words\n",
        encoding="utf-8",
    )
    last(run("take", "--source", "report-desk", str(tmp_path / "reports.csv")))
    asked = last(run("ask", "012 345 678"))
    assert asked["status"] == "known"
    assert asked["flagged"] is False
    last(run("erase", asked["statements"][0]["ref"], "--ground", "request of the person", "--yes"))  # type: ignore[index]
    assert last(run("ask", "012 345 678"))["status"] == "unknown"
    assert last(run("fsck"))["ok"] is True
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert b"secret words" not in path.read_bytes(), path
            assert b"85512345678" not in path.read_bytes(), path


def test_erasing_an_entity_takes_all_that_is_said_about_it(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,scam_phone,victim_phone,narrative"
    (tmp_path / "r.csv").write_text(f"{rows}\nA-1,2026-01-02,KH,+855 12 100 001,012 345 678,secret words\n", encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    assert last(run("ask", "+85512100001"))["status"] == "known"
    last(run("erase", "phone:+85512100001", "--ground", "decision 7", "--yes"))
    assert last(run("ask", "+85512100001"))["status"] == "unknown"
    assert last(run("fsck"))["ok"] is True
    for path in (tmp_path / "home").rglob("*"):
        assert not path.is_file() or b"85512100001" not in path.read_bytes(), path


def test_erasing_reads_a_value_as_asking_does_and_says_what_it_read(run: Run, tmp_path: Path) -> None:
    rows = "reference,reported_at,country,victim_phone,narrative\nA-1,2026-10-02,KH,012 345 678,secret words\n"
    (tmp_path / "r.csv").write_text(rows, encoding="utf-8")
    last(run("take", "--source", "report-desk", str(tmp_path / "r.csv")))
    ground = ("--ground", "request of the person")
    kept = run("erase", "012 345 678", *ground, json_=False)  # nobody is there to say yes
    assert isinstance(kept.exception, BadInput)
    assert "--yes" in kept.exception.todo
    assert last(run("ask", "012 345 678"))["status"] == "known"
    assert "012 345 678 is read as phone:+85512345678." in kept.stdout
    made = run("erase", "012 345 678", "--country", "KH", *ground, "--yes")
    assert last(made)["what"] == "phone:+85512345678"
    assert last(run("ask", "012 345 678"))["status"] == "unknown"
    again = run("erase", "012 345 678", *ground, "--yes", json_=False)
    assert again.return_value == 1
    assert "nothing is recorded about phone:+85512345678" in again.stdout


def test_an_erasure_answered_with_no_erases_nothing_and_exits_with_1(listed: Run, tmp_path: Path) -> None:
    words = ["--home", str(tmp_path / "home"), "erase", "bad.example.net", "--ground", "decision 7"]
    result = CliRunner().invoke(saksi, words, input="n\n", standalone_mode=False)
    assert result.return_value == 1
    assert "nothing was erased" in result.stdout
    assert last(listed("ask", "bad.example.net"))["status"] == "known"


def test_an_outcome_is_kept_once_and_a_false_alarm_makes_it_contested(listed: Run) -> None:
    first = last(listed("outcome", "bad.example.net", "false-alarm", "--by", "bank.b.example"))
    assert first["duplicate"] is False
    assert last(listed("ask", "bad.example.net"))["status"] == "contested"


def test_a_rebuild_from_nothing_gives_the_same_answer(listed: Run) -> None:
    before = last(listed("ask", "bad.example.net"))
    last(listed("fold", "--rebuild"))
    assert last(listed("ask", "bad.example.net")) == before


def test_a_backup_comes_back_with_the_same_answers(listed: Run, tmp_path: Path) -> None:
    (tmp_path / "one").write_text("correct horse battery\n", encoding="utf-8")
    (tmp_path / "two").write_text("another long passphrase\n", encoding="utf-8")
    words = ["--passphrase-file", str(tmp_path / "one"), "--keys-passphrase-file", str(tmp_path / "two")]
    before = last(listed("ask", "bad.example.net"))
    last(listed("backup", str(tmp_path / "node"), *words))
    other = ["--home", str(tmp_path / "other"), "--json"]
    runner = CliRunner()
    back = runner.invoke(saksi, [*other, "restore", str(tmp_path / "node"), *words, "--newest"], standalone_mode=False)
    assert last(back)["may_sign"] is True
    assert last(runner.invoke(saksi, [*other, "ask", "bad.example.net"], standalone_mode=False)) == before
    assert last(runner.invoke(saksi, [*other, "fsck"], standalone_mode=False))["ok"] is True
    read_only = ["--home", str(tmp_path / "reading"), "--json"]
    assert last(runner.invoke(saksi, [*read_only, "restore", str(tmp_path / "node"), *words], standalone_mode=False))["may_sign"] is False
    assert last(runner.invoke(saksi, [*read_only, "ask", "bad.example.net"], standalone_mode=False)) == before
    refs = [one["ref"] for one in before["statements"]]  # type: ignore[attr-defined]
    amend = [*read_only, "retract", refs[0], "--reason", "x"]
    assert isinstance(runner.invoke(saksi, amend, standalone_mode=False).exception, SaksiError)
    swapped = ["--passphrase-file", str(tmp_path / "two"), "--keys-passphrase-file", str(tmp_path / "one")]
    third = ["--home", str(tmp_path / "third"), "restore", str(tmp_path / "node"), *swapped]
    assert isinstance(runner.invoke(saksi, third, standalone_mode=False).exception, SaksiError)


def test_init_refuses_a_home_that_is_in_use(run: Run) -> None:
    assert isinstance(run("init", "--authority", "centre.b.example").exception, BadInput)


def test_every_command_loads_and_documents_itself() -> None:
    context = click.Context(saksi)
    for name in _COMMANDS:
        command = saksi.get_command(context, name)
        assert command is not None
        assert command.help, name


def test_a_typing_slip_is_met_with_a_suggestion() -> None:
    result = CliRunner().invoke(saksi, ["aks", "x"], standalone_mode=False)
    assert "Did you mean 'ask'?" in str(result.exception)


def test_each_file_that_is_refused_is_named_with_what_to_do_next(run: Run, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    (one / "r.xlsx").write_bytes(b"PK\x03\x04 and no more")
    (other / "r.jsonl").write_text("[" * 100_000 + "\n", encoding="utf-8")
    (other / "r.csv").write_text("reference,scam_phone\nR1,+85512345678\n", encoding="utf-8")
    files = [str(one / "r.xlsx"), str(other / "r.jsonl"), str(other / "r.csv"), str(one / "r.csv")]
    made = run("take", *files, "--source", "report-desk")
    assert made.return_value == 2
    told = [json.loads(text) for text in made.stderr.splitlines()]
    assert [sorted(one) for one in told] == [["error", "todo", "what", "where"]] * 3
    assert [one["where"] for one in told] == [files[0], f"{files[1]}, line 1", files[3]]
    assert all(one["todo"] for one in told)
    assert last(made) == {"files": 4, "refused": 3, "taken": 3, "duplicate": 0, "rejected": 0, "erased": 0}
    in_words = run("take", *files, "--source", "report-desk", json_=False).stderr
    assert in_words.count("refused: ") == in_words.count("  next: ") == 3
    alone = run("take", files[0], "--source", "report-desk").exception
    assert isinstance(alone, BadInput)
    assert (alone.where, bool(alone.todo)) == (files[0], True)
