"""Papers are laid out beside the process that asks for them, one after the other, whatever becomes of the one that lays them out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import active_children
from pathlib import Path

import pytest

from saksi.exchange import printer
from saksi.exchange.printer import _Printer, made_pdf
from saksi.model import BadInput, SaksiError

PAGE = "<!doctype html><html lang=en><title>x</title><body>{}"
NONE = Path("/nowhere")


def at_work() -> int:
    return next(each.pid for each in active_children() if each.name == "printer" and each.pid is not None)


def test_a_paper_is_laid_out_beside_this_process() -> None:
    assert made_pdf(PAGE.format("one"), NONE).startswith(b"%PDF-")
    assert at_work() != os.getpid()
    script = "import sys; import saksi.exchange.printer, saksi.exchange.deliver; print('weasyprint' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={**os.environ})
    assert said.stdout.strip() == "False", "the library is loaded where look-ups are answered"


def test_papers_asked_for_at_once_come_one_by_one_each_to_whom_it_belongs() -> None:
    def long(words: int) -> int:
        return len(made_pdf(PAGE.format("word " * words * 400), NONE))

    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(long, [1, 40, 1, 40]))
    assert sizes[0] == sizes[2] < sizes[1] == sizes[3]


def test_who_lays_papers_out_is_started_again_where_it_was_killed() -> None:
    made_pdf(PAGE.format("one"), NONE)
    os.kill(at_work(), signal.SIGKILL)
    assert made_pdf(PAGE.format("two"), NONE).startswith(b"%PDF-")


def test_what_a_page_may_not_ask_for_is_refused_and_the_next_page_is_made() -> None:
    made_pdf(PAGE.format("one"), NONE)
    before = at_work()
    with pytest.raises(BadInput, match="loads nothing"):
        made_pdf(PAGE.format("<img src='file:///etc/passwd'>"), NONE)
    with pytest.raises(SaksiError, match="could not be laid out: TypeError"):
        made_pdf(None, NONE)  # type: ignore[arg-type]
    assert made_pdf(PAGE.format("two"), NONE).startswith(b"%PDF-")
    assert at_work() == before


def test_a_paper_that_takes_too_long_is_given_up_and_so_is_one_that_ends_the_process_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _Printer()
    monkeypatch.setattr(printer, "_LONGEST", 0.05)
    said = mine.made(PAGE.format("word " * 400_000), NONE)
    assert isinstance(said, SaksiError)
    assert "within 0 seconds" in said.what
    monkeypatch.setattr(printer, "_LONGEST", 60.0)
    monkeypatch.setattr(_Printer, "_asked", lambda *_: (_ for _ in ()).throw(EOFError))
    with pytest.raises(SaksiError, match="what lays it out ended"):
        mine.made(PAGE.format("one"), NONE)


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = (
        "import os, sys, multiprocessing as m, pathlib\n"
        "from saksi.exchange.printer import made_pdf\n"
        "if __name__ == '__main__':\n"
        f"    made_pdf({PAGE.format('one')!r}, pathlib.Path('/nowhere'))\n"
        "    print(m.active_children()[0].pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "asks.py"
    path.write_text(script)
    pid = int(subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False).stdout)
    end = time.monotonic() + 20
    while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < end, "it goes on alone"
        time.sleep(0.02)
