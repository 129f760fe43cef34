"""Taking packs apart and putting them together again, as an outsider can and as somebody with the log's key can."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from zlib import crc32

from saksi.actions.pack import BESIDE, CONSISTENCY, LOGGED, MANIFEST, ROLES, Line, Manifest, dump
from saksi.actions.pack_case import filed
from saksi.actions.pack_custody import custodies
from saksi.actions.pack_exhibit import Exhibit, exhibits
from saksi.actions.pack_page import Outline, page
from saksi.actions.pack_zip import Member, members, pieces, write_members
from saksi.actions.verify_pack import Finding, Report, checked, read_keys
from saksi.app.node import Node
from saksi.ledger.batch import Kind
from saksi.ledger.core import Entry
from saksi.ledger.note import VKey
from saksi.ledger.wire import write_base64
from saksi.model import Asserter, SaksiError, Source, canonical

Files = dict[str, bytes]


def apart(data: bytes) -> Files:
    file = io.BytesIO(data)
    return {one.name: b"".join(pieces(file, one)) for one in members(file)}


def together(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    write_members(out.write, [(Member(name, len(data), crc32(data)), iter([data])) for name, data in files.items()])
    return out.getvalue()


def listed(files: Files) -> Files:
    """The same files with a manifest that lists them as they now are."""
    old = Manifest.parse(files[MANIFEST])
    lines = tuple(
        Line(name, len(data), sha256(data).hexdigest(), next(role for role, form in ROLES.items() if form.fullmatch(name)))
        for name, data in sorted(files.items())
        if name not in BESIDE
    )
    return {**files, MANIFEST: replace(old, files=lines).write()}


def logged(node: Node, files: Files) -> Files:
    """The same files with a manifest of them that the node has logged: what an author with the key can do."""
    made = listed(files)
    manifest = Manifest.parse(made[MANIFEST])
    try:
        made = _told_again(made, manifest)
        manifest = Manifest.parse(made[MANIFEST])
    except SaksiError:
        pass  # what is left does not fold: the page stays as it was
    asserter = Asserter("centre.a.example", manifest.made_at)
    parts = (Source(title="A pack"), asserter, manifest.marking)
    entry = Entry(Kind.CONTROL, (canonical(manifest.to_log()), *(canonical(part.to_json()) for part in parts)))
    leaf = node.ledger.append_entries([entry]).appended.first
    made[LOGGED] = node.ledger.prove(leaf, 0)
    path = [write_base64(each) for each in node.ledger.log.consistency(manifest.size)]
    made[CONSISTENCY] = dump({"path": path, "saksi": "consistency/1"})
    return made


def _told_again(made: Files, manifest: Manifest) -> Files:
    """Page and custody made to say what the files say."""
    keys = read_keys(made["key.txt"], manifest.origin)
    found: tuple[Exhibit, ...] = exhibits(manifest, made, keys)
    made = listed({**made, **custodies(manifest, found)})
    manifest = Manifest.parse(made[MANIFEST])
    from saksi.actions.pack_exhibit import told

    outline = Outline(
        manifest, tuple(key.write() for key in keys), found, told(manifest, found), custodies(manifest, found), filed(manifest, found, made)
    )
    return listed({**made, "index.html": page(outline)})


def check(data: bytes, keys: Sequence[VKey] = ()) -> Report:
    return checked(io.BytesIO(data), keys)


def first_bad(report: Report) -> Finding:
    return next(one for one in report.findings if one.state != "ok")
