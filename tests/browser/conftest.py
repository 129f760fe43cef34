"""A real server on loopback, Debian's Chromium with a fresh profile, and the page elements as built."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A node of invented data, served by a process of its own."""
    home = tmp_path_factory.mktemp("home")
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests/unit/app'}"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("served.py")), str(home)], stdout=subprocess.PIPE, text=True, env=env
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("http://127.0.0.1:"), line
    for _ in range(50):
        with urllib.request.urlopen(line + "healthz") as answer:
            if answer.status == 200:
                break
        time.sleep(0.1)
    yield line.rstrip("/")
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, or a skip with the reason."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium is installed at /usr/bin/chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A profile of its own for each test."""
    made = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page on which no error may be logged."""
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda fault: errors.append(str(fault)))
    made.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield made
    expected = [each for each in errors if "status of 4" not in each]
    assert not expected
