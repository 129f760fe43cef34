"""How many files a server may have open: as many as it is allowed, and said where that is too few."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASKED = "from saksi.app.web.serve import let_open; print(let_open(2)); print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"


@pytest.mark.parametrize(
    ("soft", "hard", "after", "word"),
    [
        (64, 4_096, 4_096, "None"),
        (64, 1_280, 1_280, "None"),
        (64, 1_279, 1_279, "may have 1279 files open; with all the connections that it lets in it needs 1280"),
        (2_000, 2_000, 2_000, "None"),
    ],
)
def test_a_server_has_as_many_files_open_as_it_may(soft: int, hard: int, after: int, word: str) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); "
    told = subprocess.run([sys.executable, "-c", limit + ASKED], capture_output=True, text=True, check=True).stdout
    assert word in told
    assert told.splitlines()[-1] == str(after)
