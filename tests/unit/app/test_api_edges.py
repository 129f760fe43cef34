"""The API at its edges: addresses that no tile has, links to ids of any script, answers that cannot be kept."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from calls import SETTINGS, Served, apart
from starlette.requests import Request
from starlette.types import Message

from saksi.app.api.keys import Role
from saksi.app.api.replay import Replay, Stored
from saksi.app.api.wire import next_link
from saksi.ledger.disk import LocalDisk
from saksi.ledger.source import LogFolder


@pytest.mark.parametrize("place", ["0", "entries"])
def test_a_tile_whose_number_no_file_reaches_is_not_there(tmp_path: Path, place: str) -> None:
    for name in ("bundles.idx", "entries.data", "level0.hashes"):
        (tmp_path / name).write_bytes(bytes(64))
    assert LogFolder(tmp_path, LocalDisk()).get(f"tile/{place}/{'x999/' * 6}999") is None


@pytest.mark.parametrize("name", ["handle:telegram:ជួយ", "url:https://a.example/?b=c#d", 'host:a">.example'])
def test_the_link_to_the_next_page_names_the_same_entity_in_any_script(name: str) -> None:
    path = f"/api/v1/entities/{name}"
    scope = {"type": "http", "path": path, "query_string": b"at=7&cursor=old", "headers": [(b"host", b"localhost")], "method": "GET"}
    link = next_link(Request(scope), "new")["Link"]
    target = link.encode("latin-1").decode().removeprefix("<").removesuffix('>; rel="next"')
    assert unquote(urlsplit(target).path) == path
    assert parse_qs(urlsplit(target).query) == {"at": ["7"], "cursor": ["new"]}


def test_where_an_answer_cannot_be_kept_the_request_may_be_sent_again(tmp_path: Path) -> None:
    replay = Replay(tmp_path / "replay.db", key=bytes(32), now=lambda: 0.0)
    assert replay.begin("key", "K", b"asked") is None
    with sqlite3.connect(tmp_path / "replay.db") as other:
        other.execute("DROP TABLE answer")
        other.execute("CREATE TABLE answer (name BLOB PRIMARY KEY, asked BLOB, made REAL, said BLOB CHECK (false))")
    other.close()
    with pytest.raises(sqlite3.Error):
        replay.end("key", "K", asked=b"asked", said=Stored(201, b"{}"))
    assert replay.begin("key", "K", b"asked") is None
    replay.close()


@pytest.mark.parametrize(
    ("path", "media"),
    [("takes?name=reports.csv", "text/csv"), ("retractions", "application/json"), ("/sign-in", "application/x-www-form-urlencoded")],
)
def test_who_hangs_up_with_half_a_body_leaves_no_word_in_the_log(
    tmp_path: Path, path: str, media: str, caplog: pytest.LogCaptureFixture
) -> None:
    served = Served(tmp_path, SETTINGS)
    keyed = served.with_key(Role.INTAKE if path.startswith("takes") else Role.ANALYST).headers
    told = {**keyed, "Host": "localhost", "Content-Type": media}
    target = urlsplit(f"/api/v1/{path}" if not path.startswith("/") else path)
    scope = {
        "type": "http",
        "method": "POST",
        "path": target.path,
        "query_string": target.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
        "client": ("192.0.2.7", 5000),
    }
    comes, said = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]), []

    async def call() -> None:
        async def receive() -> Message:
            return next(comes)

        async def send(message: Message) -> None:
            said.append(message.get("status"))

        await served.app(scope, receive, send)

    apart(call)
    served.close()
    assert next(comes, None) is None, "it was read to its end"
    assert said[0] == 400, "which nobody hears, and counts as the caller's"
    assert not caplog.records
    assert not list(served.desk.spool.iterdir())
