"""One folder a publisher: what its lists are, how far they are trusted, how they are recognised, read and fetched."""

from saksi.sources.catalog import Recognised, catalog, file_of, guess, source
from saksi.sources.issue import Issue, given_for, reader_for
from saksi.sources.own import LISTS, OWN_LIST, OWN_SERIES, SAFE, ListKind, OwnList, own_list, own_of
from saksi.sources.spec import FetchSpec, FileSpec, SourceSpec, parse_spec

__all__ = [
    "LISTS",
    "OWN_LIST",
    "OWN_SERIES",
    "SAFE",
    "FetchSpec",
    "FileSpec",
    "Issue",
    "ListKind",
    "OwnList",
    "Recognised",
    "SourceSpec",
    "catalog",
    "file_of",
    "given_for",
    "guess",
    "own_list",
    "own_of",
    "parse_spec",
    "reader_for",
    "source",
]
