"""Lists of a desk's own: blocked hosts, known mule accounts, the phones of banks.

Who takes one in says whose it is, what it holds, and what being on it means; nothing is guessed from the file but its form.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from saksi.formats.listed import Says
from saksi.formats.report_csv import split_table
from saksi.formats.valuelist import Table, looks_like_hosts_file
from saksi.model.errors import BadInput
from saksi.model.vocabulary import ROLES
from saksi.sources.catalog import Recognised, source
from saksi.sources.spec import FileSpec

__all__ = ["LISTS", "OWN_LIST", "OWN_SERIES", "SAFE", "ListKind", "OwnList", "own_list", "own_of", "skeleton"]

OWN_LIST = "own-list"
OWN_SERIES = "own/"
SAFE = "safe"
_LONGEST = 200
_JOINERS = "\u200c\u200d"  # they change how a word is written in some scripts
_ALIKE = frozenset({"LATIN", "GREEK", "CYRILLIC", "COPTIC", "ARMENIAN", "CHEROKEE"})  # scripts with letters that look the same
_PAID = frozenset({"recipient", "suspected-mule", "confirmed-mule"})
_HELD = frozenset({"infrastructure", "sanctioned"})
_SOMEBODYS = frozenset({"victim-own", "impersonated", "compromised"})


@dataclass(frozen=True, slots=True)
class ListKind:
    """What one kind of list holds: the kind of its values, the role they have unless another is said, which roles they can have, and the
    column that says more of each (its bank, its chain, its network)."""

    kind: str
    role: str
    roles: frozenset[str]
    hint: str | None = None


LISTS: Mapping[str, ListKind] = {
    "hosts": ListKind("host", "infrastructure", _HELD | {"impersonated", "compromised"}),
    "urls": ListKind("url", "infrastructure", _HELD | {"impersonated", "compromised"}),
    "wallets": ListKind("wallet", "recipient", _HELD | _PAID | {"victim-own", "compromised"}, "chain"),
    "phones": ListKind("phone", "infrastructure", _HELD | _PAID | _SOMEBODYS | {"spoofed"}),
    "accounts": ListKind("account", "suspected-mule", _HELD | _PAID | {"victim-own", "compromised"}, "bank"),
    "emails": ListKind("email", "infrastructure", _HELD | _PAID | _SOMEBODYS | {"spoofed"}),
    "handles": ListKind("handle", "infrastructure", _HELD | _SOMEBODYS, "platform"),
    "networks": ListKind("network", "infrastructure", _HELD),
    "ips": ListKind("ip", "infrastructure", _HELD | {"compromised"}),
}


@dataclass(frozen=True, slots=True)
class OwnList:
    """Whose list a file is, what it holds (a key of LISTS), what being on it means: a role, `safe`, or None for the usual accusation.

    `country` (ISO 3166) is assumed for local forms, where a row names none. `publisher` is kept in NFC, without signs that nobody sees.
    """

    publisher: str
    kind: str
    means: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in LISTS:
            raise BadInput(f"no list of {self.kind[:40]!r}", where="list", todo=f"one of {', '.join(LISTS)}")
        fits = LISTS[self.kind].roles
        if self.means is not None and self.means != SAFE and self.means not in ROLES:
            raise BadInput(f"no role {self.means[:40]!r}", where="means", todo=f"one of {', '.join(ROLES)}")
        if self.means is not None and self.means != SAFE and self.means not in fits:
            raise BadInput(
                f"{self.means} ({ROLES[self.means]}) is nothing that {self.kind} can be",
                where="means",
                todo=f"one of {', '.join(word for word in ROLES if word in fits)}",
            )
        if self.country is not None and not (len(self.country) == 2 and self.country.isascii() and self.country.isupper()):
            raise BadInput(f"a country is two capital letters (ISO 3166), not {self.country[:40]!r}", where="country")
        object.__setattr__(self, "publisher", _publisher(self.publisher))

    @property
    def meaning(self) -> str:
        """The role of its values, or `safe`."""
        return self.means or LISTS[self.kind].role

    @property
    def of_publisher(self) -> str:
        """How the series of all lists of this publisher begin; two names may share it, and must not both be taken."""
        return f"{OWN_SERIES}{_slug(self.publisher)}/"

    @property
    def series(self) -> str:
        """Its own series: an edition expires what the one before had under the same meaning, and nothing else."""
        return f"{self.of_publisher}{self.kind}/{self.meaning}"


def skeleton(publisher: str) -> str:
    """What a reader takes a name for: case, styled letters (NFKC), blanks and all between the words aside. Two names may share it."""
    return _slug(unicodedata.normalize("NFKC", publisher).casefold())


def own_of(publisher: str | None, kind: str | None, *, means: str | None = None, country: str | None = None) -> OwnList | None:
    """The list that a giver says a file is, None where nothing is said of one. Raises BadInput where only half of it is said."""
    if publisher is None or kind is None:
        if (publisher, kind, means, country) != (None,) * 4:
            raise BadInput(
                "a list of the desk's own has a publisher and holds one kind of values",
                where="publisher" if publisher is None else "list",
                todo="say both publisher and list; a meaning and a country go with them",
            )
        return None
    return OwnList(publisher, kind, means, country)


def own_list(own: OwnList, name: str, head: bytes) -> Recognised:
    """A file as an edition of a desk's own list; `head` is its first bytes. Raises BadInput for a table without a column of its values."""
    safe, kind = own.meaning == SAFE, LISTS[own.kind]
    title = f"{own.publisher}: {own.kind}, {own.meaning}"
    spec = replace(source(OWN_LIST), title=title, publisher=own.publisher, kind="safe-list" if safe else "list")
    says = Says((kind.kind,), (("safeListed", "benign") if safe else ("role", own.meaning),), own.country)
    table = _table(kind, name, head)
    form = "table" if table else "hosts-file" if own.kind == "hosts" and looks_like_hosts_file(head) else "lines"
    return Recognised(spec, FileSpec(own.series, form, says=says, table=table), f"{title}: as told")


def _table(kind: ListKind, name: str, head: bytes) -> Table | None:
    """The columns, where the first line names one of values; None for a plain list."""
    try:
        heading = [cell.strip().casefold() for cell in next(split_table(io.BytesIO(head), encoding=None, delimiter=None, rows=1)).heading]
    except BadInput:
        return None  # nothing that a table begins with; the reader of lines tells what is wrong with each
    value = next((word for word in (kind.kind, "value") if word in heading), None)
    if value is None and len(heading) > 1 and name.casefold().endswith((".csv", ".tsv")):
        raise BadInput(
            f"no column is called {kind.kind!r} or 'value': it has {', '.join(heading)[:200]}",
            where=name,
            todo=f"call the column of values {kind.kind!r} in the first line",
        )
    if value is None:
        return None
    since, label, country, hint = (word if word in heading else None for word in ("since", "label", "country", kind.hint))
    return Table(value, since, label, hint, country=country)


def _publisher(text: str) -> str:
    """A name with single blanks in NFC, without signs that nobody sees: Khmer and Thai words may be parted by blanks of no width.

    A word of letters that look alike in two scripts is refused (UTS 39, single script): it would pass for somebody else's name.
    """
    plain = "".join(unicodedata.normalize("NFKC", sign) if "\uff01" <= sign <= "\uff5e" else sign for sign in text)  # full-width letters
    joined = " ".join(unicodedata.normalize("NFC", plain).split())
    seen = "".join(sign for sign in joined if sign in _JOINERS or unicodedata.category(sign) != "Cf")
    if len(seen) > _LONGEST or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in seen):
        raise BadInput(f"a publisher's name is text of at most {_LONGEST} characters", where="publisher")
    if not any(unicodedata.category(sign)[0] in "LN" for sign in seen):
        raise BadInput("a publisher's name has a letter or a digit", where="publisher", todo="name who made the list")
    for word in seen.split():
        scripts = {unicodedata.name(sign, "").partition(" ")[0] for sign in word} & _ALIKE
        if len(scripts) > 1:
            told = " and ".join(sorted(script.capitalize() for script in scripts))
            raise BadInput(f"the word {word[:40]!r} has letters of two scripts ({told})", where="publisher", todo="type it in one script")
    return seen


def _slug(publisher: str) -> str:
    """The name in lower case, letters, marks and digits alone, "-" for all between: a vowel sign may be all that tells two names apart."""
    folded = unicodedata.normalize("NFC", publisher.lower())
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" else " " for sign in folded)
    return "-".join(kept.split())
