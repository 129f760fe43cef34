"""The mail server of the demonstration: it listens on this machine alone, keeps each mail as a file, and passes nothing on."""

from __future__ import annotations

import email
import email.policy
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from typing import cast

__all__ = ["Sink", "sinking"]

_LINE, _MOST = 2_000, 40_000_000
_SILENCE = 30.0


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    folder: Path
    turn: Lock
    count: int = 0

    def keep(self, data: bytes) -> None:
        """Put one mail into the folder, and the letters in it beside it."""
        with self.turn:
            self.count += 1
            stem = f"{self.count:02d}"
        (self.folder / f"{stem}.eml").write_bytes(data)
        for part in email.message_from_bytes(data, policy=email.policy.default).walk():
            letter = part.get_payload(decode=True)
            if part.get_content_type() == "application/pdf" and isinstance(letter, bytes):
                (self.folder / f"{stem}.pdf").write_bytes(letter)


class _Talk(socketserver.StreamRequestHandler):
    """One conversation (RFC 5321, as far as a client of ours speaks it)."""

    timeout = _SILENCE

    def handle(self) -> None:
        self._say("220 sink.example ready")
        while (line := self.rfile.readline(_LINE)).endswith(b"\n"):
            word = line[:4].upper().strip()
            if word in {b"EHLO", b"HELO"}:
                self._say("250 sink.example")
            elif word in {b"MAIL", b"RCPT", b"RSET", b"NOOP"}:
                self._say("250 OK")
            elif word == b"DATA":
                self._say("354 go on")
                if not self._take():
                    return
            else:
                self._say("221 bye" if word == b"QUIT" else "502 not spoken here")
                if word == b"QUIT":
                    return

    def _take(self) -> bool:
        lines, size = [], 0
        while (line := self.rfile.readline(_LINE)) != b".\r\n":
            size += len(line)
            if not line or size > _MOST:
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        cast(_Server, self.server).keep(b"".join(lines))
        self._say("250 OK kept")
        return True

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode("ascii"))


class Sink:
    """A server that runs: its port, and the folder where the mails lie."""

    def __init__(self, server: _Server) -> None:
        self.port = int(server.server_address[1])
        self.folder = server.folder


@contextmanager
def sinking(folder: Path) -> Iterator[Sink]:
    """Keep what is mailed to a port of this machine while the block runs; what lay in the folder stays."""
    folder.mkdir(parents=True, exist_ok=True)
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.folder, server.turn = folder, Lock()
        thread = Thread(target=server.serve_forever, args=(0.1,), name="mail sink", daemon=True)
        thread.start()
        try:
            yield Sink(server)
        finally:
            server.shutdown()
            thread.join(_SILENCE)
