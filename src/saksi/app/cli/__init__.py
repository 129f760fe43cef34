"""The command line: parse to a plan, call one function, print. Commands are imported only when they are called."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from pathlib import Path

import click

from saksi import __version__
from saksi.app.cli.say import failed, misused
from saksi.model import SaksiError

__all__ = ["main"]

_COMMANDS = {
    "init": ("care", "Set up a node for an authority."),
    "take": ("take", "Take in reports and lists."),
    "ask": ("look", "Ask whether a value is known, who says so and on what ground."),
    "bulk": ("look", "Ask about a whole column of a CSV or Parquet file."),
    "show": ("look", "Show one statement or entity with its sources."),
    "search": ("look", "Find entities whose id holds a text."),
    "prove": ("prove", "Write a proof of a statement that anyone can check."),
    "pack": ("pack", "Write an evidence pack that a court can check without us."),
    "verify": ("prove", "Check a proof, a pack, a checkpoint or a whole log, ours or another's."),
    "checkpoint": ("prove", "Print the newest signed checkpoint."),
    "retract": ("amend", "Withdraw a statement."),
    "amend": ("amend", "Regrade, relabel, expire, confirm, reject or reinstate a statement."),
    "erase": ("amend", "Erase the personal data of a data subject."),
    "outcome": ("amend", "Record what became of a value after a look-up."),
    "feed": ("feed", "Write a block list: hosts, RPZ or CSV."),
    "request": ("act", "List and show requests to act."),
    "post": ("post", "Make one round of the courier: mail requests, take answers in."),
    "yardstick": ("act", "Count how requests were met, the same for every party."),
    "backup": ("care", "Write an encrypted backup of the node."),
    "erased": ("care", "Write the register of erasures, to be kept apart from the backups."),
    "restore": ("care", "Bring a backup back into an empty home."),
    "fsck": ("care", "Check every byte of the ledger, the vault and the views."),
    "fold": ("care", "Bring the views up to the ledger, or rebuild them."),
    "doctor": ("care", "Say what is well and what is not."),
    "config": ("care", "Show the settings in force and where each came from."),
    "key": ("serve", "Create, list and revoke API keys."),
    "user": ("people", "Add, list, move and disable the people who sign in."),
    "alert": ("alert", "Save searches that tell a person or a key what is new."),
    "serve": ("serve", "Serve the pages and the API on this machine."),
    "source": ("take", "List the known publishers and fetch what can be fetched."),
    "demo": ("demo", "Take in real lists and invented reports, and open the result."),
    "completion": ("care", "Print the shell completion script."),
}


_ROOM = "make room and say it again; what stands in the output is not to be used"
# What prints and does nothing else: it may end with whoever reads it.
_PIPED = {"ask", "show", "search", "feed"}


class _Late(click.Group):
    """A group that knows its commands by name and loads them late: the command line starts in a tenth of a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(import_module(f"saksi.app.cli.{_COMMANDS[cmd_name][0]}"), cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        name = args[0] if args else ""
        if name and name not in _COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, _COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Late, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="saksi")
@click.option("--home", metavar="DIR", help="The node's directory (else SAKSI_HOME, else your data directory).")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output; also after the command's name.")
@click.pass_context
def saksi(ctx: click.Context, home: str | None, as_json: bool) -> None:
    """Saksi: who says what about an account, phone, wallet or address, on which source, and the proof.

    Exit codes: 0 done, 1 nothing found or a mismatch, 2 wrong use or input, 3 configuration or rights, 4 peer or network, 5 integrity.
    """
    ctx.obj = {"home": home, "json": as_json}
    if ctx.invoked_subcommand in _PIPED:
        # `saksi ask ... | head -1` ends as every other tool does; to what writes to sockets and processes, a line hung up is an error:
        # so it is for this command alone, and whatever runs in the process after it has its signal back.
        before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        ctx.call_on_close(lambda: signal.signal(signal.SIGPIPE, before))
        ctx.call_on_close(sys.stdout.flush)


def main() -> None:
    """Run the command line; every refusal is one plain message on standard error and a documented exit code."""
    try:
        code = saksi.main(prog_name="saksi", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except SaksiError as fault:
        sys.exit(failed(fault, as_json="--json" in sys.argv))
    except OSError as fault:
        sys.exit(_no_disk(fault))
    except click.ClickException as fault:
        if isinstance(fault, click.exceptions.NoArgsIsHelpError) and "--json" not in sys.argv:
            fault.show()
        else:
            failed(misused(fault), as_json="--json" in sys.argv)
        sys.exit(fault.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except Exception as fault:
        sys.exit(_no_store(fault))


def _no_disk(fault: OSError) -> int:
    """Say that the disk is full, failed, or may not be written, where that is what stopped us. Else raises."""
    from saksi.ledger.disk import FAILED, FULL, READ_ONLY, DiskFull, disk_fault

    if fault.errno not in FULL | FAILED | READ_ONLY:
        raise fault
    if fault.errno not in FULL:
        return failed(disk_fault(fault, Path(fault.filename or "a file of the node")), as_json="--json" in sys.argv)
    # Standard output may lie on the full disk, and half of it there: what waits to be written would fail once more on the way out.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    full = DiskFull("the disk is full: what was to be written is not, or not whole", where=str(fault.filename or "the output"), todo=_ROOM)
    return failed(full, as_json="--json" in sys.argv)


def _no_store(fault: Exception) -> int:
    """Say that one of the node's smaller stores cannot be read or written, where that is what stopped us. Else raises."""
    from sqlite3 import Error

    if not isinstance(fault, Error):
        raise fault
    from saksi.model import LedgerFault

    todo = "run `saksi fsck`: it names the file, and what to do; where the disk is full or fails, see to that first"
    return failed(LedgerFault(f"a store of the node cannot be used: {fault}", todo=todo), as_json="--json" in sys.argv)


if __name__ == "__main__":
    main()
