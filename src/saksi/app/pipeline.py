"""Many pieces of a take at once: rows go out to worker processes, sealed bytes come back, and enter the ledger in the order of the input.

Parsing, normalising, canonical form, commitments and sealing run in the workers; this process cuts the input, decides what is new, and
writes. At most one piece a worker is under way, so memory does not grow with the input.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from multiprocessing.connection import Connection, wait

from saksi.app.worker import Fault, Met, Piece, serve
from saksi.formats.batch import Rejected
from saksi.formats.reader import Job, Reader
from saksi.ledger.frame import SealedBatch, TakeKeys
from saksi.ledger.transaction import Transaction
from saksi.model.errors import LedgerFault

__all__ = ["Counts", "Watch", "take_in"]


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the input: its rows, the statements taken, those that stood already, and what was rejected."""

    rows: int = 0
    taken: int = 0
    duplicate: int = 0
    rejected: int = 0

    def plus(self, met: Met, taken: int) -> Counts:
        """The counts after one more piece."""
        return Counts(
            self.rows + met.rows,
            self.taken + taken,
            self.duplicate + len(met) - taken,
            self.rejected + len(met.rejected),
        )


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know.

    `keep` decides for each id of a piece whether it goes in (and may note what it has met); `rejected` hears what could not be taken, in
    the order of the input; `progress` hears the counts after each piece.
    """

    keep: Callable[[Met], Sequence[bool]]
    rejected: Callable[[Sequence[Rejected]], None] = lambda _: None
    progress: Callable[[Counts], None] = lambda _: None


def take_in(reader: Reader, jobs: Iterable[Job], take: Transaction, *, watch: Watch, workers: int = 2) -> Counts:
    """Put everything that the jobs say into an open take; returns what became of it.

    Input of one piece is done in this process, so that a small file starts no other; `workers=0` does all of it here. Raises what a reader
    or the ledger raises, and LedgerFault where a worker ends before its time; the take is then rolled back by its own block.
    """
    rest = iter(jobs)
    ahead = list(islice(rest, 2))
    if workers and len(ahead) == 2:
        with _team(reader, take.keys, workers) as lines:
            team = _Team(lines, take, watch, Counts())
            team.run(chain(ahead, rest))
            return team.counts
    counts, here = Counts(), Piece(take.keys)
    for job in chain(ahead, rest):
        met = here.read(reader, job)
        counts = _in(take, here.seal(_ask(met, watch)), met, watch=watch, counts=counts)
    return counts


class _Team:
    """Workers and the pieces under way.

    Whatever comes first is received first; questions are asked, and batches written, in the order of the input, so that the same input
    gives the same ledger whoever was quicker.
    """

    def __init__(self, lines: list[Connection], take: Transaction, watch: Watch, counts: Counts) -> None:
        self._lines, self._take, self._watch = lines, take, watch
        self.counts = counts
        self._turn: dict[Connection, int] = {}
        self._met: dict[int, tuple[Connection, Met]] = {}
        self._asked: dict[int, Met] = {}
        self._sealed: dict[int, SealedBatch | None] = {}
        self._given = self._next_ask = self._next_in = 0

    def run(self, jobs: Iterator[Job]) -> None:
        """All jobs, to the end."""
        for line in self._lines:
            self._give(line, jobs)
        while self._turn:
            ready = wait(list(self._turn))
            for line in [each for each in self._lines if each in ready]:
                answer = _receive(line)
                number = self._turn[line]
                if isinstance(answer, Met):
                    self._met[number] = (line, answer)
                    self._ask()
                else:
                    self._sealed[number] = answer
                    self._give(line, jobs)
                    self._write()

    def _give(self, line: Connection, jobs: Iterator[Job]) -> None:
        job = next(jobs, None)
        if job is None:
            self._turn.pop(line, None)
            return
        self._turn[line] = self._given
        self._given += 1
        _send(line, job)

    def _ask(self) -> None:
        while self._next_ask in self._met:
            line, met = self._met.pop(self._next_ask)
            _send(line, _ask(met, self._watch))
            self._asked[self._next_ask] = met
            self._next_ask += 1

    def _write(self) -> None:
        while self._next_in in self._sealed:
            batch, met = self._sealed.pop(self._next_in), self._asked.pop(self._next_in)
            self.counts = _in(self._take, batch, met, watch=self._watch, counts=self.counts)
            self._next_in += 1


def _ask(met: Met, watch: Watch) -> bytes:
    return bytes(bytearray(map(bool, watch.keep(met)))) if len(met) else b""


def _in(take: Transaction, batch: SealedBatch | None, met: Met, *, watch: Watch, counts: Counts) -> Counts:
    if batch is not None:
        take.add(batch)
    if met.rejected:
        watch.rejected(met.rejected)
    counts = counts.plus(met, batch.count if batch is not None else 0)
    watch.progress(counts)
    return counts


def _send(line: Connection, words: Job | bytes | None) -> None:
    try:
        line.send(words)
    except OSError as error:
        raise _gone() from error


def _receive(line: Connection) -> Met | SealedBatch | None:
    try:
        answer = line.recv()
    except (EOFError, OSError) as error:
        raise _gone() from error
    if isinstance(answer, Fault):
        raise answer.error()
    if answer is None or isinstance(answer, (Met, SealedBatch)):
        return answer
    raise LedgerFault("a worker process gave an answer that nobody asked for")


def _gone() -> LedgerFault:
    todo = "take the input in again, with fewer workers if memory is short"
    return LedgerFault("a worker process ended before its time: nothing was taken in", todo=todo)


@contextmanager
def _team(reader: Reader, keys: TakeKeys, workers: int) -> Iterator[list[Connection]]:
    """Fresh worker processes, each at the end of a line; ended when the block is left, however it is left."""
    context = multiprocessing.get_context("spawn")
    lines: list[Connection] = []
    processes = []
    try:
        for _ in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(target=serve, args=(theirs, reader, keys), daemon=True)
            process.start()
            theirs.close()
            lines.append(ours)
            processes.append(process)
        yield lines
        for line in lines:
            _send(line, None)
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for line in lines:
            line.close()
        for process in processes:
            process.join(timeout=10)
            process.close()
