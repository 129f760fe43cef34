"""A node of invented data, served on a free port of this machine; prints its address."""

from __future__ import annotations

import sys
from pathlib import Path

from stand import AUTHORITY, Stand, said, source

from saksi.app.api.desk import Settings
from saksi.app.web.serve import Listen, serve
from saksi.model import Locator, Op, Reader, Tlp

READER = Reader(AUTHORITY, home=True, clearance=Tlp.RED, known=True)


def main() -> None:
    home = Path(sys.argv[1])
    node = Stand(home / "ledger")
    digest = node.search("page007", after=None, limit=1, reader=READER, at=None).hits[0].entity
    ref = node.entity(digest, reader=READER, at=None).statements[0].ref
    node.amend(ref, Op.RETRACT, "the report was withdrawn")
    desk = source(5, "Desk of Country E", locator=Locator(row=7, column="phone"))
    node.add(
        [
            said("account:KH:BANKA:1", "role", "recipient", by=desk, valid_from=f"2026-01-01T00:{n // 60:02d}:{n % 60:02d}Z")
            for n in range(230)
        ]
    )
    settings = Settings("Centre of Country A", AUTHORITY, country="KH")
    serve(node, home, settings, listen=Listen(port=0), ready=lambda where: print(where, flush=True))
    node.close()


if __name__ == "__main__":
    main()
