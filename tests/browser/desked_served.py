"""A node with invented reports and people, served on a free port of this machine; prints its address, then set-up codes."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from desked import CONFIG, HEAD, ROWS

from saksi.app.api.desk import Settings
from saksi.app.home import Home, people_key, set_up
from saksi.app.node import Node
from saksi.app.people.person import read_post
from saksi.app.people.register import Register
from saksi.app.people.store import Store
from saksi.app.taking import Order
from saksi.app.web.serve import Listen, serve

NAMES = (("Ann", ["analyst"]), ("Ben", ["approver", "intake"]), ("Root", ["administrator"]))
KHMER = "សម្លេងមួយបានសុំប្រាក់កក់ ហើយបានគំរាមថាអ្នកនឹងត្រូវចាប់ខ្លួន"
FLOOD = "".join(
    f"F-{n:02d},2026-03-01,KH,012777777,0926{n:05d},,,,,,,a voice of the bank asked me to move all my money to a safe account at once "
    f"or be held by the police,true\n"
    for n in range(14)
)


def main() -> None:
    files = Home(Path(sys.argv[1]))
    set_up(files, CONFIG)
    node = Node(files, CONFIG)
    fresh = time.strftime("%Y-%m-%d", time.gmtime())
    rows = f"R-9,{fresh},KH,012345678,092345699,000123456,ABA,2500,USD,{fresh},bank-transfer,{KHMER},true\n"
    path = files.path.parent / "reports.csv"
    path.write_text(HEAD + ROWS + rows + FLOOD, encoding="utf-8")
    node.take_file(Order(path, path.name))
    store = Store(files.path / "people", key=people_key(files), clock=lambda: int(time.time()), random=os.urandom)
    codes = [Register(store).add(name, read_post("unit one", roles, "RED"), by="command-line")[1] for name, roles in NAMES]
    store.close()
    settings = Settings("Centre of Country A", CONFIG.authority, country="KH")
    serve(node, files.path, settings, listen=Listen(port=0), ready=lambda where: print(where, *codes, flush=True))
    node.close()


if __name__ == "__main__":
    main()
