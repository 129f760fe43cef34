"""A node with a person and its alerts, served on a free port; prints its address and a set-up code. Each line read is a host to take in."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from alarm import CONFIG, PHONE, SITE, said

from saksi.app.alerts.alerting import alerting
from saksi.app.alerts.api import AlertApi
from saksi.app.alerts.pages import AlertPages
from saksi.app.api.desk import Settings
from saksi.app.home import Home, people_key, set_up
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.app.people.register import Register
from saksi.app.people.store import Store
from saksi.app.web.serve import Listen, serve
from saksi.model import Statement


def main() -> None:
    files = Home(Path(sys.argv[1]))
    set_up(files, CONFIG)
    node = Node(files, CONFIG)

    def take(*statements: Statement) -> None:
        node.ledger.append(statements)
        node.views.fold(node.ledger)

    def takes() -> None:
        for line in sys.stdin:
            take(said(f"host:{line.strip()}", "infrastructure"))

    take(said(PHONE))
    store = Store(files.path / "people", key=people_key(files), clock=lambda: int(time.time()), random=os.urandom)
    _, code = Register(store).add("Ann", read_post("unit one", ["analyst"], "AMBER"), by="command-line")
    store.close()
    threading.Thread(target=takes, daemon=True).start()
    with alerting(node) as alerts:
        routes = (*AlertApi(alerts).routes(), *AlertPages(SITE, alerts).routes())
        settings = replace(Settings("Centre of Country A", CONFIG.authority, country="KH"), more=routes)
        serve(node, files.path, settings, listen=Listen(port=0), ready=lambda where: print(where, code, flush=True))
    node.close()


if __name__ == "__main__":
    main()
