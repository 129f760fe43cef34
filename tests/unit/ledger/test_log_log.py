"""The log as its callers see it: groups whole or not at all, proofs at any size it ever had, readers of any kind."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from saksi.ledger.disk import LocalDisk
from saksi.ledger.export import export_tiles
from saksi.ledger.fsck import fsck
from saksi.ledger.highest import adopt
from saksi.ledger.log import Log, second_place
from saksi.ledger.merkle import EMPTY_ROOT, leaf_hash, path_of, root_of
from saksi.ledger.note import Ed25519Signer, MlDsaSigner, Signers
from saksi.ledger.proof import verify_consistency, verify_inclusion
from saksi.ledger.reader import Reader
from saksi.ledger.source import LogFolder, StaticFolder, WebSource, open_source
from saksi.ledger.tiles import Tile, frame_entries
from saksi.ledger.verify import verify_checkpoint, verify_log
from saksi.model.errors import BadInput, LedgerFault, NotAllowed, PeerFault

SIGNER = Ed25519Signer("a.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = Ed25519Signer("b.example/saksi/1", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))


def _fill(log: Log, size: int, seed: int = 1) -> list[bytes]:
    rng, held = Random(seed), list(log.entries())
    while log.size < size:
        group = [rng.randbytes(rng.choice((0, 48, 48, 48, 300))) for _ in range(min(size - log.size, rng.randint(1, 90)))]
        log.append(group)
        held += group
    return held


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.create(tmp_path / "log", origin=SIGNER.name, signer=SIGNER) as log:
        yield log


def test_an_empty_log_is_signed_for(log: Log) -> None:
    assert (log.size, log.root) == (0, EMPTY_ROOT)
    point = verify_checkpoint(log.checkpoint(), [SIGNER.vkey]).checkpoint
    assert (point.origin, point.size) == (SIGNER.name, 0)
    assert list(log.entries()) == []
    assert log.append([]).size == 0


def test_what_is_acknowledged_is_signed_for_and_proved_at_every_size(log: Log) -> None:
    held = _fill(log, 600)
    leaves, rng = [leaf_hash(entry) for entry in held], Random(2)
    assert log.root == root_of(leaves)
    assert list(log.entries()) == held
    assert list(log.entries(250, 520)) == held[250:520]
    for _ in range(200):
        size = rng.randint(1, 600)
        index, old = rng.randrange(size), rng.randint(1, size)
        root = root_of(leaves[:size])
        assert log.root_at(size) == root
        path = log.inclusion(index, size)
        assert path == path_of(index, leaves[:size])
        verify_inclusion(leaves[index], index, size=size, root=root, proof=path)
        verify_consistency((old, root_of(leaves[:old])), (size, root), proof=log.consistency(old, size))


def test_every_signed_size_keeps_its_checkpoint(log: Log) -> None:
    notes = {log.size: log.checkpoint()}
    for count in (1, 3, 300, 2):
        done = log.append([b"x"] * count)
        notes[done.size] = done.checkpoint
    for size, note in notes.items():
        assert log.checkpoint_at(size) == note
    assert [log.signed_size(i) for i in (0, 1, 3, 4, 303, 304, 305)] == [1, 4, 4, 304, 304, 306, 306]
    for size in (2, 5, 307):
        with pytest.raises(BadInput):
            log.checkpoint_at(size)


def test_a_group_is_taken_whole_or_not_at_all(log: Log) -> None:
    before = log.checkpoint()
    with pytest.raises(BadInput, match="too long"):
        log.append([b"good", b"x" * 65_536, b"good"])
    assert log.checkpoint() == before
    log.append([b"y" * 65_535])
    assert list(log.entries()) == [b"y" * 65_535]


def test_no_proof_for_what_is_not_there(log: Log) -> None:
    log.append([b"x"] * 10)
    for index, size in ((-1, 5), (5, 5), (0, 11), (0, 0)):
        with pytest.raises(BadInput):
            log.inclusion(index, size)
    for old, new in ((0, 5), (-1, 5), (6, 5), (5, 11)):
        with pytest.raises(BadInput):
            log.consistency(old, new)
    for first, last in ((-1, 5), (6, 5), (0, 11)):
        with pytest.raises(BadInput):
            list(log.entries(first, last))
    with pytest.raises(BadInput):
        log.root_at(11)


def test_tiles_are_given_as_the_specification_names_them(log: Log) -> None:
    held = _fill(log, 600)
    leaves = [leaf_hash(entry) for entry in held]
    assert log.tile(Tile(0, 1)) == b"".join(leaves[256:512])
    assert log.tile(Tile(0, 2, 88)) == b"".join(leaves[512:])
    assert log.tile(Tile(0, 2, 5)) == b"".join(leaves[512:517])
    assert log.tile(Tile(1, 0, 2)) == root_of(leaves[:256]) + root_of(leaves[256:512])
    assert log.tile(Tile(-1, 0)) == frame_entries(held[:256])
    assert log.tile(Tile(-1, 2, 88)) == frame_entries(held[512:])
    for tile in (Tile(0, 2, 89), Tile(0, 2), Tile(1, 0, 3), Tile(2, 0, 1), Tile(-1, 3, 1)):
        assert log.tile(tile) is None


def test_a_log_goes_on_where_it_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    held: list[bytes] = []
    Log.create(folder, origin=SIGNER.name, signer=SIGNER).close()
    for size in (0, 1, 255, 256, 257, 700):
        with Log.open(folder, origin=SIGNER.name, signer=SIGNER) as log:
            assert list(log.entries()) == held
            held = _fill(log, size, seed=size)
    assert fsck(open_source(folder), [SIGNER.vkey], second=second_place(folder)).clean


def test_a_log_is_not_made_twice_nor_opened_where_there_is_none(tmp_path: Path, log: Log) -> None:
    with pytest.raises(BadInput, match="no log here"):
        Log.open(tmp_path / "none", origin=SIGNER.name, signer=SIGNER)
    with pytest.raises(NotAllowed):
        Log.open(tmp_path / "log", origin=SIGNER.name, signer=SIGNER)
    log.append([b"x"])
    log.close()
    with pytest.raises(BadInput, match="already"):
        Log.create(tmp_path / "log", origin=SIGNER.name, signer=SIGNER)
    with pytest.raises(BadInput, match="second place"):
        Log.create(tmp_path / "new", origin=SIGNER.name, signer=SIGNER, second=second_place(tmp_path / "log"))
    with pytest.raises(LedgerFault, match="no valid checkpoint"):
        Log.open(tmp_path / "log", origin=OTHER.name, signer=OTHER)
    with pytest.raises(LedgerFault, match="second place"):
        Log.open(tmp_path / "log", origin=SIGNER.name, signer=SIGNER, second=tmp_path / "elsewhere")


def test_a_log_that_moved_needs_its_second_place_adopted(tmp_path: Path, log: Log) -> None:
    log.append([b"x"])
    note, root = log.checkpoint(), log.root
    log.close()
    moved = tmp_path / "moved.highest"
    with pytest.raises(LedgerFault, match="adopt"):
        Log.open(tmp_path / "log", origin=SIGNER.name, signer=SIGNER, second=moved)
    adopt(LocalDisk(), moved, size=1, root=root)
    with Log.open(tmp_path / "log", origin=SIGNER.name, signer=SIGNER, second=moved) as again:
        assert again.checkpoint() == note
        again.append([b"y"])
    with pytest.raises(LedgerFault, match="knows 2 entries"):
        adopt(LocalDisk(), moved, size=1, root=root)


def test_a_key_bears_its_logs_origin(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="bears its origin"):
        Log.create(tmp_path / "log", origin="c.example/saksi/1", signer=SIGNER)


def test_a_closed_log_refuses(log: Log) -> None:
    log.close()
    with pytest.raises(LedgerFault, match="closed"):
        log.append([b"x"])


def test_two_keys_sign_together_and_the_old_one_can_retire(tmp_path: Path) -> None:
    new = Ed25519Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
    quantum = MlDsaSigner(SIGNER.name, MLDSA44PrivateKey.from_seed_bytes(b"\x05" * 32))
    folder = tmp_path / "log"
    Log.create(folder, origin=SIGNER.name, signer=SIGNER).close()
    with Log.open(folder, origin=SIGNER.name, signer=Signers((SIGNER, new, quantum))) as log:
        log.append([b"x"])
    with Log.open(folder, origin=SIGNER.name, signer=new) as log:
        note = log.append([b"y"]).checkpoint
    assert verify_checkpoint(note, [new.vkey])
    report = fsck(open_source(folder), [SIGNER.vkey, new.vkey, quantum.vkey], second=second_place(folder))
    assert report.clean


def test_many_readers_while_one_appends(log: Log) -> None:
    stop, faults = threading.Event(), []

    def read(seed: int) -> None:
        rng = Random(seed)
        while not stop.is_set():
            size = log.size
            if size:
                index = rng.randrange(size)
                (entry,) = log.entries(index, index + 1)
                try:
                    path = log.inclusion(index, size)
                    verify_inclusion(leaf_hash(entry), index, size=size, root=log.root_at(size), proof=path)
                except (BadInput, LedgerFault) as error:
                    faults.append(error)

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(3)]
    for thread in readers:
        thread.start()
    for number in range(60):
        log.append([b"%d" % number] * 11)
    stop.set()
    for thread in readers:
        thread.join()
    assert faults == []


def test_fsck_while_the_writer_is_at_work(tmp_path: Path, log: Log) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set() and log.size < 20_000:
            log.append([b"%d" % log.size] * 37)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(8):
            source = open_source(tmp_path / "log")
            report = fsck(source, [SIGNER.vkey], second=second_place(tmp_path / "log"), settled=False)
            assert report.clean, report.differences
    finally:
        stop.set()
        writer.join()


class _Server(ThreadingHTTPServer):
    folder: Path
    fault: str = ""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        path = self.server.folder / self.path.removeprefix("/some/log/")
        fault = self.server.fault
        if fault == "500":
            self.send_error(500)
        elif not path.is_file():
            self.send_error(404)
        else:
            data = path.read_bytes()
            if fault == "slow head":
                self._slowly(b"HTTP/1.1 200 OK\r\nX: ")
                return
            self.send_response(200)
            if fault == "slow body":
                self.send_header("Content-Length", "1000000")
                self.end_headers()
                self._slowly(b"")
                return
            if fault in ("gzip", "cut"):
                data = gzip.compress(data)
                data = data[:-9] if fault == "cut" else data
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def _slowly(self, first: bytes) -> None:
        with suppress(OSError):  # until whoever asked has gone
            self.wfile.write(first)
            for _ in range(1000):
                self.wfile.write(b"a")
                time.sleep(0.02)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def static(tmp_path: Path, log: Log) -> Path:
    """A log of 600 entries as a folder of static tiles."""
    _fill(log, 600)
    folder = tmp_path / "static"
    export_tiles(Reader(open_source(tmp_path / "log"), [SIGNER.vkey]), folder)
    return folder


@pytest.fixture
def server(static: Path) -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.folder = static
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_log_reads_the_same_from_its_folder_from_tiles_and_from_the_network(tmp_path: Path, static: Path, server: _Server) -> None:
    address = f"http://127.0.0.1:{server.server_port}/some/log"
    places: list[str | Path] = [tmp_path / "log", static, address, address + "/"]
    assert isinstance(open_source(places[0]), LogFolder)
    assert isinstance(open_source(places[1]), StaticFolder)
    seen = []
    for place in places:
        verify_log(place, [SIGNER.vkey])
        reader = Reader(open_source(place), [SIGNER.vkey])
        seen.append((list(reader.entries()), reader.inclusion(33), reader.consistency(500), reader.note))
        assert fsck(open_source(place), [SIGNER.vkey]).clean
    assert seen[1:] == seen[:-1]
    server.fault = "gzip"
    verify_log(address, [SIGNER.vkey])


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_a_failing_server_is_the_peers_fault(server: _Server, fault: str) -> None:
    server.fault = fault
    with pytest.raises(PeerFault):
        verify_log(f"http://127.0.0.1:{server.server_port}/some/log", [SIGNER.vkey])


@pytest.mark.parametrize("fault", ["slow head", "slow body"])
@pytest.mark.parametrize(
    ("each", "within", "said"),
    [(0.3, 60.0, "did not give one part of it within 0.3 seconds"), (60.0, 0.3, "not read within 0.005 minutes")],
)
def test_a_server_that_gives_a_byte_at_a_time_is_not_waited_for(server: _Server, fault: str, each: float, within: float, said: str) -> None:
    server.fault = fault
    source = WebSource(f"http://127.0.0.1:{server.server_port}/some/log", each=each, within=within)
    began = time.monotonic()
    with pytest.raises(PeerFault, match=said):
        Reader(source, [SIGNER.vkey])
    assert time.monotonic() - began < 5.0
    server.fault = ""
    if each < within:
        assert Reader(source, [SIGNER.vkey]).size == 600, "each part has its time anew"
    else:
        with pytest.raises(PeerFault, match=said):
            source.get("checkpoint")


@pytest.mark.parametrize("name", ["checkpoint", "tile/entries/000", "tile/0/000"])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_what_is_no_file_is_not_read(static: Path, name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = static / name
    place.unlink()
    monkeypatch.chdir(place.parent)  # the name of a socket has a hundred bytes at most
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "device":
        place.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    if name == "checkpoint":
        with pytest.raises(LedgerFault, match="a pipe, a device or a socket"):
            open_source(static)
        return
    found = fsck(open_source(static), [SIGNER.vkey]).differences
    assert any("a pipe, a device or a socket" in one.what for one in found)


def test_a_server_that_is_not_there_is_the_peers_fault(server: _Server) -> None:
    with pytest.raises(PeerFault):
        verify_log(f"http://127.0.0.1:{server.server_port}/elsewhere", [SIGNER.vkey])
    server.shutdown()
    server.server_close()
    with pytest.raises(PeerFault):
        verify_log(f"http://127.0.0.1:{server.server_port}/some/log", [SIGNER.vkey])


@pytest.mark.parametrize("address", ["http://", "http://host/?q", "http://host/#f", "ftp://host/log", "file:///etc"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(BadInput):
        WebSource(address)


def test_a_bundle_that_was_changed_is_noticed(static: Path) -> None:
    bundle = static / "tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(BadInput, match="do not make the root"):
        verify_log(static, [SIGNER.vkey])
    with pytest.raises(LedgerFault):
        list(Reader(open_source(static), [SIGNER.vkey]).entries(300, 301))
    found = fsck(open_source(static), [SIGNER.vkey]).differences
    assert any("tile/0/001" in one.where and "entry 511" in one.what for one in found)
    assert any("entries were changed" in one.what for one in found)


def test_a_hash_that_was_changed_is_noticed(static: Path) -> None:
    tile = static / "tile/0/001"
    data = bytearray(tile.read_bytes())
    data[40] ^= 1
    tile.write_bytes(data)
    verify_log(static, [SIGNER.vkey])  # the entries are right
    (found,) = fsck(open_source(static), [SIGNER.vkey]).differences
    assert found.where == "tile/0/001"
    assert "entry 257" in found.what
    with pytest.raises(LedgerFault):
        Reader(open_source(static), [SIGNER.vkey]).inclusion(256)


def test_a_missing_tile_is_noticed_and_a_partial_one_may_be_its_full_one(static: Path, log: Log, tmp_path: Path) -> None:
    before = Reader(open_source(static), [SIGNER.vkey])
    _fill(log, 800)
    export_tiles(Reader(open_source(tmp_path / "log"), [SIGNER.vkey]), static)
    for partial in static.glob("tile/*/*.p/*"):
        if partial.parent.name.startswith("002"):
            partial.unlink()
    assert len(list(before.entries())) == 600  # the older checkpoint still reads, out of the full tile
    (static / "tile/0/001").unlink()
    with pytest.raises(LedgerFault):
        Reader(open_source(static), [SIGNER.vkey]).inclusion(300)
    assert not fsck(open_source(static), [SIGNER.vkey]).clean


def test_an_export_goes_on_and_never_goes_back(static: Path, log: Log, tmp_path: Path) -> None:
    reader = Reader(open_source(tmp_path / "log"), [SIGNER.vkey])
    full = (static / "tile/0/000").stat().st_mtime_ns
    _fill(log, 700)
    export_tiles(Reader(open_source(tmp_path / "log"), [SIGNER.vkey]), static)
    assert (static / "tile/0/000").stat().st_mtime_ns == full
    verify_log(static, [SIGNER.vkey])
    with pytest.raises(BadInput):
        export_tiles(reader, static)


def test_nothing_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no log here"):
        open_source(tmp_path)


def test_signing_does_not_wait_for_readers(log: Log) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: log.append([b"%d" % n]), range(40)))
    assert sorted(one.first for one in done) == list(range(40))
    for one in done:
        assert list(log.entries(one.first, one.first + 1)) != []
        assert verify_checkpoint(one.checkpoint, [SIGNER.vkey]).checkpoint.size == one.size
