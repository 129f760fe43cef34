"""Makes `src/saksi/observables/bank_rows.py` from `resources/banks.yaml`; with `--check` it only says whether both agree.

Refuses a table in which a code, a BIC or another name means two banks of one country, or that names no list it was compared with.
Rows under `unverified` are held to the same form and left out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from saksi.observables.bank_key import bank_key  # noqa: E402

TABLE = ROOT / "resources" / "banks.yaml"
TARGET = ROOT / "src" / "saksi" / "observables" / "bank_rows.py"
HEAD = '''"""Made from resources/banks.yaml by resources/make_banks.py: do not edit. Banks by country; see there for the sources."""

# fmt: off
# ruff: noqa: E501
from __future__ import annotations

__all__ = ["BANK_ROWS", "COUNTRY_ROWS"]

'''


def lengths(text: str) -> tuple[int, ...]:
    """`"9"`, `"10,14"` or `"7-12"` as the lengths it allows."""
    found: set[int] = set()
    for part in filter(None, str(text).split(",")):
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return tuple(sorted(found))


def rows(countries: dict[str, dict[str, Any]]) -> Iterator[tuple[object, ...]]:
    """One tuple a verified bank: country, code, BIC, national code, name, lengths, keys by which it is found."""
    for country, entry in sorted(countries.items()):
        owner: dict[str, str] = {}
        for row in [*entry["banks"], *entry.get("unverified", ())]:
            code, bic, national, name, allowed, others = row
            _check(country, code, bic, national)
            if entry.get("prefixes"):  # two prefixes may be one bank: its names stand at the row that has other names
                words = {code, name, *others} if others else {code}
            else:
                words = {code, bic, bic[:4], national, name, *others} - {""}
            keys = sorted({bank_key(word) for word in words})
            for key in keys:
                if owner.setdefault(key, code) != code:
                    raise SystemExit(f"{country}: {key!r} means both {owner[key]} and {code}")
            if row in entry["banks"]:
                yield country, code, bic, national, name, lengths(allowed or entry["lengths"]), tuple(keys)


def _check(country: str, code: str, bic: str, national: str) -> None:
    """A code is well formed and is the beginning of its BIC, or the national code."""
    if not re.fullmatch(r"[A-Z0-9]{2,6}", code) or not re.fullmatch(rf"([A-Z]{{4}}{country}[A-Z0-9]{{2}})?", bic):
        raise SystemExit(f"{country} {code}: malformed code or BIC {bic!r}")
    if bic and code not in (bic[:4], bic[:3], national):
        raise SystemExit(f"{country} {code}: the code is neither the beginning of {bic} nor the national code")


def compared(country: str, entry: dict[str, Any], sources: dict[str, str]) -> tuple[str, ...]:
    """What the rows of a country were compared with, in words; a country compared with nothing is refused."""
    names = entry["checked_against"]
    if not names or not all(name in sources for name in names):
        raise SystemExit(f"{country}: checked_against must name lists that stand under sources")
    return tuple(sources[name] for name in names)


def written() -> str:
    """The module's text."""
    table = yaml.safe_load(TABLE.read_text("utf-8"))
    countries = table["countries"]
    lines = [HEAD, "# country, code, BIC, national code, name, lengths of a number, keys\n"]
    lines.append("BANK_ROWS: tuple[tuple[str, str, str, str, str, tuple[int, ...], tuple[str, ...]], ...] = (\n")
    lines += [f"    {row!r},\n" for row in rows(countries)]
    lines.append(")\n\n# country, name, letters allowed in a number, codes are prefixes, whose list decides, what was compared\n")
    lines.append("COUNTRY_ROWS: tuple[tuple[str, str, bool, bool, str, tuple[str, ...]], ...] = (\n")
    for country, entry in sorted(countries.items()):
        flags = (bool(entry.get("letters")), bool(entry.get("prefixes")))
        row = (country, entry["name"], *flags, entry["source"], compared(country, entry, table["sources"]))
        lines.append(f"    {row!r},\n")
    lines.append(")\n")
    return "".join(lines)


if __name__ == "__main__":
    text = written()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text("utf-8") == text else "bank_rows.py does not agree with banks.yaml: run resources/make_banks.py")
    TARGET.write_text(text, "utf-8")
