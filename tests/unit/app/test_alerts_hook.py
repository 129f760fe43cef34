"""Webhooks at hosts that mean no good: slow, redirecting, endless, failing, unproved, or that lead into our own network."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from alarm import hook, trickle

from saksi.app.alerts.hook import Call, Rung, allowed_networks, check_hook, ring, signature
from saksi.model import BadInput

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
CALL = Call("https://hook.a.example/in", "w-1.0.7", 1_780_000_000, b'{"type":"alert"}', SECRET)
HERE = (ip_network("127.0.0.0/8"),)


def rung(folder: Path, answer: Callable[..., None] | None = None, seconds: float = 5.0) -> tuple[Rung, list[bytes]]:
    """Ring a webhook that answers so."""
    with hook(folder) as there:
        if answer is not None:
            there.answer = answer
        call = replace(CALL, url=there.url)
        made = ring(call, networks=HERE, context=there.context, seconds=seconds, resolve=lambda *_: ["127.0.0.1"])
        return made, there.met


def test_a_call_is_signed_so_that_its_recipient_can_check_it(tmp_path: Path) -> None:
    made, met = rung(tmp_path)
    assert made == Rung(taken=True, again=False, said="it answered 204")
    head, _, body = met[0].partition(b"\r\n\r\n")
    told = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert body == CALL.body
    assert told[b"Webhook-Id"] == b"w-1.0.7"
    wanted = hmac.digest(b"k" * 32, b"w-1.0.7." + told[b"Webhook-Timestamp"] + b"." + body, "sha256")
    assert told[b"Webhook-Signature"] == b"v1," + base64.b64encode(wanted)
    assert signature(SECRET, "w-1.0.7", 1_780_000_001, body).encode() != told[b"Webhook-Signature"]


@pytest.mark.parametrize(
    ("answer", "again", "said"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n", True, "it answered 302: not followed"),
        (b"HTTP/1.1 500 Oh\r\n\r\n", True, "it answered 500"),
        (b"HTTP/1.1 410 Gone\r\n\r\n", False, "it answered 410"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", True, "its answer is not HTTP"),
        (b"\x00" * 50_000, True, "its answer is not HTTP"),
        (b"x" * 5_000 + b"\r\n", True, "its answer is not HTTP"),
        (b"", True, "its answer is not HTTP"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_success_is_told_in_our_own_words(tmp_path: Path, answer: bytes, again: bool, said: str) -> None:
    made, _ = rung(tmp_path, lambda line: line.sendall(answer))
    assert made == Rung(taken=False, again=again, said=said)


def test_a_body_without_end_is_not_read(tmp_path: Path) -> None:
    def endless(line: object) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")  # type: ignore[attr-defined]
        for _ in range(10_000):
            line.sendall(b"x" * 65_536)  # type: ignore[attr-defined]

    begun = time.monotonic()
    made, _ = rung(tmp_path, endless)
    assert made.taken
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("answer", [trickle, lambda line: time.sleep(2)])
def test_a_slow_answer_has_its_time_in_all_and_not_for_each_byte(tmp_path: Path, answer: Callable[..., None]) -> None:
    begun = time.monotonic()
    made, _ = rung(tmp_path, answer, seconds=1.0)
    assert made == Rung(taken=False, again=True, said="no answer within 1 seconds")
    assert time.monotonic() - begun < 4


def test_a_certificate_that_nobody_vouches_for_ends_the_call_before_anything_is_said(tmp_path: Path) -> None:
    with hook(tmp_path) as there:
        made = ring(replace(CALL, url=there.url), networks=HERE, resolve=lambda *_: ["127.0.0.1"])
        assert made == Rung(taken=False, again=True, said="its certificate cannot be verified")
        other = there.url.replace("hook.a.example", "other.a.example")
        made = ring(replace(CALL, url=other), networks=HERE, context=there.context, resolve=lambda *_: ["127.0.0.1"])
        assert made == Rung(taken=False, again=True, said="its certificate cannot be verified")
        assert not there.met


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.0.0.1"], ["192.168.1.1"], ["169.254.169.254"], ["0.0.0.0"], ["100.64.0.1"],
        ["224.0.0.1"], ["::1"], ["fe80::1%lo"],
        ["fc00::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["93.184.216.34", "127.0.0.1"], [],
    ],
)  # fmt: skip
def test_no_call_goes_into_a_network_that_was_not_allowed(addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("it connected")

    monkeypatch.setattr("socket.create_connection", never)
    made = ring(CALL, resolve=lambda *_: addresses)
    assert made == Rung(taken=False, again=True, said="its host has no address that webhooks may go to")


def test_the_address_that_was_judged_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    met: list[object] = []

    def note(place: object, **_: object) -> None:
        met.append(place)
        raise OSError

    monkeypatch.setattr("socket.create_connection", note)
    assert not ring(CALL, resolve=lambda *_: ["93.184.216.34", "1.1.1.1"]).taken
    assert ring(CALL, networks=allowed_networks("10.0.0.0/8"), resolve=lambda *_: ["10.0.0.1"]).again
    assert met == [("93.184.216.34", 443), ("10.0.0.1", 443)]


@pytest.mark.parametrize(
    "url",
    [
        "http://hook.a.example/", "https://user@hook.a.example/", "https://hook.a.example/#x", "https://", "ftp://hook.a.example/",
        "https://hook.a.example/ x", "https://hook.a.example/\r\nX: y", "https://hook.a.example:99999/", "https://hüok.example/", "/in",
        "https://a.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_https_address_cannot_be_a_webhook(url: str) -> None:
    with pytest.raises(BadInput):
        check_hook(url)


def test_a_setting_that_is_no_network_is_refused() -> None:
    assert allowed_networks("10.0.0.0/8, fd00::/8") == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    with pytest.raises(BadInput):
        allowed_networks("10.0.0.1/8")
