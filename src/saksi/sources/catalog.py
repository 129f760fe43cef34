"""The publishers that Saksi knows, one folder each: found by name, or recognised by a file's name and first bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from saksi.model.errors import BadInput
from saksi.sources.spec import FileSpec, SourceSpec, parse_spec

__all__ = ["Recognised", "catalog", "file_of", "guess", "source"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file that is known: whose it is, which of their files, and by what it was recognised (words for the officer)."""

    spec: SourceSpec
    file: FileSpec
    why: str


@cache
def catalog() -> tuple[SourceSpec, ...]:
    """All publishers in order of name, read once and checked strictly."""
    found = []
    for folder in files("saksi.sources").iterdir():
        settings = folder.joinpath("source.toml")
        if folder.is_dir() and settings.is_file():
            found.append(parse_spec(settings.read_bytes(), f"{folder.name}/source.toml"))
    names = [spec.name for spec in found]
    series = [series for spec in found for series in {file.series for file in spec.files}]
    for words in (names, series):
        twins = {word for word in words if words.count(word) > 1}
        if twins:
            raise BadInput(f"{min(twins)!r} is used twice", where="sources")
    return tuple(sorted(found, key=lambda spec: spec.name))


def source(name: str) -> SourceSpec:
    """The publisher of that name."""
    found = next((spec for spec in catalog() if spec.name == name), None)
    if found is None:
        raise BadInput(f"no source {name!r}", todo=f"known: {', '.join(spec.name for spec in catalog())}")
    return found


def guess(name: str, head: bytes) -> Recognised | None:
    """Whose file this is, by its name (without folders) and its first kilobytes; None where nobody's, BadInput where it could be two."""
    found = [
        Recognised(spec, file, f"{spec.title}: {why}")
        for spec in catalog()
        for file in spec.files
        if (why := file.matches(name.rpartition("/")[2], head)) is not None
    ]
    if len(found) > 1:
        sure = [one for one in found if one.why.endswith("its name and its first lines")]
        if len({(one.spec.name, one.file.series, one.file.reader) for one in found}) == 1:
            return found[0]  # its name says one form, its first lines another: the reader will say what is wrong
        if len(sure) != 1:
            shown = ", ".join(f"{one.spec.name} ({one.file.series})" for one in found)
            raise BadInput(f"the file could be from {shown}", where=name, todo="name the source")
        return sure[0]
    return found[0] if found else None


def file_of(spec: SourceSpec, name: str, head: bytes) -> FileSpec:
    """Which of a named publisher's files this is; where all are read alike (reports, packs), it need not be recognised."""
    found = [file for file in spec.files if file.matches(name.rpartition("/")[2], head) is not None]
    if len(found) == 1 or (found and all(file.series == found[0].series for file in found)):
        return found[0]
    if len({(file.reader, file.series) for file in spec.files}) == 1:
        return spec.files[0]
    raise BadInput(
        f"not recognised as a file of {spec.name}", where=name, todo="; ".join(f"{file.series}: {file.names}" for file in spec.files)
    )
