"""Run as a program: mail requests to a real server, kill the courier with signal 9 at any moment, start it again, and so on.

`post_kill.py FOLDER ROUNDS REQUESTS SEED` prints one JSON line: kills, requests, mails that came, requests that never arrived, letters
that came in two wordings, requests whose delivery was logged other than once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import defaultdict
from email import message_from_bytes
from pathlib import Path
from random import Random

from post_office import Desk, opened, sent, server

from saksi.app.node import Node

_POST = [sys.executable, "-m", "saksi.app.cli", "post", "--home"]


def main(folder: Path, rounds: int, requests: int, rng: Random) -> None:
    """The loop."""
    desk, kills = Desk(), 0
    with server(desk) as port:
        node = opened(folder, smtp=f"127.0.0.1:{port}")
        asked = [sent(node).request.id for _ in range(requests)]
        node.close()
        for _ in range(rounds):
            process = subprocess.Popen([*_POST, str(node.files.path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1.2 + rng.random() * 0.5 * requests)
            kills += process.poll() is None
            process.kill()
            process.wait(20)
        subprocess.run([*_POST, str(node.files.path)], check=True, stdout=subprocess.DEVNULL)
    copies: dict[str, set[bytes]] = defaultdict(set)
    for each in desk.met:
        data = each.original_content or b""
        copies[str(message_from_bytes(data)["Message-ID"])].add(bytes(data))
    again = Node(node.files, node.config)
    steps = {each: [step.step.word.value for step in again.book.steps(each)] for each in asked}
    arrived = {again.outbox.known(id_) for id_ in copies}
    again.close()
    subprocess.run([sys.executable, "-m", "saksi.app.cli", "fsck", "--home", str(node.files.path)], check=True, stdout=subprocess.DEVNULL)
    told = {
        "kills": kills, "requests": requests, "mails": len(desk.met), "missing": len(set(asked) - arrived),
        "worded_twice": sum(len(each) > 1 for each in copies.values()),
        "logged_wrong": sum(words.count("deliver") != 1 for words in steps.values()),
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Random(int(sys.argv[4])))
