"""An evidence pack as the answer to whoever asked for it: made in the thread that writes, given out, and kept nowhere."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from starlette.responses import Response

from saksi.app.amending import Amending
from saksi.app.api.desk import Call
from saksi.app.api.later import work_off
from saksi.app.packing import Order, write_pack
from saksi.app.people.signed import NO_STORE, on_writer

__all__ = ["packed"]


async def packed(call: Call, node: Amending, order: Callable[[], Order], name: str) -> Response:
    """The pack of an order as a file of this name. `order` is read in the thread that writes; what it raises comes through."""
    out = call.desk.spool / f"{secrets.token_hex(16)}.zip"

    def make() -> None:
        work_off(call.desk)  # what was taken back or sealed before this, and waits
        write_pack(node, order(), out)

    try:
        await on_writer(call, make)
        data = await asyncio.to_thread(out.read_bytes)
    finally:
        out.unlink(missing_ok=True)
    told = {**NO_STORE, "Content-Disposition": f'attachment; filename="{name}.pack.zip"'}
    return Response(data, media_type="application/zip", headers=told)
