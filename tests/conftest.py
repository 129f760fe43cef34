"""What every test may use, and the time that each room's tests took."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_ROOMS = ("model", "observables", "formats", "sources", "ledger", "views", "screen", "actions", "cases", "exchange", "app")
_ALIASES = {"log": "ledger", "vault": "ledger", "house": "other"}
_spent: dict[str, float] = defaultdict(float)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `../shared` (data of others, never copied here), or a skip with the reason."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not beside this checkout: tests on others' data are left out")
    return folder


def room(nodeid: str) -> str:
    """The budget a test counts towards: its folder under tests/, or the room whose name its path holds."""
    parts = Path(nodeid.partition("::")[0]).parts
    for place in ("crash", "browser", "docs"):
        if place in parts:
            return place
    words = [_ALIASES.get(word, word) for part in parts for word in part.removesuffix(".py").split("_")]
    return next((name for name in _ROOMS if name in words), "other")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add each phase of each test to its room."""
    _spent[room(report.nodeid)] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run where a room is over its budget (not for a nightly run, which has none)."""
    if hasattr(session.config, "workerinput") or "nightly or not nightly" in session.config.getoption("markexpr", ""):
        return
    if any(seconds > _budget(name) for name, seconds in _spent.items()) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the time of each room beside its budget."""
    terminalreporter.section("time by room")
    for name in sorted(_spent):
        over = "  OVER BUDGET" if _spent[name] > _budget(name) else ""
        terminalreporter.write_line(f"{name:<12} {_spent[name]:7.1f} s of {_budget(name):.0f}{over}")


def _budget(name: str) -> float:
    table = tomllib.loads((ROOT / "checks" / "budgets.toml").read_text(encoding="utf-8"))
    return float(table[name])
