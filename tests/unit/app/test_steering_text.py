"""Text that steers a terminal: refused where somebody gives a reason, spelled out where the command line shows what others wrote."""

from __future__ import annotations

import io
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from desked import Desked
from test_cli import HOSTS, Run, last, listed, run  # noqa: F401
from test_withdrawing import BODY, Real, real, roles  # noqa: F401
from test_work_api import _posted

from saksi.app.api.keys import Role
from saksi.app.cli.say import failed, progress, words
from saksi.app.kept_out import KeptOut
from saksi.app.reason import check_reason
from saksi.model import BadInput

STEERING = ("\x1b[2J", "\x1b]0;owned\x07", "\u202e", "\u2066", "\x85", "\x9b31m", "\u2028")


@pytest.mark.parametrize("sign", STEERING)
def test_a_reason_that_steers_is_refused(real: Real, sign: str) -> None:  # noqa: F811
    analyst = real.with_key(Role.ANALYST)
    refs = roles(analyst)
    for path, body in (
        ("retractions", {**BODY, "reason": f"a{sign}b"}),
        ("amendments", {"op": "expire", "refs": refs, "reason": f"a{sign}b"}),
    ):
        refused = analyst.post(f"/api/v1/{path}", json=body)
        assert (refused.status_code, refused.json()["where"]) == (400, "reason")
    refused = real.with_key(Role.APPROVER).post("/api/v1/erasures", json={"what": "012345678", "ground": f"a{sign}b"})
    assert (refused.status_code, refused.json()["where"]) == (400, "ground")
    assert roles(analyst) == refs


@pytest.mark.parametrize("sign", [*STEERING, "\0"])
def test_no_entry_of_a_case_steers(tmp_path: Path, sign: str) -> None:
    with closing(Desked(tmp_path / "node")) as desk:
        lee, text = desk.person("Lee", "analyst"), f"a{sign}b"
        refused = _posted(lee, "/api/v1/cases", {"title": text})
        assert (refused.status_code, refused.json()["where"], refused.json()["todo"]) == (400, "title", "write it in plain words")
        page = lee.post("/cases", {"title": text})
        assert (page.status_code, "is a control character" in page.text, sign in page.text) == (400, True, False)
        have = desk.case("Lee")
        for body in ({"word": "note", "text": text}, {"word": "task", "task": text, "text": "b"}):
            refused = _posted(lee, f"/api/v1/cases/{have.id}/entries", {**body, "head": have.head})
            assert (refused.status_code, refused.json()["where"]) == (400, "text" if body["word"] == "note" else "task")
        assert lee.get(f"/api/v1/cases/{have.id}?purpose=x").json()["case"]["head"] == have.head


def test_words_in_any_script_and_on_several_lines_are_a_reason() -> None:
    for text in ("ធនាគារ\u200bបាន", "លេខ\nของธนาคาร", "one\r\ntwo", "می\u200cخواهم"):
        assert check_reason(text, "reason") == text
    with pytest.raises(BadInput, match=r"U\+001B"):
        KeptOut("a\x1bb")


def test_the_command_line_refuses_it_too(listed: Run) -> None:  # noqa: F811
    before = last(listed("ask", HOSTS[0]))
    ref = before["statements"][0]["ref"]  # type: ignore[index]
    for given in (["retract", ref, "--reason", "a\x1bb"], ["amend", "expire", ref, "--reason", "a\u202eb"]):
        assert isinstance(listed(*given).exception, BadInput)
    assert isinstance(listed("erase", HOSTS[0], "--ground", "a\x9bb", "--yes").exception, BadInput)
    assert last(listed("ask", HOSTS[0])) == before


@pytest.mark.parametrize("sign", [*STEERING, "\r"])
def test_what_others_wrote_is_spelled_out(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    words(f"a{sign}b\nc")
    failed(BadInput(f"a{sign}b", where=f"c{sign}d", todo=f"e{sign}f"), as_json=False)
    said = "".join(capsys.readouterr())
    assert not any(char in said for char in (*STEERING, "\x1b", "\x07", "\r"))
    assert said.count(f"[U+{ord(sign[0]):04X}]") == 4
    assert said.splitlines()[0].endswith("b[U+000A]c")  # a line of somebody's own making is none of ours


def test_a_progress_bar_shows_a_hostile_name_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", made := Terminal())
    with progress("taking in [/b][red]\u202e\x9bgnp.exe") as watch:
        watch(1, 2)
    assert "[/b][red][U+202E][U+009B]gnp.exe" in made.getvalue()


def test_a_refused_file_name_is_spelled_out(tmp_path: Path) -> None:
    given = [tmp_path / "a\x1b[31m.txt", tmp_path / "b\u202e.txt"]
    home = ["--home", str(tmp_path / "home")]
    from saksi.app.cli import saksi

    assert CliRunner().invoke(saksi, [*home, "init", "--authority", "centre.a.example"]).exit_code == 0
    for path in given:
        path.write_bytes(b"\0")
    made = CliRunner().invoke(saksi, [*home, "take", *map(str, given)], standalone_mode=False)
    assert "[U+001B][31m.txt" in made.output
    assert "[U+202E]" in made.output
    assert "\x1b" not in made.output
