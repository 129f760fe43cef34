"""Makes the ledger's test vectors, in JSON that any language can read: `python vectors/ledger/make.py`.

All keys, names and entries are synthetic and fixed, so that the files come out the same every time. Bytes are hex,
texts are texts; `error` names the defect of what must be refused. The same files are checked by Saksi's own tests.
"""

from __future__ import annotations

import json
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from saksi.ledger.checkpoint import Checkpoint
from saksi.ledger.log import Log
from saksi.ledger.merkle import leaf_hash, root_of
from saksi.ledger.note import Ed25519Signer, Ed25519Witness, Signers, sign_note
from saksi.ledger.tiles import Tile, tiles_of
from saksi.ledger.tlogproof import TlogProof

HERE = Path(__file__).resolve().parent
SIZE = 300


def _private(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"synthetic " + name.encode()).digest())


LOG = Ed25519Signer("a.example/saksi/1", _private("log"))
WITNESS = Ed25519Witness("witness.b.example", _private("witness"), lambda: 1_700_000_000)


def entry(index: int) -> bytes:
    """The entry that stands at an index of the vector log."""
    return sha256(b"synthetic entry %d" % index).digest()[: index % 33]


def _changed(line: str, at: int = -8) -> str:
    return line[:at] + ("A" if line[at] != "A" else "B") + line[at:][1:]


def notes() -> list[dict[str, object]]:
    """Signed notes with the keys to check them, and their verdicts."""
    text = Checkpoint(LOG.name, 3, root_of([leaf_hash(entry(i)) for i in range(3)])).text()
    good = sign_note(text, Signers((LOG, WITNESS))).write().decode()
    keys = [LOG.vkey.write(), WITNESS.vkey.write()]
    log_line, witness_line = good.split("\n\n")[1].splitlines(keepends=True)
    cases = {
        "": good,
        "text changed": good.replace("\n3\n", "\n4\n"),
        "signature changed": good.replace(log_line, _changed(log_line)),
        "cosignature changed": good.replace(witness_line, _changed(witness_line)),
        "cosigned time changed": good.replace(witness_line, _changed(witness_line, at=witness_line.rindex(" ") + 16)),
        "no empty line": good.replace("\n\n", "\n"),
        "no last newline": good[:-1],
        "carriage return": good.replace("\n3\n", "\n3\r\n"),
        "hyphen for em dash": good.replace("—", "-"),
        "padding missing": good.replace("=", ""),
        "size with a leading zero": sign_note(text.replace("\n3\n", "\n03\n"), LOG).write().decode(),
        "signed by unknown keys only": sign_note(text, Ed25519Signer("c.example", _private("other"))).write().decode(),
        "signed by a witness only": good.replace(log_line, ""),
    }
    assert len(set(cases.values())) == len(cases)
    return [{"note": note, "vkeys": keys, "error": error} for error, note in cases.items()]


def paths() -> list[dict[str, object]]:
    """Names of tiles."""
    good = [Tile(0, 0), Tile(0, 999, 1), Tile(0, 1000), Tile(2, 1234067, 255), Tile(-1, 1_000_000), Tile(63, 5)]
    bad = ["tile/0/0", "tile/0/x000/001", "tile/64/000", "tile/0/000.p/256", "tile/0/000.p/0", "tile/00/000", "tile/0/1000"]
    made: list[dict[str, object]] = [{"path": t.path(), "level": t.level, "n": t.n, "width": t.width, "error": ""} for t in good]
    return made + [{"path": path, "error": "not the path of a tile"} for path in bad]


def _short(data: str) -> str:
    return data if len(data) < 4000 else "sha256:" + sha256(bytes.fromhex(data)).hexdigest()


def log(folder: Path) -> dict[str, object]:
    """A whole small log: its entries, tiles, checkpoints, and proofs at many sizes."""
    with Log.create(folder, origin=LOG.name, signer=LOG) as made:
        for first in range(0, SIZE, 50):
            made.append([entry(index) for index in range(first, first + 50)])
        tiles = {tile.path(): (made.tile(tile) or b"").hex() for tile in tiles_of(SIZE)}
        pairs = [(0, 1), (1, 2), (4, 7), (255, 256), (256, 257), (0, 257), (128, 300), (299, 300)]
        growth = [(1, 2), (3, 7), (4, 7), (255, 256), (256, 257), (100, 300), (300, 300)]
        return {
            "origin": LOG.name,
            "vkey": LOG.vkey.write(),
            "entries": [entry(index).hex() for index in range(SIZE)],
            "checkpoints": {str(size): made.checkpoint_at(size).decode() for size in range(0, SIZE + 1, 50)},
            "roots": {str(size): made.root_at(size).hex() for size in (0, 1, 2, 3, 7, 255, 256, 257, 300)},
            "tiles": {path: _short(data) for path, data in tiles.items()},
            "inclusion": [{"index": i, "size": n, "proof": [one.hex() for one in made.inclusion(i, n)]} for i, n in pairs],
            "consistency": [{"old": m, "new": n, "proof": [one.hex() for one in made.consistency(m, n)]} for m, n in growth],
            "tlog_proof": {
                "index": 77,
                "file": TlogProof(77, tuple(made.inclusion(77)), made.checkpoint(), b"synthetic").write().decode(),
            },
        }


def build() -> dict[str, str]:
    """Every vector file's text by name."""
    with tempfile.TemporaryDirectory() as place:
        made = {"notes": notes(), "tile_paths": paths(), "log": log(Path(place) / "log")}
    return {f"{name}.json": json.dumps(data, indent=1, ensure_ascii=False) + "\n" for name, data in made.items()}


def main() -> int:
    """Write the files; with `--check` only say (exit code 1) whether one of them is stale."""
    made = build()
    if "--check" in sys.argv:
        return int(any(not (HERE / name).is_file() or (HERE / name).read_text(encoding="utf-8") != text for name, text in made.items()))
    for name, text in made.items():
        (HERE / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
