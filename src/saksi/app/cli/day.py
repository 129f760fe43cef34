"""The invented day of the demonstration as the command line plays and tells it: what was done, what is left to do, how to sign in."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from saksi.app.cli.say import line, words
from saksi.app.config import Config
from saksi.app.day.cast import CAST, Cast, code_now
from saksi.app.day.course import Day, Played
from saksi.app.day.sink import Sink
from saksi.app.day.story import DIRECTORY
from saksi.app.home import Home
from saksi.app.node import Node
from saksi.exchange.reference import reference

__all__ = ["play_day", "ready_for_mail", "tell_code", "with_mail"]

PACK = "day.pack.zip"


def with_mail(config: Config, sink: Sink) -> Config:
    """The settings of the demonstration, with all that letters need; they leave to the sink and to nobody else."""
    return replace(
        config, place="1 Example Street, A (invented)", phone="+44 7700 900100", mail=f"requests@{config.authority}", smtp_tls="loopback",
        smtp=f"127.0.0.1:{sink.port}", directory="directory.toml", mailbox="drop",
    )  # fmt: skip


def ready_for_mail(home: Home) -> None:
    """Put the invented directory and an empty mailbox into a home that was just set up."""
    (home.path / "directory.toml").write_text(DIRECTORY, encoding="utf-8")
    (home.path / "drop" / "new").mkdir(parents=True)


def play_day(node: Node, folder: Path, *, quiet: bool) -> Played:
    """Play the day, and say what it left."""
    if not quiet:
        words()
        words("One invented day at the desk of A (synthetic): six people who do not exist sign in and work ...")
    started, out = time.monotonic(), folder / PACK
    out.unlink(missing_ok=True)
    with Cast(node.files, folder) as cast:
        made = Day(node, cast).play(out)
        if not quiet:
            _tell(made, cast, folder, round(time.monotonic() - started))
    return made


def tell_code(folder: Path, name: str, *, as_json: bool) -> None:
    """Say what somebody of the demonstration signs in with now."""
    password, code = code_now(folder, name, int(time.time()))
    if as_json:
        line({"name": name, "password": password, "code": code})
    else:
        words(f"{name}: password {password}, code {code} (each code works once, for half a minute)")


def _tell(made: Played, cast: Cast, folder: Path, seconds: int) -> None:
    words(f"  5 reports, a case, 4 requests, an appeal and a lifting, in {seconds} s; the letters that were mailed: {folder / 'mail'}")
    words(f"  left to do: {reference(made.waiting)} waits for an independent reviewer, {reference(made.overdue)} is overdue")
    words(f"  its evidence pack, checked with the key alone, holds: {made.pack}")
    words("  These people sign in at /sign-in; see /today, /requests, /answers, /record and " + f"/case/{made.case}:")
    for each in CAST:
        words(f"    {each.name:<6} {', '.join(each.roles)}, {each.unit}")
    words(f"  password of all: {cast.password}   the code that an app would show: saksi demo --folder {folder} --code NAME")
