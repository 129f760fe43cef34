"""Run as a program: start a `saksi take`, kill it with signal 9 at any moment, look at everything, and again.

`take_kill.py FOLDER ROUNDS SEED` prints one JSON line: kills, takes that said they were done, takes that were found whole although they
were killed, files left lying in the folder of takes. A file is in the node whole or not at all; one whose take said so is in it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

_ROWS = 1500
_SAKSI = [sys.executable, "-m", "saksi.app.cli"]


def phone(file: int, row: int) -> str:
    """The number in a row of a file: another one for every row of every file."""
    return f"+855 12 {file * 2000 + row:06d}"


def report_file(folder: Path, number: int) -> Path:
    """Invented reports, as a desk of a fictional country would send them."""
    path = folder / f"reports-{number}.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("reference,reported_at,country,synthetic,scam_phone,narrative\n")
        for row in range(_ROWS):
            out.write(f"F{number}R{row},2024-05-01,KH,true,{phone(number, row)},{'invented words ' * 30}{number} {row}\n")
    return path


def run(home: Path, *words: str) -> str:
    """A command of the node that has to go well; its output."""
    done = subprocess.run([*_SAKSI, *words, "--home", str(home)], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise SystemExit(f"`saksi {' '.join(words)}` ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-2000:]}")
    return done.stdout


def killed_take(home: Path, file: Path, rng: Random) -> bool:
    """Take a file in and kill all its processes after a while; True where it said that it was done."""
    words = [*_SAKSI, "take", str(file), "--source", "report-desk", "--json", "--workers", str(rng.choice((0, 2))), "--home", str(home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as taking:
        time.sleep(0.3 + rng.random() * 1.9)
        os.killpg(taking.pid, signal.SIGKILL)
        said, told = taking.communicate()
    if taking.returncode not in (0, -signal.SIGKILL):
        raise SystemExit(f"the take ended by itself with {taking.returncode}: {told[-2000:]!r}")
    return b'"taken":' in said


def known(home: Path, column: Path, files: int) -> list[int]:
    """How many of the numbers of each file the node knows."""
    column.write_text("value\n" + "".join(f"{phone(number, row)}\n" for number in range(files) for row in range(_ROWS)))
    out = column.with_name("answers.jsonl")
    run(home, "bulk", str(column), "--kind", "phone", "--out", str(out))
    answers = [json.loads(text) for text in out.read_text().splitlines()]
    statuses = [one["status"] for one in answers if "status" in one]
    if len(statuses) != files * _ROWS:
        raise SystemExit(f"{len(statuses)} answers to {files * _ROWS} questions")
    return [sum(status == "known" for status in statuses[at : at + _ROWS]) for at in range(0, len(statuses), _ROWS)]


def main(folder: Path, rounds: int, rng: Random) -> None:
    """The loop."""
    home = folder / "home"
    run(home, "init", "--authority", "centre.a.example", "--country", "KH", "--purpose", "a test", "--legal-basis", "none")
    done: set[int] = set()
    whole: set[int] = set()
    for number in range(rounds):
        if killed_take(home, report_file(folder, number), rng):
            done.add(number)
        run(home, "fold")
        run(home, "fsck")
        for file, count in enumerate(known(home, folder / "column.csv", number + 1)):
            if count not in (0, _ROWS):
                raise SystemExit(f"round {number}: {count} of {_ROWS} rows of file {file} are in")
            if count == 0 and file in done | whole:
                raise SystemExit(f"round {number}: file {file} was in and is lost")
            if count:
                whole.add(file)
    last = report_file(folder, rounds)
    run(home, "take", str(last), "--source", "report-desk", "--json")
    left = [path.name for path in (home / "takes").iterdir() if path.name != "takes.jsonl"]
    sys.stdout.write(json.dumps({"kills": rounds, "done": len(done), "whole": len(whole - done), "left": left}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), Random(int(sys.argv[3])))
