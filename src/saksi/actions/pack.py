"""What an evidence pack says of itself: its manifest, which names every file in it, what was left out, and why.

A pack is handed to somebody who trusts neither us nor each other: a prosecutor, a court, a defence. The manifest is one line of canonical
JSON ("saksi": "pack/1"). Its SHA-256 is logged in the ledger before the pack leaves, so that no pack can be put in place of another later.
Three files are not in it, since they rest on it: itself, the proof that it was logged, and the proof that the log only grew in between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from saksi.ledger.note import MAX_NOTE
from saksi.model import BadInput, Json, JsonObject, Marking, Reader, Tlp
from saksi.model.fields import Fields

__all__ = [
    "BESIDE",
    "CONSISTENCY",
    "FEW",
    "LOGGED",
    "MANIFEST",
    "PAPERS",
    "READS",
    "ROLES",
    "SMALL",
    "About",
    "Line",
    "Manifest",
    "Withheld",
    "dump",
    "load",
]

MANIFEST, LOGGED, CONSISTENCY, READS = "manifest.json", "manifest.proof.json", "consistency.json", "reads.json"
BESIDE = frozenset({MANIFEST, LOGGED, CONSISTENCY})
FEW = "fewer than five"

# Where a file of a role lies; nothing lies anywhere else. The last two are for people: what they say is said by the others.
ROLES: dict[str, re.Pattern[str]] = {
    "key": re.compile(r"key\.txt"),
    "checkpoint": re.compile(r"checkpoint\.txt"),
    "statement": re.compile(r"statements/S[0-9]{5}\.json"),
    "for": re.compile(r"for/F[0-9]{5}\.json"),
    "step": re.compile(r"steps/[0-9a-f]{32}/R[0-9]{5}\.json"),
    "entry": re.compile(r"entries/E[0-9]{5}\.json"),
    "reads": re.compile(r"reads\.json"),
    "original": re.compile(r"originals/[0-9a-f]{64}"),
    "custody": re.compile(r"custody/[0-9a-f]{64}\.json"),
    "note": re.compile(r"notes/N[0-9]{5}\.json"),
    "page": re.compile(r"index\.html"),
    "paper": re.compile(r"paper\.pdf"),
}
PAPERS = frozenset({"page", "paper"})
LARGEST_FILE = {"key": 10_000, "checkpoint": MAX_NOTE, "page": 256_000_000, "paper": 1 << 30, "original": 1 << 32, "reads": 32_000_000}
SMALL = 4_000_000  # every other role: the proof of a statement

_TAG = b"saksi/pack1 contents\0"
_MOST = 32_000_000
_HEX = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_KINDS = frozenset({"request", "entity", "statement", "case"})
_WHATS = frozenset({"statement", "for", "entry", "ground", "amendment", "original", "note"})


@dataclass(frozen=True, slots=True)
class About:
    """What a pack was made about: a "request", a "case" or an "entity" (by its id), or a "statement" (by its reference)."""

    kind: str
    id: str

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise BadInput(f"a pack is about one of {', '.join(sorted(_KINDS))}, not {self.kind[:40]!r}", where="/about")


@dataclass(frozen=True, slots=True)
class Line:
    """One file of a pack: where it lies, its size in bytes, its SHA-256 in hex, and what it is there for (`ROLES`)."""

    name: str
    size: int
    sha256: str
    role: str

    def __post_init__(self) -> None:
        if self.role not in ROLES or not ROLES[self.role].fullmatch(self.name):
            raise BadInput(f"no file of role {self.role[:20]!r} lies there", where=self.name[:120])
        if not _HEX.fullmatch(self.sha256) or not 0 <= self.size <= LARGEST_FILE.get(self.role, SMALL):
            raise BadInput("its size or its digest cannot be", where=self.name)
        if self.role == "original" and self.name != f"originals/{self.sha256}":
            raise BadInput("an original is named by its digest", where=self.name)


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many of what are not in the pack, why, and under which marking ("" where that is not the reason).

    `what` "for" is what speaks for the person. `count` is a number of five or more, or "fewer than five".
    """

    what: str
    why: str
    marking: str
    count: str

    def __post_init__(self) -> None:
        few = self.count == FEW or (re.fullmatch(r"[1-9][0-9]{0,8}", self.count) is not None and int(self.count) >= 5)
        if self.what not in _WHATS or not few:
            raise BadInput("what is withheld is counted in the words and numbers there are", where="/withheld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a pack holds and what it does not.

    `origin` is the ledger, `size` and `root` (hex) the checkpoint that all its proofs lead to; `made_at` is UTC; `reader` is whom it was
    made for, `marking` how the whole is marked. `contents` is the digest of all of this but for the files made for people, which bear it on
    every page.
    """

    origin: str
    made_at: str
    size: int
    root: str
    about: tuple[About, ...]
    reader: Reader
    marking: Marking
    files: tuple[Line, ...]
    withheld: tuple[Withheld, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        if not _TIME.fullmatch(self.made_at) or not _HEX.fullmatch(self.root) or self.size < 1 or not self.about:
            raise BadInput("a manifest says what it is about, when it was made, and under which checkpoint", where=MANIFEST)
        names = [one.name for one in self.files]
        if names != sorted(set(names)):
            raise BadInput("a manifest lists its files by name, each once", where=MANIFEST)
        for role in ("key", "checkpoint", "page"):
            if len(self.of(role)) != 1:
                raise BadInput(f"a pack has one {role}", where=MANIFEST)

    def of(self, role: str) -> tuple[Line, ...]:
        """The files of one role, in their order."""
        return tuple(one for one in self.files if one.role == role)

    def to_log(self) -> JsonObject:
        """The content of the leaf that is logged before the pack leaves: its digest, whom it is for, the originals that are handed over."""
        originals: Json = [one.sha256 for one in self.of("original")]
        told: JsonObject = {"for": self.reader.authority, "manifest": sha256(self.write()).hexdigest(), "originals": originals}
        return {"pack": told}

    @property
    def contents(self) -> str:
        """SHA-256 of what it says of everything but the files made for people, in hex."""
        return sha256(_TAG + dump(self._json(one for one in self.files if one.role not in PAPERS))).hexdigest()

    def write(self) -> bytes:
        """The manifest's bytes."""
        return dump({**self._json(self.files), "contents": self.contents})

    @classmethod
    def parse(cls, data: bytes) -> Manifest:
        """Read what `write` wrote, strictly. Raises BadInput."""
        fields = Fields(load(data, "pack/1", MANIFEST), where="")
        size, synthetic = fields.maybe_number("size"), fields.any("synthetic")
        made = cls(
            origin=fields.text("origin"),
            made_at=fields.text("made_at"),
            size=size or 0,
            root=fields.text("root"),
            about=tuple(About(*_texts(each, "/about", "kind", "id")) for each in _list(fields.any("about"), "/about")),
            reader=_reader(fields.any("for")),
            marking=Marking.from_json(fields.any("marking")),
            files=tuple(_line(each) for each in _list(fields.any("files"), "/files")),
            withheld=tuple(
                Withheld(*_texts(each, "/withheld", "what", "why", "marking", "count"))
                for each in _list(fields.any("withheld"), "/withheld")
            ),
            synthetic=synthetic is True,
        )
        contents = fields.text("contents")
        fields.done({"saksi"})
        if contents != made.contents or made.write() != data:
            raise BadInput("the manifest does not say its own contents", where=MANIFEST)
        return made

    def _json(self, files: Iterable[Line]) -> dict[str, Json]:
        return {
            "about": [{"id": one.id, "kind": one.kind} for one in self.about],
            "files": [{"name": one.name, "role": one.role, "sha256": one.sha256, "size": one.size} for one in files],
            "for": _reader_json(self.reader),
            "made_at": self.made_at,
            "marking": self.marking.to_json(),
            "origin": self.origin,
            "root": self.root,
            "saksi": "pack/1",
            "size": self.size,
            "synthetic": self.synthetic,
            "withheld": [{"count": one.count, "marking": one.marking, "what": one.what, "why": one.why} for one in self.withheld],
        }


def dump(value: JsonObject) -> bytes:
    """One line of canonical JSON of any length."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def load(data: bytes, version: str, where: str) -> JsonObject:
    """Read what `dump` wrote; `version` is what its field "saksi" must say. Raises BadInput."""
    try:
        value = json.loads(data) if len(data) <= _MOST else None
        same = isinstance(value, dict) and dump(value) == data
    except (ValueError, RecursionError) as error:  # also what has no canonical form
        raise BadInput("it is not one line of canonical JSON", where=where) from error
    if not same or not isinstance(value, dict):
        raise BadInput("it is not one line of canonical JSON", where=where)
    if value.get("saksi") != version:
        raise BadInput(f"it is not of the version {version}", where=where, todo="use a newer version of Saksi")
    return value


def _reader_json(reader: Reader) -> JsonObject:
    made: dict[str, Json] = {"authority": reader.authority, "home": reader.home}
    if reader.home:
        made["clearance"] = reader.clearance.value
    if reader.circles:
        made["circles"] = sorted(reader.circles)
    return made


def _reader(value: Json) -> Reader:
    fields = Fields(value, where="/for")
    home = fields.any("home") is True
    clearance = Tlp.read(fields.text("clearance")) if home else Tlp.CLEAR
    made = Reader(fields.text("authority"), home=home, clearance=clearance, circles=frozenset(fields.texts("circles")), known=True)
    fields.done()
    return made


def _line(value: Json) -> Line:
    fields = Fields(value, where="/files")
    size = fields.maybe_number("size")
    made = Line(fields.text("name"), -1 if size is None else size, fields.text("sha256"), fields.text("role"))
    fields.done()
    return made


def _texts(value: Json, where: str, *names: str) -> tuple[str, ...]:
    fields = Fields(value, where=where)
    made = tuple(fields.text(name) for name in names)
    fields.done()
    return made


def _list(value: Json, where: str) -> list[Json]:
    if not isinstance(value, list):
        raise BadInput("a list is expected", where=where)
    return value
