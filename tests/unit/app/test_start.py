"""An officer's look-up starts at once: nothing heavy that it does not need is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def test_a_closed_pipe_ends_what_only_prints_and_nothing_that_talks_to_others() -> None:
    asked = (
        "import signal, sys; from saksi.app.cli import main; sys.argv = ['saksi', *sys.argv[1:], '--help']\n"
        "try: main()\n"
        "finally: print(signal.getsignal(signal.SIGPIPE).name, file=sys.stderr)"
    )
    told = {
        word: subprocess.run([sys.executable, "-c", asked, word], capture_output=True, text=True, timeout=60, check=True).stderr.split()[-1]
        for word in ("ask", "feed", "post", "verify", "take", "serve")
    }
    assert told == {"ask": "SIG_DFL", "feed": "SIG_DFL", "post": "SIG_IGN", "verify": "SIG_IGN", "take": "SIG_IGN", "serve": "SIG_IGN"}
