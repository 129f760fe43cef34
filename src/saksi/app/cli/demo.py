"""The demonstration: real public lists, invented reports and one invented day in a node of one's own, checked and served."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import click

from saksi.app.cli.open import reading
from saksi.app.cli.say import common, line, progress, words
from saksi.app.cli.take import fetched, take_one, tell
from saksi.app.config import Config, load
from saksi.app.home import Home, set_up
from saksi.app.node import Node
from saksi.app.taking import Order
from saksi.ledger.disk import LocalDisk, take_lock
from saksi.ledger.ledger import LOG
from saksi.ledger.store import LOCK
from saksi.model import LedgerFault, NotAllowed, SaksiError

__all__ = ["demo"]

_NPM = Path("node_modules/eth-phishing-detect/src/config.json")
_LISTS = (
    "observables/globalantiscam_pigbutchering_hosts.txt",
    "observables/polkadot_phishing_domains.csv",
    "observables/polkadot_phishing_allow.json",
    "observables/forta_phishing_scams.csv",
    "observables/ofac_wallets_2024-09-27.csv",
    "observables/tagpacks/*.yaml",
    "misp/warninglists/bank-website.json",
    "misp/warninglists/cloudflare-top10k.json",
    "misp/warninglists/dynamic-dns.json",
    "misp/warninglists/url-shortener.json",
)
_ORDER = Order(path=Path(), name="")
_AUTHORITY, _TITLE = "centre.a.example", "Anti-Scam Centre of A (demonstration)"


@dataclass(frozen=True, slots=True)
class _Plan:
    folder: Path
    data: Path | None
    reports: int
    seed: int
    quiet: bool


@click.command()
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("saksi-demo"), show_default=True, help="Where it is made."
)
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), default=Path("../shared/data"), help="Public lists, where you have them."
)
@click.option("--reports", type=click.IntRange(0, 10_000_000), default=2_000, show_default=True, help="How many invented victim reports.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same reports.")
@click.option("--port", type=click.IntRange(0, 65535), default=8731, show_default=True)
@click.option("--no-serve", is_flag=True, help="Stop when all is checked.")
@click.option("--code", metavar="NAME", help="Say what somebody of the demonstration in the folder signs in with now, and make none.")
@common
@click.pass_context
def demo(ctx: click.Context, folder: Path, data: Path, reports: int, seed: int, port: int, no_serve: bool, code: str | None) -> int:
    """Take in real public lists and invented reports of fictional countries A to E, check every byte, play one invented day, and serve it
    all on this machine."""
    from saksi.app.cli.day import ready_for_mail, tell_code, with_mail
    from saksi.app.day.sink import sinking
    from saksi.app.web.serve import Listen, check_free

    plan = _Plan(folder.absolute(), data if data.is_dir() else None, reports, seed, bool(ctx.obj["json"]))
    if code is not None:
        tell_code(plan.folder, code, as_json=plan.quiet)
        return 0
    if not no_serve:
        check_free(Listen(port=port))
    home = Home(plan.folder / "home")
    _clear(plan, home)
    contest = "Write to redress@centre.a.example with the reference (an invented address: this is a demonstration)."
    made = Config(_AUTHORITY, _TITLE, contest=contest, purpose="demonstration", legal_basis="none: demonstration")
    ctx.obj["home"] = str(home.path)
    with sinking(plan.folder / "mail") as sink:
        key = set_up(home, with_mail(made, sink))
        ready_for_mail(home)
        with reading(ctx) as node:
            _show(node, plan, key, None if no_serve else port)
    return 0


def _clear(plan: _Plan, home: Home) -> None:
    """Take away what a demonstration before this one left, and nothing else. Raises NotAllowed where it is another's, or in use."""
    mail = plan.folder / "mail"
    left = [path for path in (home.path, mail) if path.exists() and any(path.iterdir())]
    if not left:
        return
    if not _is_demonstration(home):
        raise NotAllowed("this was not made by a demonstration", where=str(left[0]), todo="choose another --folder, or move it away")
    lock = home.ledger / LOG / LOCK
    if lock.exists():
        take_lock(LocalDisk(), lock).close()
    if not plan.quiet:
        words("The demonstration that stood here is made anew.")
    for path in left:
        shutil.rmtree(path)


def _is_demonstration(home: Home) -> bool:
    try:
        made, _ = load(home.path, {}, {})
    except SaksiError:
        return False
    return (made.authority, made.title) == (_AUTHORITY, _TITLE)


def _show(node: Node, plan: _Plan, key: str, port: int | None) -> None:
    from saksi.app.cli.day import play_day

    started = time.monotonic()
    totals = _take_all(node, plan)
    well = _check(node, plan)
    size = node.ledger.size
    if not plan.quiet:
        words()
        words(f"{totals['taken']:,} statements taken in {time.monotonic() - started:.0f} s; ledger size {size}")
    day = play_day(node, plan.folder, quiet=plan.quiet) if well else None
    if plan.quiet:
        spent = round(time.monotonic() - started)
        pack = None if day is None else str(day.pack)
        line({**totals, "size": size, "ok": well, "home": str(node.files.path), "key": key, "pack": pack, "seconds": spent})
    if not well:
        raise LedgerFault("the demonstration's ledger does not check", where=str(node.files.path))
    if not plan.quiet:
        _five_things(node, plan, key, port)
    if port is not None:
        _serve(node, port)


def _take_all(node: Node, plan: _Plan) -> dict[str, int]:
    totals = {"taken": 0, "duplicate": 0, "rejected": 0}
    files = plan.folder / "files"
    files.mkdir(parents=True, exist_ok=True)
    phishing = _NPM if _NPM.is_file() else None
    if phishing is None:
        try:
            phishing = fetched("eth-phishing-detect", files)
        except SaksiError as fault:
            click.echo(f"left out: the phishing list of the npm package ({fault})", err=True)
    paths = [] if phishing is None else [phishing]
    if plan.data is not None:
        paths += [path for pattern in _LISTS for path in sorted(plan.data.glob(pattern))]
    elif not plan.quiet:
        words("The public lists beside the checkout are not here: only the npm package's list and the invented reports are taken in.")
    if plan.reports:
        paths.append(_reports(files / f"synthetic-{plan.seed}.csv", plan))
    for path in paths:
        order = _ORDER if path != phishing else replace(_ORDER, source="eth-phishing-detect")
        made = take_one(node, order, path, rejects=files / f"{path.name}.rejects.csv", quiet=plan.quiet)
        for name in totals:
            totals[name] += getattr(made, name)
        if not plan.quiet:
            tell(made)
    return totals


def _reports(path: Path, plan: _Plan) -> Path:
    from saksi.sources.synthetic.reports import written

    with path.open("wb") as out:
        for piece in written(plan.seed, plan.reports):
            out.write(piece)
    return path


def _check(node: Node, plan: _Plan) -> bool:
    from saksi.app.whole import check_whole

    with progress("checking every byte", quiet=plan.quiet) as watch:
        made = check_whole(node, progress=watch)
    if not plan.quiet:
        words(made.said)
    return made.ok


def _five_things(node: Node, plan: _Plan, key: str, port: int | None) -> None:
    flagged = next(
        (hit.entity for hit in node.search("metamask", after=None, limit=50, reader=node.owner(), at=None).hits if hit.status == "known"),
        "",
    )
    contested = node.home(reader=node.owner(), limit=1).contested
    ref = ""
    if flagged:
        ref = node.entity(flagged, reader=node.owner(), at=None).statements[-1].ref
    words()
    words("Five things to try, in another terminal:")
    words(f"  export SAKSI_HOME={plan.folder / 'home'} PATH={Path(sys.executable).parent}:$PATH")
    words('  1. saksi ask "០១២ ៣៤៥ ៦៧៨" --country KH     one number in Khmer digits: the same entity as +85512345678')
    words(f"  2. saksi ask etherscan.io                    {_known_site(node)}")
    words(f"  3. saksi ask {flagged.partition(':')[2] or 'example.com'}   flagged: who says so, on which source and row")
    words(f"  4. saksi prove '{ref or '<a reference>'}' --out proof.json")
    words(f"     saksi verify proof.json --key '{key}'")
    if contested:
        words(f"  5. saksi show {contested[0].entity}   contested: both sides")
    else:
        words("  5. saksi feed --format rpz --out block.rpz   a block list for name servers")
    if port is not None:
        words(f"  and the same in the browser: http://127.0.0.1:{port}/   (Ctrl-C ends the demonstration)")
        words("  One process at a time writes: while it serves, the API retracts, amends, erases and takes in; each command says how.")


def _known_site(node: Node) -> str:
    """What the lists that were taken in say of a well-known honest site."""
    said = node.ask("etherscan.io", country=None, reader=node.owner(), at=None)
    if said.status == "unknown":
        return "on no list taken in here: unknown, which does not mean safe"
    if said.status == "safe-listed" and any(role.kind == "accuses" for role in said.roles):
        return "on a scam list, and on a list of honest sites: see why it is not flagged"
    return "on a list of honest sites: not flagged" if said.status == "safe-listed" else "see who says what about it"


def _serve(node: Node, port: int) -> None:
    from saksi.app.api.desk import Settings
    from saksi.app.cli.serve import serve_open
    from saksi.app.web.serve import Listen

    settings = Settings(node.config.title, node.config.authority)
    serve_open(node, settings, Listen(port=port), public="127.0.0.1:0", say=lambda address: words(f"serving on {address}"))
