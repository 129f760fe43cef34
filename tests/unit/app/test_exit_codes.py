"""Every exit code of the command line as docs/reference/errors.md has it: one row a way to end, on a node that really is in that state."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from saksi.app.cli import main, saksi
from saksi.app.cli.say import exit_code, failed
from saksi.model import BadInput, LedgerFault, NotAllowed, NotFound, NotReady, PeerFault, ReadOnly, SaksiError, Unproved

Change = Callable[[Path], None]
NOBODY = "0" * 64
OTHER = "other.b.example/saksi/1+5939559a+AbVoFMZGH+0WEnpH1v1ZB+/ytroCykhduPYY99HkTjzI"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a node of three statements, a proof, a checkpoint and the node's key. Tests work on copies."""
    folder = tmp_path_factory.mktemp("codes")
    (folder / "march.csv").write_text("reference,scam_phone,country,synthetic\n1,012 345 678,KH,true\n", encoding="utf-8")
    words = ["--authority", "centre.a.example", "--country", "KH", "--purpose", "tests", "--legal-basis", "Act 1 of A"]
    for line in (
        ["init", *words], ["take", str(folder / "march.csv"), "--source", "report-desk"],
        ["prove", "012 345 678", "--out", str(folder / "proof")],
    ):  # fmt: skip
        assert run(folder, *line)[0] == 0, line
    point = json.loads(run(folder, "--json", "checkpoint")[1])
    (folder / "point").write_text(point["checkpoint"], encoding="utf-8")
    (folder / "key").write_text(point["key"], encoding="utf-8")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(shutil.copytree(made, tmp_path / "node"))
    return tmp_path / "node"


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and what was said beside it, as `main` ends."""
    ended = CliRunner().invoke(saksi, ["--home", str(folder / "home"), *words], standalone_mode=False)
    if ended.exception is None:
        return (ended.return_value if isinstance(ended.return_value, int) else 0), ended.stdout, ended.stderr
    if isinstance(ended.exception, click.ClickException):
        return ended.exception.exit_code, ended.stdout, str(ended.exception)
    assert isinstance(ended.exception, SaksiError), ended.exception
    assert ended.exception.todo, f"{ended.exception!r} says nothing of what to do next"
    return failed(ended.exception, as_json=True), ended.stdout, str(ended.exception)


def nothing(_folder: Path) -> None:
    """Leave it as it is."""


def no_views(folder: Path) -> None:
    shutil.rmtree(folder / "home" / "views")


def no_node(folder: Path) -> None:
    shutil.rmtree(folder / "home")


def damaged(folder: Path) -> None:
    path = folder / "home" / "ledger" / "vault" / "vault.data"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def forged(folder: Path) -> None:
    """A bit of the newest checkpoint's signature turned."""
    path = folder / "home" / "ledger" / "log" / "checkpoints.log"
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)


def found_damaged(folder: Path) -> None:
    damaged(folder)
    assert run(folder, "fsck")[0] == 5


def other_root(folder: Path) -> None:
    """An entry that is whole, and not the one that was signed."""
    path = folder / "home" / "ledger" / "log" / "entries.data"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


def cut(name: str) -> Change:
    def cut_it(folder: Path) -> None:
        path = folder / "home" / "ledger" / "log" / name
        path.write_bytes(path.read_bytes()[:-3] if name == "entries.data" else b"")

    return cut_it


def changed(name: str, old: str, new: str) -> Change:
    def change_it(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change_it


LOG = ("verify", "--log", "home/ledger/log", "--key", "key")
TABLE: tuple[tuple[int, str, Change], ...] = (
    (0, "ask 012345678", nothing),
    (0, "verify proof --key key", nothing),
    (0, "verify --checkpoint point --key key", nothing),
    (0, " ".join(LOG), nothing),
    (0, "doctor", nothing),
    (0, "feed", nothing),
    (1, "ask 099999999", nothing),
    (1, f"show {NOBODY}", nothing),
    (1, "search zzzz", nothing),
    (1, "prove 099999999", nothing),
    (1, f"prove {NOBODY}", nothing),
    (1, "pack 099999999 --out a.pack.zip", nothing),
    (1, f"retract {NOBODY} --reason x", nothing),
    (1, "erase 099999999 --ground x --yes", nothing),
    (1, f"request show {'0' * 32}", nothing),
    (1, "key revoke 12345678", nothing),
    (1, "user disable nobody", nothing),
    (1, "alert pause w-000000000000", nothing),
    (1, "alert delete w-000000000000", nothing),
    (1, f"verify proof --key {OTHER}", nothing),
    (1, f"verify --checkpoint point --key {OTHER}", nothing),
    (1, f"verify --log home/ledger/log --key {OTHER}", nothing),
    (1, "verify proof --key key", changed("proof", "infrastructure", "infrastructurf")),
    (1, "verify --checkpoint point --key key", changed("point", "\n2\n", "\n3\n")),
    (1, " ".join(LOG), other_root),
    (2, "ask", nothing),
    (2, "ask %%%", nothing),
    (2, "verify march.csv --key key", nothing),
    (2, "verify proof --key zzz", nothing),
    (2, "verify proof", nothing),
    (2, "take none.csv", nothing),
    (2, "verify --log none --key key", nothing),
    (2, "erase 012345678 --ground x", nothing),
    (2, "--json erase 012345678 --ground x", nothing),
    (2, "retract --value 012345678 --publisher centre.a.example --reason x", nothing),
    (3, "ask 012345678", no_node),
    (3, "doctor", no_node),
    (3, "ask 012345678", no_views),
    (3, "search 8", no_views),
    (3, "feed", no_views),
    (3, "bulk march.csv --workers 0", no_views),
    (3, "doctor", no_views),
    (3, "serve --host 0.0.0.0", nothing),
    (4, "verify --log http://127.0.0.1:1/ --key key", nothing),
    (5, "fsck", damaged),
    (5, "fsck", forged),
    (5, "doctor", forged),
    (5, "doctor", found_damaged),
    (5, " ".join(LOG), cut("entries.data")),
    (5, " ".join(LOG), cut("checkpoints.log")),
)  # fmt: skip


@pytest.mark.parametrize(("code", "words", "change"), TABLE, ids=lambda each: getattr(each, "__name__", str(each)[:60]))
def test_every_way_to_end_has_its_code(folder: Path, code: int, words: str, change: Change) -> None:
    change(folder)
    ended, out, said = run(folder, *words.split())
    assert ended == code, f"{words}: {out}{said}"


def test_a_checkpoint_of_ours_that_cannot_be_believed_is_named(folder: Path) -> None:
    forged(folder)
    _, _, said = run(folder, "fsck")
    assert "checkpoints.log: the newest checkpoint cannot be believed" in said
    assert "from a mirror, or a backup" in said


@pytest.mark.parametrize("words", [f"show {NOBODY}", "search zzzz", "prove 099999999"])
def test_nothing_found_leaves_standard_output_to_json(folder: Path, words: str) -> None:
    ended, out, _ = run(folder, "--json", *words.split())
    assert (ended, out) == (1, "")


@pytest.mark.parametrize(
    ("words", "where", "what"),
    [
        ("verify nothere", "[FILE]", "File 'nothere' does not exist."),
        ("outcome 012345678 bad", "OUTCOME", "'bad' is not one of"),
        ("serve --port 99999", "--port", "99999 is not in the range"),
        ("aks 012345678", "", "No such command 'aks'. Did you mean 'ask'?"),
        ("ask", "", "Missing argument"),
        ("verify", "", "give one of"),
        ("ask --nothing 1", "", "No such option"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_wrong_use_is_said_as_every_refusal(
    words: str, where: str, what: str, as_json: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["saksi", *words.split(), *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as ended:
        main()
    out, said = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    if as_json:
        told = json.loads(said)
        assert (told["error"], told["where"]) == ("BadInput", where)
        assert what in told["what"]
        assert "--help` says how it is called" in told["todo"]
    else:
        assert said.startswith(f"refused: {where}: " if where else "refused: ")
        assert what in said
        assert "  next: `saksi" in said


@pytest.mark.parametrize("words", ["--json", "--json alert"])
def test_a_program_that_names_no_command_is_not_shown_the_help(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["saksi", *words.split()])
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().err)["what"] == "Missing command."


def test_what_an_erasure_and_a_withdrawal_would_do_is_told_to_a_program_that_does_not_say_yes(folder: Path) -> None:
    before = run(folder, "--json", "checkpoint")[1]
    code, out, said = run(folder, "--json", "erase", "012345678", "--ground", "decision 12")
    told = json.loads(out)
    assert (code, told["erased"], told["what"], told["statements"]) == (2, False, "phone:+85512345678", 3)
    assert "--yes" in said
    code, out, _ = run(folder, "--json", "retract", "--value", "012345678", "--publisher", "centre.a.example", "--reason", "x")
    would = json.loads(out)
    assert (code, would["entity"], would["refs"]) == (2, "phone:+85512345678", [])
    assert len(would["targets"]) == 2
    assert run(folder, "--json", "checkpoint")[1] == before, "nothing was done"
    code, out, _ = run(folder, "--json", "erase", "012345678", "--ground", "decision 12", "--yes")
    done = json.loads(out)
    assert (code, done["erased"]) == (0, True)
    assert {key: done[key] for key in told if key != "erased"} == {key: told[key] for key in told if key != "erased"}
    assert run(folder, "--json", "erase", "099999999", "--ground", "decision 12")[:2] == (1, "")


def test_a_port_in_use_is_said_with_what_to_do(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended, _, said = run(folder, "serve", "--port", str(taken.getsockname()[1]))
    assert ended == 3
    assert "another program listens" in said
    assert "--port" in said


def test_missing_views_are_mended_by_a_fold(folder: Path) -> None:
    no_views(folder)
    assert run(folder, "fold")[0] == 0
    assert run(folder, "doctor")[0] == 0


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (BadInput, 2), (NotFound, 1), (Unproved, 1), (NotAllowed, 3), (PeerFault, 4), (LedgerFault, 5), (NotReady, 3), (ReadOnly, 3),
        (SaksiError, 1),
    ],
)  # fmt: skip
def test_each_error_has_the_code_that_is_documented(kind: type[SaksiError], code: int) -> None:
    assert exit_code(kind("x")) == code


def test_a_feed_as_json_is_one_line_an_entry(folder: Path) -> None:
    (folder / "global-anti-scam.txt").write_text("bad.example.net\nworse.example.org\n", encoding="utf-8")
    assert run(folder, "take", str(folder / "global-anti-scam.txt"))[0] == 0
    ended, out, _ = run(folder, "feed", "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert ended == 0
    assert [each["entity"] for each in told] == ["host:bad.example.net", "host:worse.example.org"]
    assert all(each["refs"] and each["roles"] and each["recorded_since"] for each in told)


def test_a_clock_that_was_set_back_is_said_by_take_and_doctor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Before(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Before:
            return cls(2020, 1, 1, tzinfo=tz)

    (folder / "april.csv").write_text("reference,scam_phone,country,synthetic\n2,012 345 679,KH,true\n", encoding="utf-8")
    assert "  ok   clock: not before the newest entry" in run(folder, "doctor")[1]
    monkeypatch.setattr("saksi.app.recording.datetime", Before)
    assert "  MIND clock: the clock stands at 2020-01-01 00:00 UTC, before the newest entry" in run(folder, "doctor")[1]
    taken = json.loads(run(folder, "--json", "take", str(folder / "april.csv"), "--source", "report-desk")[1])
    assert taken["warnings"][0].startswith("the clock stands at 2020-01-01")


@pytest.mark.parametrize("when", ["31/12/2026", "notadate", "March 2026", "2099-01-01"])
def test_a_day_of_publication_that_is_none_is_refused_before_anything_is_written(folder: Path, when: str) -> None:
    (folder / "b.txt").write_text("bad.example.net\n", encoding="utf-8")
    before = run(folder, "--json", "checkpoint")[1]
    code, _, told = run(folder, "take", str(folder / "b.txt"), "--publisher", "Bank A", "--list", "hosts", "--published", when)
    assert (code, "published" in told) == (2, True), told
    assert run(folder, "--json", "checkpoint")[1] == before


def test_a_column_that_is_no_parquet_file_is_refused(folder: Path) -> None:
    (folder / "p.parquet").write_bytes(b"PAR1 and then nothing")
    code, _, told = run(folder, "bulk", str(folder / "p.parquet"), "--out", str(folder / "o.csv"))
    assert (code, "not a Parquet file that can be read" in told) == (2, True), told
