"""The ledger's vector files are fresh, and say what they say to whoever reads them."""

from __future__ import annotations

import importlib.util
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from saksi.ledger.merkle import Edge, leaf_hash, root_of
from saksi.ledger.note import parse_vkey
from saksi.ledger.proof import verify_consistency, verify_inclusion
from saksi.ledger.tiles import Tile, parse_entries, parse_path
from saksi.ledger.tlogproof import parse_proof
from saksi.ledger.verify import verify_checkpoint, verify_proof
from saksi.model.errors import BadInput

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "ledger"


def _read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def test_the_files_are_what_the_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_ledger_vectors", VECTORS / "make.py")
    assert spec and spec.loader
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    made = make.build()
    for name, text in made.items():
        assert (VECTORS / name).read_text(encoding="utf-8") == text, f"run {VECTORS / 'make.py'}"


@pytest.mark.parametrize("case", _read("notes.json"), ids=lambda case: case["error"] or "good")
def test_notes(case: dict[str, Any]) -> None:
    keys = [parse_vkey(key) for key in case["vkeys"]]
    if case["error"]:
        with pytest.raises(BadInput):
            verify_checkpoint(case["note"].encode(), keys)
    else:
        held = verify_checkpoint(case["note"].encode(), keys).signed_by
        assert [one.seconds for one in held] == [None, 1_700_000_000]


@pytest.mark.parametrize("case", _read("tile_paths.json"), ids=lambda case: case["path"])
def test_tile_paths(case: dict[str, Any]) -> None:
    if case["error"]:
        with pytest.raises(BadInput):
            parse_path(case["path"])
    else:
        assert parse_path(case["path"]) == Tile(case["level"], case["n"], case["width"])


def test_the_log() -> None:
    """Checked with hashes and signatures alone, without the log that made it."""
    log = _read("log.json")
    entries = [bytes.fromhex(entry) for entry in log["entries"]]
    leaves, key = [leaf_hash(entry) for entry in entries], parse_vkey(log["vkey"])
    for size, note in log["checkpoints"].items():
        point = verify_checkpoint(note.encode(), [key]).checkpoint
        assert (point.origin, point.size, point.root) == (log["origin"], int(size), root_of(leaves[: int(size)]))
    for size, root in log["roots"].items():
        assert root_of(leaves[: int(size)]).hex() == root
    _, rows = Edge().extend(leaves)
    for path, text in log["tiles"].items():
        tile = parse_path(path)
        part = slice(256 * tile.n, 256 * tile.n + tile.width)
        if tile.level >= 0:
            data = b"".join(rows[tile.level][part])
        else:
            data = b"".join(len(one).to_bytes(2, "big") + one for one in entries[part])
            assert parse_entries(data) == entries[part]
        assert text in (data.hex(), "sha256:" + sha256(data).hexdigest())
    for case in log["inclusion"]:
        index, size, proof = case["index"], case["size"], [bytes.fromhex(one) for one in case["proof"]]
        verify_inclusion(leaves[index], index, size=size, root=root_of(leaves[:size]), proof=proof)
    for case in log["consistency"]:
        old, new, proof = case["old"], case["new"], [bytes.fromhex(one) for one in case["proof"]]
        verify_consistency((old, root_of(leaves[:old])), (new, root_of(leaves[:new])), proof=proof)
    file = parse_proof(log["tlog_proof"]["file"].encode())
    assert file.index == log["tlog_proof"]["index"]
    verify_proof(file, entries[file.index], [key])
