"""How the command line speaks: JSON lines or plain words on standard output, progress on standard error and only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click

from saksi.model import BadInput, Json, LedgerFault, NotAllowed, NotFound, NotReady, PeerFault, ReadOnly, SaksiError, Unproved

__all__ = [
    "EXIT",
    "Progress",
    "agreed",
    "common",
    "exit_code",
    "failed",
    "line",
    "many",
    "misused",
    "note",
    "nothing",
    "progress",
    "visible",
    "words",
]

Progress = Callable[[int, int | None], None]

# The first that fits counts: the narrower ones stand before those they belong to.
EXIT: Mapping[type[SaksiError], int] = {
    Unproved: 1, NotFound: 1, NotReady: 3, ReadOnly: 3, BadInput: 2, NotAllowed: 3, PeerFault: 4, LedgerFault: 5,
}  # fmt: skip


def exit_code(fault: SaksiError) -> int:
    """The documented exit code of an error."""
    return next((code for kind, code in EXIT.items() if isinstance(fault, kind)), 1)


def failed(fault: SaksiError, *, as_json: bool) -> int:
    """Say what was refused, where and what to do next; give the exit code back."""
    if as_json:
        line({"error": type(fault).__name__, "what": fault.what, "where": fault.where, "todo": fault.todo}, err=True)
    else:
        place = f"{fault.where}: " if fault.where else ""
        click.echo(click.style("refused: ", bold=True, fg="red") + visible(f"{place}{fault.what}"), err=True)
        if fault.todo:
            click.echo(visible(f"  next: {fault.todo}"), err=True)
    return exit_code(fault)


def misused(fault: click.ClickException) -> BadInput:
    """What the command line could not read, as every refusal is said."""
    ctx = fault.ctx if isinstance(fault, click.UsageError) else None
    where, what = "", fault.format_message()
    if isinstance(fault, click.exceptions.NoArgsIsHelpError):
        what = "Missing command."
    elif type(fault) is click.BadParameter and fault.param is not None and ctx is not None:
        where, what = fault.param.get_error_hint(ctx).replace("'", ""), fault.message
    return BadInput(what, where=where, todo=f"`{ctx.command_path if ctx else 'saksi'} --help` says how it is called")


def line(value: Mapping[str, Json | None], *, err: bool = False) -> None:
    """One JSON line."""
    click.echo(json.dumps(value, ensure_ascii=False, separators=(",", ":")), err=err)


def many(count: int, noun: str) -> str:
    """A count with its noun: "1 statement", "2 statements"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def note(text: str, *, as_json: bool) -> None:
    """What was assumed, on standard error."""
    if as_json:
        line({"note": text}, err=True)
    else:
        click.echo(visible(f"mind: {text}"), err=True)


def nothing(text: str, *, as_json: bool) -> None:
    """That nothing was found: a line for people; with `--json` a note on standard error, so that standard output holds JSON alone."""
    note(text, as_json=True) if as_json else words(text)


def words(text: str = "", *, badge: str = "") -> None:
    """One line for people, with a badge in colours behind it, which is ours; the text may be anybody's."""
    click.echo(visible(text) + badge)


def visible(text: str) -> str:
    """A text as a terminal may show it: what would steer the terminal, or turn the words around it, is spelled out."""
    if text.isprintable():
        return text
    from saksi.exchange.shown import spelled

    return spelled(text)


def agreed(question: str, *, as_json: bool) -> bool:
    """Whether whoever sits there says yes. Raises BadInput where nobody can be asked: no input, or a program that reads JSON."""
    todo = "say --yes to do it without being asked"
    if as_json:
        raise BadInput("with --json nobody is asked", where="--yes", todo=todo)
    try:
        return click.confirm(question, err=True)
    except click.Abort as stop:
        if not isinstance(stop.__context__, EOFError):  # Ctrl-C
            raise
        click.echo(err=True)  # behind the question
        raise BadInput("nobody is there to say yes", where="--yes", todo=todo) from stop


def common(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Let `--home` and `--json` stand after the command's name as well as before it."""

    def keep(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
        def note(ctx: click.Context, _param: click.Parameter, value: object) -> None:
            if value:
                ctx.obj[name] = value

        return note

    told = click.option("--home", metavar="DIR", expose_value=False, callback=keep("home"), help="The node's directory.")(command)
    return click.option("--json", is_flag=True, expose_value=False, callback=keep("json"), help="JSON lines on standard output.")(told)


@contextmanager
def progress(title: str, *, unit: str = "", quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on standard error while the block runs; nothing where that is not a terminal. Call it with (done, total or None)."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    words_and_bar = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TextColumn(unit))
    with Bars(*words_and_bar, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(visible(title), total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _silent(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""
