"""A node of invented reports with its officers, served on a free port of this machine; prints its address and their session cookies."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from bureau import SITE, Bureau
from calls import SETTINGS

from saksi.app.people.sessions import Came
from saksi.app.requesting.routes import requesting_routes
from saksi.app.web.serve import Listen, serve

CREW = {"Ann": ("analyst", "unit one"), "Abe": ("approver", "unit one"), "Rita": ("reviewer", "unit two")}


def main() -> None:
    folder = Path(sys.argv[1])
    made = Bureau(folder)
    tokens = {}
    for name, (role, unit) in CREW.items():
        browser = made.officer(name, role, unit=unit)
        if name == "Ann":
            made.drafted(browser)
        person = made.desk.people.register.named(name)
        tokens[name] = made.desk.people.sessions.begin(person.id, Came("password", "127.0.0.1", "a test"), factor=True)
    for part in (made.desk.access, made.desk.replay, made.desk.people):
        part.close()
    settings = replace(SETTINGS, more=requesting_routes(SITE, made.real))
    serve(
        made.real,
        made.real.files.path,
        settings,
        listen=Listen(port=0),
        ready=lambda where: print(json.dumps({"address": where, "tokens": tokens}), flush=True),
    )
    made.real.close()


if __name__ == "__main__":
    main()
