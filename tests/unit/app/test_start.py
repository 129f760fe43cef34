"""An officer's look-up starts at once: nothing heavy that it does not need is loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

_LOADED = """
import json, sys
from saksi.app.cli import main
sys.argv = ["saksi", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    print(json.dumps({"code": end.code, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}), file=sys.stderr)
"""


def _run(*words: str) -> tuple[str, set[str]]:
    done = subprocess.run([sys.executable, "-c", _LOADED, *words], capture_output=True, text=True, timeout=120, check=True)
    told = json.loads(done.stderr.splitlines()[-1])
    assert told["code"] == 0, done.stderr
    return done.stdout, set(told["loaded"])


def test_ask_loads_no_tables_servers_or_engines(tmp_path: Path) -> None:
    listed = tmp_path / "global-anti-scam.txt"
    listed.write_text("login.scamshop.com\nscam-bank.net\n")
    home = ("--home", str(tmp_path / "home"))
    _run(*home, "init", "--authority", "centre.a.example")
    _run(*home, "take", str(listed))
    told, loaded = _run(*home, "--json", "ask", "login.scamshop.com")
    assert json.loads(told)["status"] == "known"
    assert not loaded & {"pyarrow", "duckdb", "fastapi", "phonenumbers", "pandas", "uvicorn", "openpyxl"}


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["ask"], True),
        (["feed"], True),
        (["request", "show"], False),
        (["take"], False),
        (["serve"], False),
        (["post"], False),
        (["verify"], False),
    ],
)
def test_a_closed_pipe_ends_what_only_prints_and_nothing_that_talks_to_others(words: list[str], ends: bool) -> None:
    """The command alone says which it is, and not a word after it; what runs in the process afterwards has its signal back."""
    asked = (
        "import signal, sys; from saksi.app.cli import main; sys.argv = ['saksi', *sys.argv[1:], '--help']\n"
        "try: main()\n"
        "finally: print(signal.getsignal(signal.SIGPIPE).name, file=sys.stderr)"
    )
    heard = subprocess.run([sys.executable, "-c", asked, *words], capture_output=True, text=True, timeout=60, check=True)
    assert heard.stderr.split()[-1] == "SIG_IGN"
    near, far = os.pipe()
    os.close(near)
    try:
        cut = subprocess.run([sys.executable, "-c", asked, *words], check=False, stdout=far, stderr=subprocess.PIPE, text=True, timeout=60)
    finally:
        os.close(far)
    assert (cut.returncode == -signal.SIGPIPE) is ends, cut.stderr
    assert ends is not bool(cut.stderr)
