"""The requests in the guide to the API get the answers that it shows, from a node that really serves."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from test_docs import differs

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "api.md").read_text(encoding="utf-8")


def saksi(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The command line as a process of its own, and its environment."""
    env = {**os.environ, "SAKSI_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT / "src")}
    return [sys.executable, "-m", "saksi.app.cli"], env


@pytest.fixture
def node(tmp_path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """A node with the page's file and keys in it, serving on a free port of this machine."""
    (body,) = re.findall(r":caption: march.csv\n\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "march.csv").write_text(body, encoding="utf-8")
    command, env = saksi(tmp_path)
    keys = []
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL):
        for line in re.findall(r"^\$ saksi (.*)$", block, re.MULTILINE):
            done = subprocess.run([*command, *shlex.split(line)], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
            keys += re.findall(r"^saksi_[0-9a-f]{8}_\S+$", done.stdout, re.MULTILINE)
    with subprocess.Popen([*command, "serve", "--port", "0"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            found = re.search(r"http://127\.0\.0\.1:(\d+)/", serving.stdout.readline())
            assert found, "the node does not say where it serves"
            yield int(found[1]), {"KEY": keys[0], "AUDIT": keys[1]}
        finally:
            serving.terminate()


def test_requests_get_the_answers_shown(node: tuple[int, dict[str, str]], tmp_path: Path) -> None:
    port, keys = node
    ran = 0
    for block in re.findall(r"```shell-session\n(.*?)```", PAGE, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            said = ask(shlex.split(command), port, keys, tmp_path)
            differs(command, shown, said)
            ran += 1
    assert ran == 10


def test_what_is_sent_again_is_done_once(node: tuple[int, dict[str, str]]) -> None:
    port, keys = node
    headers = {"Authorization": f"Bearer {keys['KEY']}", "Saksi-Purpose": "preventing a loss", "Idempotency-Key": "k"}
    body = b"reference,scam_phone,country\n9,012 345 679,KH\n"
    first, again, other = (send(port, "POST", "/api/v1/takes?name=april.csv", headers, each) for each in (body, body, b"x" + body))
    assert first[0] == 201 and first[2] == again[2]
    assert again[1]["idempotency-replayed"] == "true"
    assert other[0] == 422 and b"/problems/key-reused" in other[2]
    status, told, _ = send(port, "GET", "/api/v1/lookup?value=012345679", headers, None)
    assert status == 200
    assert send(port, "GET", "/api/v1/lookup?value=012345679", {**headers, "If-None-Match": told["etag"]}, None)[0] == 304


def ask(words: list[str], port: int, keys: dict[str, str], folder: Path) -> str:
    """Do what curl would do with these words: the few of its options that the page uses."""
    assert words[0] == "curl"
    headers: dict[str, str] = {}
    body: bytes | None = None
    address = ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = re.sub(r"\b(KEY|AUDIT)$", lambda found: keys[found[1]], value)
        elif word == "-d":
            body = next(rest).encode()
        elif word == "--data-binary":
            body = (folder / next(rest).removeprefix("@")).read_bytes()
        else:
            assert not word.startswith("-"), word
            address = word
    parts = urlsplit(address)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return send(port, "GET" if body is None else "POST", target, headers, body)[2].decode()


def send(port: int, method: str, target: str, headers: dict[str, str], body: bytes | None) -> tuple[int, dict[str, str], bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request(method, target, body, headers)
        got = line.getresponse()
        return got.status, {name.lower(): value for name, value in got.getheaders()}, got.read()
    finally:
        line.close()
