"""Papers are laid out in a process of their own: a second of a processor each, in which no look-up waits, and whose end is not the node's.

The process is started when it is first needed, does one paper after the other, and ends with whoever started it, or when it had nothing to
do for some minutes.
"""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock

from saksi.model import BadInput, SaksiError
from saksi.views.orphan import end_with_parent

__all__ = ["made_pdf"]

_LONGEST = 600.0  # seconds; a letter takes one
_IDLE = 300.0
# What a library that lays pages out fails with; OSError is not among them, for that is how a line that was closed shows itself.
_FAILS = (ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


def made_pdf(page: str, fonts: Path) -> bytes:
    """The PDF of a page; `fonts` is the folder with the fonts of the node's pages (what it lacks comes from the system, if there).

    Raises BadInput where the page asks for anything but those fonts, SaksiError where it cannot be laid out.
    """
    made = _printer.made(page, fonts)
    if isinstance(made, SaksiError):
        raise made
    return made


class _Printer:
    def __init__(self) -> None:
        self._turn = Lock()
        self._at_work: tuple[BaseProcess, Connection] | None = None

    def made(self, page: str, fonts: Path) -> bytes | SaksiError:
        with self._turn:
            try:
                return self._asked(page, fonts)
            except (EOFError, OSError):  # it had ended, idle or by a fault
                self._end()
            try:
                return self._asked(page, fonts)
            except (EOFError, OSError) as fault:
                self._end()
                raise SaksiError("a paper could not be laid out: what lays it out ended", todo="try again; see the memory") from fault

    def _asked(self, page: str, fonts: Path) -> bytes | SaksiError:
        line = self._line()
        line.send((page, fonts))
        if not line.poll(_LONGEST):
            self._end()
            return SaksiError(f"a paper could not be laid out within {_LONGEST:.0f} seconds", todo="make it smaller")
        made: bytes | SaksiError = line.recv()
        return made

    def _line(self) -> Connection:
        if self._at_work is None:
            context = get_context("spawn")
            line, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), name="printer", daemon=True)
            process.start()
            theirs.close()
            self._at_work = process, line
        return self._at_work[1]

    def _end(self) -> None:
        if self._at_work is not None:
            process, line = self._at_work
            self._at_work = None
            line.close()
            process.kill()
            process.join()


_printer = _Printer()


def _work(line: Connection) -> None:
    """The process: pages come, papers go."""
    from saksi.exchange.pdf import laid_out

    end_with_parent()
    try:
        while line.poll(_IDLE):
            page, fonts = line.recv()
            made: bytes | SaksiError
            try:
                made = laid_out(page, fonts)
            except BadInput as fault:
                made = fault
            except _FAILS as fault:  # the next paper is another
                made = SaksiError(f"a paper could not be laid out: {type(fault).__name__}", todo="report this")
            line.send(made)
    except (EOFError, OSError, KeyboardInterrupt):
        return  # whoever asked has gone
