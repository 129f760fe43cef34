"""Checking an evidence pack with nothing but the standard library and `cryptography`: `python -m saksi.actions.verify_pack FILE --key KEY`.

Steps: 1. form: the zip is the one form there is; 2. manifest: it names every file, and only those; 3. digests: every file is the one it
names; 4. key: who signed the checkpoint, and whether that key was compared; 5. logged: the manifest was in the ledger before the pack left,
and the ledger only grew in between; 6. proofs: every statement, step, entry and record was in the ledger; what speaks for the person lies
in its place; 7. steps: the history of each request, folded by the rules, and the entries of a case, each after the one before; 8. custody:
each original's record, made again from the proofs; 9. page: what people read says what the proofs say. The first that fails ends it: what
rests on it is not reached.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from saksi.actions.pack import BESIDE, CONSISTENCY, LOGGED, MANIFEST, SMALL, Manifest, load
from saksi.actions.pack_case import Filed, filed
from saksi.actions.pack_custody import custodies
from saksi.actions.pack_exhibit import Exhibit, Told, check_places, exhibits, told
from saksi.actions.pack_page import CANNOT, VERSION, Outline, page
from saksi.actions.pack_zip import Member, members, pieces
from saksi.ledger.batch import Kind
from saksi.ledger.bundle import verify_bundle
from saksi.ledger.note import VKey, parse_vkey
from saksi.ledger.policy import Policy
from saksi.ledger.proof import verify_consistency
from saksi.ledger.verify import verify_checkpoint
from saksi.ledger.wire import parse_base64
from saksi.model import BadInput, Json, SaksiError, canonical
from saksi.model.fields import Fields

__all__ = ["NAMES", "Finding", "Report", "checked", "main", "read_keys", "write_keys"]

NAMES = ("form", "manifest", "digests", "key", "logged", "proofs", "steps", "custody", "page")
_MANIFEST_MOST = 32_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one step: "ok", "failed", "mismatch" (another key), "open" (not to be told here), "not reached"; in words; where."""

    name: str
    state: str
    said: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a check. `cannot` are claims of any pack that no check of it can show."""

    findings: tuple[Finding, ...]
    cannot: tuple[str, ...] = CANNOT

    @property
    def code(self) -> int:
        """The exit code: 0 verified; 1 it holds, but under a key nobody compared, or another than was given; 5 it does not hold."""
        if any(one.state == "failed" for one in self.findings):
            return 5
        return 1 if any(one.name == "key" and one.state != "ok" for one in self.findings) else 0

    @property
    def verdict(self) -> str:
        """The code in words."""
        if any(one.state == "mismatch" for one in self.findings):
            return "REFUSED: signed by another key than the one you gave"
        if self.code == 0 and any(one.state == "open" for one in self.findings):
            return "verified, but for what is open above"
        return {0: "verified", 1: "it holds together, under a key that nobody has compared", 5: "REFUSED: it does not hold"}[self.code]

    def lines(self) -> list[str]:
        """The report for people."""
        made = []
        for number, one in enumerate(self.findings, 1):
            place = f" [{one.where}]" if one.where else ""
            made.append(f"{number}. {one.name}: {one.state}{': ' + one.said if one.said else ''}{place}")
        return [*made, "not shown by any check:", *(f"   - {text}" for text in self.cannot), self.verdict]

    def to_json(self) -> dict[str, Json]:
        """The report as an object."""
        findings: list[Json] = [
            {"name": one.name, "said": one.said, "state": one.state, "step": number, "where": one.where}
            for number, one in enumerate(self.findings, 1)
        ]
        return {"cannot": list(self.cannot), "code": self.code, "steps": findings, "verdict": self.verdict}


class _Checking:
    """One pack on the way through the steps; each step needs what those before it found."""

    def __init__(self, file: BinaryIO, keys: Sequence[VKey], policy: Policy | None) -> None:
        self._file, self._given, self._policy = file, keys, policy
        self._at: dict[str, Member] = {}
        self._small: dict[str, bytes] = {}
        self._manifest: Manifest | None = None
        self._keys: tuple[VKey, ...] = ()
        self._found: tuple[Exhibit, ...] = ()
        self._told: tuple[Told, ...] = ()
        self._custody: dict[str, bytes] = {}
        self._case: Filed | None = None

    @property
    def manifest(self) -> Manifest:
        if self._manifest is None:
            raise BadInput("the manifest was not read")
        return self._manifest

    def form(self) -> str:
        self._at = {one.name: one for one in members(self._file)}
        return f"{len(self._at)} files, each byte around them as it must be"

    def read_manifest(self) -> str:
        for name in sorted(BESIDE):
            if name not in self._at:
                raise BadInput("a pack has this file, and it is missing", where=name)
            self._small[name] = self._whole(name, _MANIFEST_MOST if name == MANIFEST else SMALL)
        self._manifest = Manifest.parse(self._small[MANIFEST])
        listed = {one.name: one for one in self.manifest.files}
        for name in sorted(set(listed) ^ (set(self._at) - BESIDE)):
            raise BadInput("the manifest lists it, and it is missing" if name in listed else "it is not in the manifest", where=name)
        for one in self.manifest.files:
            if self._at[one.name].size != one.size:
                raise BadInput(f"it has {self._at[one.name].size:,} bytes, the manifest says {one.size:,}", where=one.name)
        return f"{len(listed)} files listed and there; made at {self.manifest.made_at} for {self.manifest.reader.authority}"

    def digests(self) -> str:
        for line in self.manifest.files:
            digest, kept = sha256(), []
            for piece in pieces(self._file, self._at[line.name]):
                digest.update(piece)
                if line.role not in {"original", "paper"}:
                    kept.append(piece)
            if digest.hexdigest() != line.sha256:
                raise BadInput("its bytes do not have the digest that the manifest names", where=line.name)
            self._small[line.name] = b"".join(kept)
        return f"{len(self.manifest.of('original'))} originals and every other file are those that the manifest names"

    def key(self) -> tuple[str, str]:
        note = self._small["checkpoint.txt"]
        self._keys = read_keys(self._small["key.txt"], self.manifest.origin)
        point = verify_checkpoint(note, self._keys)
        signers = ", ".join(one.vkey.write() for one in point.signed_by)
        if (point.checkpoint.origin, point.checkpoint.size, point.checkpoint.root.hex()) != self._point():
            raise BadInput("the checkpoint is not the one that the manifest names", where="checkpoint.txt")
        if self._given or self._policy:
            try:
                verify_checkpoint(note, self._given, policy=self._policy)
            except BadInput as fault:
                return "mismatch", f"{fault.what}; the key in the pack is {signers}"
            self._keys = (*self._given, *(self._policy.vkeys if self._policy else ()))
            return "ok", "the checkpoint is signed by a key that you gave"
        return "open", f"the checkpoint is signed by the key that came with the pack, which shows nothing: compare {signers}"

    def logged(self) -> str:
        proved = verify_bundle(self._small[LOGGED], self._keys, policy=self._policy)
        point = proved.checkpoint.checkpoint
        if proved.kind is not Kind.CONTROL or proved.groups.get("content") != canonical(self.manifest.to_log()):
            raise BadInput("what was logged is not this manifest: the pack was put in place of another", where=LOGGED)
        origin, size, root = self._point()
        if point.origin != origin or not size <= proved.leaf < point.size:
            raise BadInput("the manifest was not logged after what the pack proves", where=LOGGED)
        fields = Fields(load(self._small[CONSISTENCY], "consistency/1", CONSISTENCY), where=CONSISTENCY)
        path = [parse_base64(text, "a hash of the path") for text in fields.texts("path")]
        fields.done({"saksi"})
        verify_consistency((size, bytes.fromhex(root)), (point.size, point.root), proof=path)
        return f"the manifest is leaf {proved.leaf} of {point.size}; the log only grew from {size} to there"

    def proofs(self) -> str:
        self._found = exhibits(self.manifest, self._small, self._keys)
        check_places(self._found)
        if self.manifest.synthetic is not any(one.statement is not None and one.statement.source.synthetic for one in self._found):
            raise BadInput("what was invented is said to be, and nothing else", where=MANIFEST)
        counts = {role: sum(one.role == role for one in self._found) for role in ("statement", "for", "step", "note", "entry")}
        withheld = "".join(f"; withheld: {one.what}, {one.count} ({one.why})" for one in self.manifest.withheld)
        return (
            f"{counts['statement']} statements, {counts['for']} that speak for the person, {counts['step']} steps, "
            f"{counts['note']} records, {counts['entry']} entries of a case, "
            f"all in {self.manifest.origin} at size {self.manifest.size}{withheld}"
        )

    def steps(self) -> str:
        self._told = told(self.manifest, self._found)
        self._case = filed(self.manifest, self._found, self._small)
        said = [f"request {one.history.request.id}: {one.history.crossing.said}" for one in self._told]
        if self._case is not None:
            said.append(f"case {self._case.id}: {len(self._case.entries)} entries, each after the one before")
        return "; ".join(said) or "no request in it"

    def custody(self) -> str:
        self._custody = custodies(self.manifest, self._found)
        listed = {one.name for one in self.manifest.of("custody")}
        for name in sorted(listed ^ set(self._custody)):
            raise BadInput("each original has one record of custody, and nothing else has", where=name)
        for name, record in self._custody.items():
            if self._small[name] != record:
                raise BadInput("the record of custody does not say what the proofs say", where=name)
        return f"{len(listed)} records say what the proofs say"

    def pages(self) -> tuple[str, str]:
        keys = tuple(one.write() for one in read_keys(self._small["key.txt"], self.manifest.origin))
        (line,) = self.manifest.of("page")
        have = self._small[line.name]
        if page(Outline(self.manifest, keys, self._found, self._told, self._custody, self._case)) != have:
            if VERSION.encode() in have:
                raise BadInput("the page does not say what the proofs say", where=line.name)
            return "open", "index.html was written by another version and was not compared: trust the statements, not the page"
        if self.manifest.of("paper"):
            return "ok", "index.html says what the proofs say; paper.pdf is the one that was logged, its words are not compared"
        return "ok", "index.html says what the proofs say"

    def _point(self) -> tuple[str, int, str]:
        return self.manifest.origin, self.manifest.size, self.manifest.root

    def _whole(self, name: str, most: int) -> bytes:
        if self._at[name].size > most:
            raise BadInput(f"it is longer than {most:,} bytes", where=name)
        return b"".join(pieces(self._file, self._at[name]))


def checked(file: BinaryIO, keys: Sequence[VKey] = (), *, policy: Policy | None = None) -> Report:
    """Check a pack, with the keys that the reader got by another way (none: the pack's own, and the report says so)."""
    one = _Checking(file, keys, policy)
    steps: tuple[Callable[[], str | tuple[str, str]], ...] = (
        one.form, one.read_manifest, one.digests, one.key, one.logged, one.proofs, one.steps, one.custody, one.pages,
    )  # fmt: skip
    found: list[Finding] = []
    for name, step in zip(NAMES, steps, strict=True):
        try:
            said = step()
        except SaksiError as fault:
            found.append(Finding(name, "failed", fault.what, fault.where))
            break
        state, words = said if isinstance(said, tuple) else ("ok", said)
        found.append(Finding(name, state, words))
        if state == "mismatch":
            break
    found += [Finding(name, "not reached", "") for name in NAMES[len(found) :]]
    return Report(tuple(found))


def write_keys(keys: Sequence[str], origin: str) -> bytes:
    """The file of a pack's public keys, with the warning that goes with them."""
    head = f"# The key of {origin}. It came with what it is to check: compare it with the one that the authority publishes elsewhere.\n"
    return (head + "".join(f"{key}\n" for key in keys)).encode()


def read_keys(data: bytes, origin: str) -> tuple[VKey, ...]:
    """Read what `write_keys` wrote, strictly."""
    lines = data.decode("utf-8", "replace").split("\n")[1:-1]
    keys = tuple(parse_vkey(text) for text in lines)
    if not keys or write_keys(lines, origin) != data:
        raise BadInput("the file of the key is not as it is written", where="key.txt")
    return keys


def main(words: Sequence[str]) -> int:
    """Check one pack and say what came of it; gives the exit code."""
    ask = ArgumentParser(prog="python -m saksi.actions.verify_pack", description="Check an evidence pack: no node, no network.")
    ask.add_argument("file", type=Path, metavar="FILE.pack.zip")
    ask.add_argument("--key", action="append", default=[], metavar="NAME+ID+KEY", help="a key got by another way than the pack")
    ask.add_argument("--json", action="store_true")
    given = ask.parse_args(words)
    try:
        with given.file.open("rb") as file:
            report = checked(file, [parse_vkey(key) for key in given.key])
    except (OSError, SaksiError) as fault:
        sys.stderr.write(f"refused: {fault}\n")
        return 2
    text = json.dumps(report.to_json(), ensure_ascii=False) if given.json else "\n".join(report.lines())
    sys.stdout.write(text + "\n")
    return report.code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
