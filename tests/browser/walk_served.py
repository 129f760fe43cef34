"""A node of an invented desk with its people, served on free ports of this machine; prints its key, then where it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from saksi.app.api.desk import Settings
from saksi.app.cli.serve import serve_open
from saksi.app.config import Config
from saksi.app.day.cast import Cast
from saksi.app.day.story import AUTHORITY, DIRECTORY
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.web.serve import Listen

LAW = "Act 1 of A (synthetic)"


def main() -> None:
    folder, smtp = Path(sys.argv[1]), int(sys.argv[2])
    config = Config(
        AUTHORITY,
        "Anti-Scam Centre of A (synthetic)", purpose="acting against scams", legal_basis=LAW, workers=0, place="1 Example Street",
        phone="+44 7700 900100", mail=f"requests@{AUTHORITY}", directory="directory.toml", smtp=f"127.0.0.1:{smtp}", smtp_tls="loopback",
    )  # fmt: skip
    files = Home(folder / "home")
    set_up(files, config)
    (files.path / "directory.toml").write_text(DIRECTORY, encoding="utf-8")
    node = Node(files, config)
    node.views.fold(node.ledger)
    with Cast(files, folder):
        pass
    print(json.dumps({"key": node.vkey}), flush=True)
    serve_open(
        node,
        Settings(config.title, AUTHORITY),
        Listen(port=0),
        public="127.0.0.1:0",
        say=lambda where: print(f"serving on {where}", flush=True),
    )
    node.close()


if __name__ == "__main__":
    main()
