"""The forms of a pack: the zip, the manifest, what speaks for the person."""

from __future__ import annotations

import io
import zipfile
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as some

from saksi.actions.pack import FEW, About, Line, Manifest, Withheld
from saksi.actions.pack_fair import in_favour
from saksi.actions.pack_zip import LARGEST, MOST_FILES, Member, members, pieces, write_members
from saksi.model import Amendment, BadInput, Content, Marking, Op, Reader

NAMES = some.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}(/[A-Za-z0-9][A-Za-z0-9._-]{0,20}){0,2}", fullmatch=True)


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_members(out.write, [(Member(name, len(data), crc32(data)), iter([data])) for name, data in files.items()])
    return out.getvalue()


@given(some.dictionaries(NAMES, some.binary(max_size=300), min_size=1, max_size=8))
def test_what_is_written_is_read_and_any_order_gives_the_same_bytes(files: dict[str, bytes]) -> None:
    data = packed(files)
    assert packed(dict(reversed(files.items()))) == data
    file = io.BytesIO(data)
    assert {one.name: b"".join(pieces(file, one)) for one in members(file)} == files
    with zipfile.ZipFile(io.BytesIO(data)) as other:
        assert {name: other.read(name) for name in other.namelist()} == files
        assert other.testzip() is None


@given(some.binary(max_size=400))
def test_noise_is_no_pack(data: bytes) -> None:
    with pytest.raises(BadInput):
        members(io.BytesIO(data))


def test_what_no_pack_can_hold_is_refused_before_a_byte_is_written() -> None:
    out = io.BytesIO()
    one = Member("a", 1, crc32(b"x"))
    for files in (
        [Member("a", LARGEST, 0)], [one, one], [Member("../a", 1, 0)], [Member(f"f{n}", 0, 0) for n in range(MOST_FILES + 1)],
    ):  # fmt: skip
        with pytest.raises(BadInput):
            write_members(out.write, [(member, iter([b"x"])) for member in files])
    assert out.getvalue() == b""
    with pytest.raises(BadInput, match="changed"):
        write_members(out.write, [(one, iter([b"y"]))])


ACCOUNT = "account:XB:BANKB:0001"
REF = "centre.a.example/saksi/1#" + "0" * 64


@pytest.mark.parametrize(
    ("prop", "value", "polarity", "ours"),
    [
        ("role", "recipient", "affirm", False), ("role", "recipient", "deny", True), ("role", "victim-own", "affirm", True),
        ("role", "victim-own", "deny", False), ("role", "confirmed-mule", "affirm", False), ("safeListed", "benign", "affirm", True),
        ("safeListed", "benign", "deny", False), ("outcome", "false-alarm", "affirm", True), ("outcome", "scam-confirmed", "affirm", False),
        ("role", "compromised", "affirm", True), ("role", "sanctioned", "deny", True), ("name", "somebody", "affirm", False),
    ],
)  # fmt: skip
def test_what_in_favour_the_person(prop: str, value: str, polarity: str, ours: bool) -> None:
    said = Content(ACCOUNT, "Account", prop, value, polarity=polarity)
    assert in_favour(said) is ours
    for op in (Op.RETRACT, Op.EXPIRE, Op.REJECT):  # to take a denial back speaks against, to take an accusation back speaks for
        assert in_favour(Amendment(op, REF), target=ours) is not ours
    for op in (Op.REINSTATE, Op.CONFIRM):
        assert in_favour(Amendment(op, REF), target=ours) is ours


LINES = tuple(
    Line(name, 1, "0" * 64, role) for name, role in [("checkpoint.txt", "checkpoint"), ("index.html", "page"), ("key.txt", "key")]
)
MANIFEST = Manifest(
    origin="centre.a.example/saksi/1", made_at="2026-06-01T08:00:00Z", size=1, root="0" * 64, about=(About("request", "a" * 32),),
    reader=Reader("court.a.example", known=True), marking=Marking(), files=LINES,
    withheld=(Withheld("for", "its marking", "TLP:RED", FEW),),
)  # fmt: skip


def test_a_manifest_reads_as_it_was_written_and_no_other_way() -> None:
    data = MANIFEST.write()
    assert Manifest.parse(data) == MANIFEST
    for old, new in [
        (b'"size":1,', b'"size":1.0,'), (b'"size":1,', b'"size":true,'), (b'"about":[', b'"about":[ '),
        (b'"synthetic":false', b'"synthetic":0'),
        (FEW.encode(), b"4"), (FEW.encode(), b"05"), (b'"what":"for"', b'"what":"all"'), (b"index.html", b"index.htm"),
        (b'"kind":"request"', b'"kind":"case"'), (b"pack/1", b"pack/2"),
        (b'"withheld":[', b'"withheld":[],"x":['), (b"TLP:RED", b"TLP:ROT"),
    ]:  # fmt: skip
        assert old in data
        with pytest.raises(BadInput):
            Manifest.parse(data.replace(old, new))


def test_a_manifest_has_one_spelling() -> None:
    data = MANIFEST.write()
    for at in range(len(data)):
        made = bytearray(data)
        made[at] ^= 1
        try:
            other = Manifest.parse(bytes(made))
        except BadInput:
            continue
        assert other.write() == bytes(made), "a manifest read as something else than it says"
