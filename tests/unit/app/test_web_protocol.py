"""Connections that say nothing, or say it a byte at a time, do not stay."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from calls import apart
from uvicorn.server import ServerState

from saksi.app.web import protocol


async def _app(scope: object, receive: object, send: object) -> None:
    await asyncio.sleep(0.5)  # an answer may take longer than a head
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})  # type: ignore[operator]
    await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]


async def _said(*pieces: bytes, every: float) -> bytes:
    """What comes back, up to the end of the connection, while pieces are sent one by one."""
    config = uvicorn.Config(_app, lifespan="off", timeout_keep_alive=1)
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol.Punctual(config, state, {}), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    got = asyncio.create_task(reader.read())
    for piece in pieces:
        if got.done():
            break
        writer.write(piece)
        await asyncio.sleep(every)
    said = await asyncio.wait_for(got, 5)
    writer.close()
    server.close()
    assert not state.connections
    return said


@pytest.mark.parametrize("pieces", [(), (b"G",), tuple(bytes([each]) for each in b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 60)])
def test_a_head_that_does_not_come_ends_the_connection(pieces: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    assert b"200 OK" not in apart(lambda: _said(*pieces, every=0.02))


def test_an_answer_has_its_time_and_the_connection_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert apart(lambda: _said(head, head, every=0.8)).count(b"200 OK") == 2


def test_half_a_second_head_on_a_used_connection_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    assert apart(lambda: _said(head, b"GET / HT", every=0.8)).count(b"200 OK") == 1
