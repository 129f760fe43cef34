"""Connections that must come to the point: whoever opens one and does not send the head of a request loses it.

uvicorn waits for a head without end, and answers nobody once so many connections are open as it may have: some hundred that say nothing
would silence a node. What follows the head (the body, the answer) has its time in `Guard`.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["HEAD_SECONDS", "Punctual"]

HEAD_SECONDS = 10.0


class Punctual(H11Protocol):
    """HTTP/1.1 where the head of each request is whole within `HEAD_SECONDS` of the connection, or of its first byte on a used one."""

    _ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Wait on, from the first byte and not from the last, until a request is under way."""
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for."""
        self._stop()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The node stops: what does not end by itself, a stream of events, ends now."""
        super().shutdown()
        if self.cycle is not None and callable(end := self.cycle.scope.get("saksi.ending")):
            end()

    def _wait(self) -> None:
        if self._ending is None:
            self._ending = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
