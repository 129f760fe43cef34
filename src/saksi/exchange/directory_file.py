"""The directory of recipients as a file that a person keeps: TOML with everything, or CSV with the recipients alone. Read strictly."""

from __future__ import annotations

import csv
import io
import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace

from saksi.actions import Party
from saksi.exchange.directory import COVERS, Conflict, Directory, Entry
from saksi.exchange.reference import mail_address
from saksi.model import BadInput, Json
from saksi.model.fields import Fields

__all__ = ["read_csv", "read_toml"]

_LARGEST = 4_000_000
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_OFFSET = re.compile(r"([+-])(0\d|1[0-4]):([0-5]\d)", re.ASCII)
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_COLUMNS = ("id", "party", "name", "address", "languages", "offset", "callback", "bic", *COVERS)
_FORMS: Mapping[str, re.Pattern[str]] = {
    "banks": re.compile(r"[A-Z]{2}:[A-Z0-9]{1,30}", re.ASCII),
    "phones": re.compile(r"\+[1-9][0-9]{0,14}", re.ASCII),
    "hosts": re.compile(r"[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*", re.ASCII),
    "wallets": re.compile(r"[a-z0-9-]{2,20}:[\x21-\x7e]{10,200}", re.ASCII),
    "handles": re.compile(r"[a-z0-9]{2,40}", re.ASCII),
    "proxies": re.compile(r"[a-z0-9]{2,40}", re.ASCII),
}


def read_toml(data: bytes) -> Directory:
    """Read `[[recipient]]` and `[[conflict]]` tables. Raises BadInput with the place: the table's number and the field."""
    text = _text(data)
    try:
        whole: dict[str, Json] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput(f"not TOML: {fault}", where="directory") from fault
    top = Fields(whole, where="directory")
    entries = [_entry(value, f"recipient {at}") for at, value in enumerate(_tables(top, whole, "recipient"), 1)]
    conflicts = [_conflict(value, f"conflict {at}") for at, value in enumerate(_tables(top, whole, "conflict"), 1)]
    top.done()
    return Directory(entries, conflicts)


def read_csv(data: bytes) -> Directory:
    """Read recipients, a row each; lists inside a field are parted by spaces. Raises BadInput with the line."""
    rows = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    entries, names = [], None
    try:
        for row in rows:
            where = f"line {rows.line_num}"
            if names is None:
                names = row
                if len(set(row)) < len(row) or not set(row) <= set(_COLUMNS) or not {"id", "party", "name", "address"} <= set(row):
                    raise BadInput(f"the first line names columns out of: {', '.join(_COLUMNS)}", where=where)
                continue
            if len(row) != len(names):
                raise BadInput(f"{len(row)} fields under {len(names)} columns", where=where)
            value: dict[str, Json] = {name: field for name, field in zip(names, row, strict=True) if field and name not in COVERS}
            if "languages" in value:
                value["languages"] = str(value["languages"]).split()
            covers = {name: field.split() for name, field in zip(names, row, strict=True) if field and name in COVERS}
            entries.append(_entry({**value, "covers": covers}, where))
    except csv.Error as fault:
        raise BadInput(f"not CSV: {fault}", where=f"line {rows.line_num}") from fault
    return Directory(entries)


def _text(data: bytes) -> str:
    if len(data) > _LARGEST:
        raise BadInput(f"a directory has at most {_LARGEST:,} bytes", where="directory")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadInput(f"not UTF-8: {fault}", where="directory") from fault


def _tables(top: Fields, whole: Mapping[str, Json], name: str) -> tuple[Json, ...]:
    value = top.any(name) if name in whole else ()
    if not isinstance(value, (list, tuple)):
        raise BadInput(f"write each as [[{name}]]", where=name)
    return tuple(value)


def _entry(value: Json, where: str) -> Entry:
    fields = Fields(value, where=where)
    party = fields.text("party")
    if party not in {each.value for each in Party}:
        raise BadInput(f"unknown party {party[:40]!r}", where=f"{where}/party", todo=", ".join(each.value for each in Party))
    made = Entry(
        id=_form(_ID, fields.text("id"), f"{where}/id"),
        party=Party(party),
        name=_plain(fields.text("name"), f"{where}/name"),
        address=mail_address(fields.text("address"), f"{where}/address"),
        languages=tuple(_form(_LANGUAGE, each, f"{where}/languages") for each in fields.texts("languages")) or ("en",),
        offset=_offset(fields.maybe_text("offset") or "+00:00", f"{where}/offset"),
        callback=_maybe(fields.maybe_text("callback"), lambda text: _plain(text, f"{where}/callback")),
        bic=_maybe(fields.maybe_text("bic"), lambda text: _form(_BIC, text, f"{where}/bic")),
    )
    covers = fields.maybe_object("covers") or {}
    fields.done()
    inner = Fields(covers, where=f"{where}/covers")
    read = {name: tuple(_cover(name, each, f"{where}/covers/{name}") for each in inner.texts(name)) for name in COVERS if name in covers}
    inner.done()
    return replace(made, covers=read)


def _conflict(value: Json, where: str) -> Conflict:
    fields = Fields(value, where=where)
    made = Conflict(
        fields.text("about"), fields.text("recipient"), _plain(fields.text("reason"), f"{where}/reason"), fields.maybe_text("instead")
    )
    fields.done()
    if ":" not in made.about:
        raise BadInput("name the entity id that the conflict is about", where=f"{where}/about")
    return made


def _cover(name: str, text: str, where: str) -> str:
    if name != "networks":
        return _form(_FORMS[name], text, where, f"for example {COVERS[name]}")
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as fault:
        raise BadInput(f"not an address block: {fault}", where=where, todo=f"for example {COVERS[name]}") from fault


def _form(form: re.Pattern[str], text: str, where: str, todo: str = "") -> str:
    if not form.fullmatch(text):
        raise BadInput(f"not written as it should be: {text[:60]!r}", where=where, todo=todo)
    return text


def _plain(text: str, where: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > 200:
        raise BadInput("1 to 200 characters that can be printed are expected", where=where)
    return text.strip()


def _offset(text: str, where: str) -> int:
    found = _OFFSET.fullmatch(text)
    if not found:
        raise BadInput(f"a distance from UTC like +07:00 is expected, not {text[:20]!r}", where=where)
    return (1 if found[1] == "+" else -1) * (int(found[2]) * 60 + int(found[3]))


def _maybe(text: str | None, read: Callable[[str], str]) -> str | None:
    return None if text is None else read(text)
