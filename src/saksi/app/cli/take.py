"""Commands that bring things in: `take`, `source`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from saksi.app.cli.open import beside_a_server, looking, reading, written_first
from saksi.app.cli.say import common, failed, line, progress, words
from saksi.app.files import read_small, to_write
from saksi.app.node import Node
from saksi.app.taking import Order, Taken
from saksi.model import ROLES, BadInput, Grade, NotAllowed, Pap, SaksiError, Tlp
from saksi.sources.own import LISTS, OWN_LIST, OWN_SERIES, SAFE, own_of

__all__ = ["fetched", "source", "take", "take_one", "tell"]

_MEND = "nothing of this file was taken in: mend it, or have it sent again, then take it in once more"


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", "publisher", help="The publisher, where the file is not recognised by itself (`saksi source` lists them).")
@click.option("--publisher", "maker", help="Whose list it is, where it is one of the desk's own; needs --list.")
@click.option("--list", "kind", type=click.Choice(list(LISTS)), help="What a list of the desk's own holds.")
@click.option("--means", type=click.Choice(list(ROLES)), help="What a value on that list is, where it is not the usual accusation.")
@click.option("--safe", is_flag=True, help="The values on that list are known to be good.")
@click.option("--country", help="The country of local forms on that list, if not the node's own (ISO 3166: KH).")
@click.option("--mapping", type=click.Path(path_type=Path), help="A mapping file for reports with other columns.")
@click.option("--grade", help="The grade of what the files say, if not the source's own: B2.")
@click.option("--tlp", type=click.Choice([level.value for level in Tlp]), help="Who may see it, if not as the source's settings say.")
@click.option("--pap", type=click.Choice([level.value for level in Pap]), help="What may be done with it.")
@click.option("--purpose", help="What it is held for.")
@click.option("--legal-basis", help="On which legal ground.")
@click.option("--uri", help="Where the file was fetched from.")
@click.option("--published", help="When the publisher published it (ISO date).")
@click.option("--analyst", help="The pseudonym of whoever takes it in.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Where to list what one file rejected (else FILE.rejects.csv here).")
@click.option("--shrink", is_flag=True, help="Let a list drop more than half of its values.")
@click.option("--even-erased", is_flag=True, help="Bring in also what was erased here before, on purpose; needs --reason.")
@click.option("--reason", help="Why what was erased is brought in again, in words that others will read.")
@click.option("--workers", type=click.IntRange(0, 64), help="Processes to use (0: this one alone).")
@common
@click.pass_context
def take(
    ctx: click.Context,
    files: tuple[Path, ...],
    publisher: str | None,
    maker: str | None,
    kind: str | None,
    means: str | None,
    safe: bool,
    country: str | None,
    mapping: Path | None,
    grade: str | None,
    tlp: str | None,
    pap: str | None,
    purpose: str | None,
    legal_basis: str | None,
    uri: str | None,
    published: str | None,
    analyst: str | None,
    rejects: Path | None,
    shrink: bool,
    even_erased: bool,
    reason: str | None,
    workers: int | None,
) -> int:
    """Take in FILES: victim reports (CSV, JSON lines, XLSX), lists, TagPacks, warning lists; or a list of the desk's own.

    Each file goes in whole or not at all; the good rows are taken and the bad ones listed. Taking the same file again adds nothing.
    What was erased here before stays out, and is counted.
    """
    if even_erased != bool(reason):
        raise click.UsageError("--even-erased and --reason go together")
    if safe and means is not None:
        raise click.UsageError("--safe and --means say two things of one list")
    if kind is not None and len(files) > 1:
        raise click.UsageError("an edition of a list is one file: the second would expire what the first has")
    from saksi.formats.report_mapping import OWN, parse_mapping

    order = Order(
        path=Path(),
        name="",
        source=publisher,
        own=own_of(maker, kind, means=SAFE if safe else means, country=country),
        mapping=OWN if mapping is None else parse_mapping(read_small(mapping, what="a mapping"), str(mapping)),
        grade=None if grade is None else Grade.parse(grade),
        tlp=None if tlp is None else Tlp(tlp),
        pap=None if pap is None else Pap(pap),
        purpose=purpose,
        legal_basis=legal_basis,
        uri=uri,
        published=published,
        analyst=analyst,
        shrink=shrink,
        even_erased=reason,
        workers=workers,
    )
    as_json = bool(ctx.obj["json"])
    totals = {"taken": 0, "duplicate": 0, "rejected": 0, "erased": 0}
    refused: list[SaksiError] = []
    targets = _targets(files, rejects, given=files if mapping is None else (*files, mapping))
    with beside_a_server("takes"), reading(ctx) as node:
        written_first(node, whole=False)
        for path, target in zip(files, targets, strict=True):
            try:
                made = take_one(node, order, path, rejects=target, quiet=as_json)
            except BadInput as fault:
                if len(files) == 1:
                    raise
                refused.append(fault)
                failed(fault, as_json=as_json)
                continue
            for key in totals:
                totals[key] += getattr(made, key)
            if as_json and len(files) > 1:
                line({**asdict(made), "warnings": list(made.warnings), "rejects": list(made.rejects)})
            elif not as_json:
                tell(made)
    if as_json:
        last = asdict(made) if len(files) == 1 else {"files": len(files), "refused": len(refused)}
        line({**last, **totals})
    elif len(files) > 1:
        out = f", {totals['erased']:,} erased before" if totals["erased"] else ""
        words(f"all: {totals['taken']:,} taken, {totals['duplicate']:,} stood already, {totals['rejected']:,} rejected{out}")
    return 2 if refused else 0


def _targets(files: Sequence[Path], rejects: Path | None, *, given: Sequence[Path]) -> list[Path]:
    """Where each file's rejects go: checked before anything is taken in, and each to a place of its own."""
    if rejects is not None and len(files) > 1:
        raise BadInput(
            f"the rejects of {len(files)} files would be written over each other",
            where=str(rejects),
            todo="leave --rejects out: each file's own are listed here in FILE.rejects.csv",
        )
    made: list[Path] = []
    for path in files:
        own = rejects or Path(f"{path.name}.rejects.csv")
        number = 2
        while own in made:  # files of one name, from several folders
            own, number = Path(f"{path.name}.{number}.rejects.csv"), number + 1
        made.append(to_write(own, given, what="the rejects", option="--rejects"))
    return made


def take_one(node: Node, order: Order, path: Path, *, rejects: Path, quiet: bool = False) -> Taken:
    """Take one file in, with a progress bar, and write its rejects file where there is one to write.

    A refusal names the file as it was given.
    """
    from dataclasses import replace

    def write(pieces: Iterator[bytes]) -> None:
        with rejects.open("wb") as out:
            for piece in pieces:
                out.write(piece)

    name = _text(path.name)
    try:
        with progress(f"taking in {name}", unit="rows", quiet=quiet) as watch:
            return node.take_file(replace(order, path=path, name=name), rejects=write, progress=lambda counts: watch(counts.rows, None))
    except BadInput as fault:
        raise type(fault)(fault.what, where=_placed(path, fault.where), todo=fault.todo or _MEND) from fault


def _text(name: object) -> str:
    return str(name).encode("utf-8", "backslashreplace").decode()  # a name may hold bytes that are no text; the record is text


def _placed(path: Path, where: str) -> str:
    """A place in a file, behind the file as it was given: two of one name, from several folders, are told apart."""
    given = _text(path)
    return given if where in {"", given, _text(path.name)} else f"{given}, {where}"


def tell(made: Taken) -> None:
    """What became of a file, in words."""
    words(
        f"{made.name}: {made.taken:,} statements taken, {made.duplicate:,} stood already, {made.rejected:,} rejected ({made.rows:,} rows)"
    )
    words(f"  {made.recognised}; ledger size {made.size}")
    moved = [(made.expired, "expired"), (made.reinstated, "reinstated"), (made.changed, "regraded or relabelled")]
    if any(count for count, _ in moved):
        words("  " + ", ".join(f"{count:,} {what}" for count, what in moved if count))
    for warning in made.warnings:
        words(f"  mind: {warning}")
    if made.erased:
        words("  take it again with --even-erased and --reason to bring in what was erased, on purpose")
    for reject in [told for told in made.rejects if told not in made.warnings][:3]:  # what was erased is a warning above, no reject
        words(f"  rejected: {reject}")
    if made.rejected > 3:
        words(f"  ... and {made.rejected - 3:,} more in the rejects file")


@click.command()
@click.argument("name", required=False)
@click.option("--fetch", "target", type=click.Path(file_okay=False, path_type=Path), help="Fetch the publisher's files into this folder.")
@common
@click.pass_context
def source(ctx: click.Context, name: str | None, target: Path | None) -> int:
    """List the known publishers, or show one, or fetch its files where that can be done from here."""
    from saksi.sources.catalog import catalog
    from saksi.sources.catalog import source as find

    chosen = [find(name)] if name else list(catalog())
    if target is not None:
        if name is None:
            raise click.UsageError("say which publisher to fetch from")
        words(str(fetched(name, target)))
        return 0
    for spec in chosen:
        taken = _own_taken(ctx) if spec.name == OWN_LIST else []
        if ctx.obj["json"]:
            told = {"name": spec.name, "title": spec.title, "publisher": spec.publisher, "licence": spec.licence, "grade": str(spec.grade)}
            line({**told, "taken": taken} if spec.name == OWN_LIST else told)
            continue
        words(f"{spec.name:<20} {spec.title}")
        if name:
            words(f"  publisher  {spec.publisher}{_at(spec.homepage)}")
            words(f"  licence    {spec.licence}{_at(spec.licence_url)}")
            words(f"  cadence    {spec.cadence}")
            words(f"  grade      {spec.grade} ({spec.grade.words()}): {spec.grade_reason}")
            words(f"  marking    TLP:{spec.tlp.value} PAP:{spec.pap.value}")
            words(f"  fetch      {spec.fetch.steps or 'npm: ' + spec.fetch.package}{_at(spec.fetch.url)}")
            for caveat in spec.caveats:
                words(f"  mind       {caveat}")
            for title in taken:
                words(f"  taken      {title}")
    return 0


def _at(address: str) -> str:
    return f" ({address})" if address else ""


def _own_taken(ctx: click.Context) -> list[str]:
    """The desk's own lists that its node has had, by publisher, kind and meaning; none where there is no node yet."""
    try:
        with looking(ctx) as node:
            found = {known.title for known in node.views.sources() if known.title and (known.series or "").startswith(OWN_SERIES)}
            return sorted(found)
    except NotAllowed:
        return []


def fetched(name: str, target: Path) -> Path:
    """Fetch a publisher's file into a folder, by the command that its source names; one that is there already is not fetched again."""
    from saksi.sources.catalog import source as find
    from saksi.sources.fetch import fetch

    def run(command: Sequence[str], folder: Path) -> int:
        done = subprocess.run(list(command), cwd=folder, check=False, stdout=subprocess.DEVNULL, timeout=300)  # noqa: S603 - from our catalogue
        return done.returncode

    target.mkdir(parents=True, exist_ok=True)
    return fetch(find(name), target, run)
