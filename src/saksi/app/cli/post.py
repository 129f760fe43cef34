"""The command `post`: one round of the courier by hand, on a node that is not being served."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from saksi.app.cli.open import reading
from saksi.app.cli.say import common, line, words

__all__ = ["post"]


@click.command()
@common
@click.pass_context
def post(ctx: click.Context) -> int:
    """Make one round of the courier: mail what was sent, log what came of it, take in what came back. `saksi serve` does so by itself."""
    from saksi.app.posting.rounds import Courier
    from saksi.app.posting.setting import means_of, printed

    now = datetime.now(UTC)
    with reading(ctx) as node:
        why = printed(node.config)
        made = Courier(node, None if why else means_of(node.files, node.config, now)).round(now)
        waiting = node.tray.waiting()
    if ctx.obj["json"]:
        line({"taken": made.taken, "waiting": made.waiting, "failed": made.failed, "answers": waiting, "printed": why})
    else:
        words(why or f"{made.taken} mails taken by the server, {made.waiting} wait for another try, {made.failed} failed")
        words(f"  {waiting} answers and appeals wait for somebody: /answers")
    return 0
