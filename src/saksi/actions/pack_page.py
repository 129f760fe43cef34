"""The page of an evidence pack for people: one file, without script, to be read offline and printed.

It says nothing that the proofs do not say: it is made from what was checked, and whoever checks the pack makes it again and compares.
The checkpoint and the digest of the contents stand at the foot of every printed page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from saksi.actions.pack import Manifest, Withheld
from saksi.actions.pack_case import Filed
from saksi.actions.pack_clocks import CLOCKS, clocks
from saksi.actions.pack_exhibit import Exhibit, Told
from saksi.actions.pack_page_case import case_part, chronology_part, table
from saksi.model import Amendment, Json, Marking, Statement

__all__ = ["CANNOT", "VERSION", "Outline", "Paper", "page"]

VERSION = '<meta name="generator" content="saksi pack page/2">'  # another number wherever the page of the same pack would be other bytes

CANNOT = (
    "that the key is the authority's: compare it with the one that the authority publishes, by another way than this pack",
    "that what the statements say is true: a proof shows that it was recorded, by whom and when, and not changed since",
    "that nothing was left out beyond what is counted as withheld: ask the authority, or an auditor who may read its ledger",
    "that a request has no further step after the last one here: its later leaves in the log would bear tags of its nonce",
    "times that people wrote down themselves; the time that counts is that of the witnesses who signed the checkpoint, where any did",
)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a pack shows once it is checked: what every paper about it is made from."""

    manifest: Manifest
    keys: tuple[str, ...]
    found: tuple[Exhibit, ...]
    told: tuple[Told, ...]
    custody: Mapping[str, bytes]
    case: Filed | None = None


Paper: TypeAlias = Callable[[Outline], bytes]
"""Makes a paper of a pack (a PDF, say); it bears the checkpoint and `manifest.contents` on every page."""

_STYLE = """
body{font:16px/1.5 Georgia,serif;color:#1c1b1a;max-width:60rem;margin:2rem auto;padding:0 1rem 4rem}
h1,h2,h3,th,dt,footer,.l{font-family:system-ui,sans-serif}h2{border-top:1px solid #999;padding-top:1rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:start;vertical-align:top;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #ddd}
.x{border-inline-start:3px solid #1f5c5c;padding-inline-start:1rem;margin:1.2rem 0;break-inside:avoid}.l{font-weight:600}
code{font:12px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}.s{border:2px solid #8a5a00;padding:.4rem 1rem}
footer{font-size:11px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.3rem 0}dd{margin:0;overflow-wrap:anywhere}
.p>*>tr>td{border:0;padding:0}tfoot{display:table-footer-group}h2,h2+*{break-after:avoid}
@media print{body{margin:0;padding:0;max-width:none}@page{margin:18mm 15mm}}
"""


def page(made: Outline) -> bytes:
    """The page, in UTF-8."""
    manifest = made.manifest
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evidence pack</title>'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"{VERSION}<style>{_STYLE}</style></head><body><main>",
        '<table class="p" role="presentation"><tbody><tr><td>',
        "<h1>Evidence pack</h1>",
        '<p class="s">Synthetic: something in this pack was invented.</p>' if manifest.synthetic else "",
        _facts(_head(made)),
        "<p>Check it without us: <code>saksi verify FILE.pack.zip --key KEY</code>, or "
        "<code>python -m saksi.actions.verify_pack FILE.pack.zip --key KEY</code>. KEY is the public key of the authority. "
        "The one in <code>key.txt</code> came with the pack and shows nothing by itself.</p>",
        _exhibits("What speaks for the person", [one for one in made.found if one.role == "for"], "Nothing of it is in this pack."),
        _withheld(manifest, only_for=True),
        _exhibits("Statements", [one for one in made.found if one.role == "statement"], "None."),
        *(_request(each, made.found) for each in made.told),
        case_part(made.case, {one.shown.ref: one.label for one in made.found}),
        chronology_part(made.found),
        _originals(made),
        "<h2>What is withheld</h2>",
        _withheld(manifest, only_for=False),
        "<h2>What checking cannot show</h2><ul>",
        *(f"<li>{escape(text)}</li>" for text in CANNOT),
        "</ul></td></tr></tbody>",
        f"<tfoot><tr><td><footer>{escape(manifest.origin)}, checkpoint at size {manifest.size}, root <code>{manifest.root}</code><br>"
        f"contents <code>{manifest.contents}</code></footer></td></tr></tfoot></table></main></body></html>\n",
    ]
    return "".join(parts).encode()


def _head(made: Outline) -> list[tuple[str, str]]:
    manifest = made.manifest
    reader = manifest.reader
    whom = f"{reader.authority} itself, cleared for TLP:{reader.clearance.value}" if reader.home else reader.authority
    circles = f" ({', '.join(sorted(reader.circles))})" if reader.circles else ""
    return [
        ("about", "; ".join(f"{one.kind} {one.id}" for one in manifest.about)),
        ("made by", manifest.origin.partition("/")[0]),
        ("made at", manifest.made_at),
        ("made for", whom + circles),
        ("marking", _marking(manifest.marking)),
        ("ledger", f"{manifest.origin}, size {manifest.size}, root {manifest.root}"),
        ("contents", manifest.contents),
        *(("key", key) for key in made.keys),
    ]


def _marking(marking: Marking) -> str:
    parts = [f"TLP:{marking.tlp.value} PAP:{marking.pap.value}", *marking.audience, marking.purpose or "", marking.legal_basis or ""]
    return "; ".join(part for part in parts if part)


def _exhibits(title: str, found: Sequence[Exhibit], none: str) -> str:
    return f"<h2>{title}</h2>" + ("".join(map(_exhibit, found)) or f"<p>{none}</p>")


def _exhibit(one: Exhibit) -> str:
    statement = one.statement
    if statement is None:
        return ""
    asserter, source = statement.asserter, statement.source
    who = " / ".join(filter(None, (asserter.authority, asserter.analyst)))
    machine = asserter.extraction
    rows = [
        *_said(statement),
        ("source", ", ".join(filter(None, (source.title, source.publisher, source.uri, str(source.locator or ""))))),
        ("in its words", source.quote or ""),
        ("original", source.digest or "nobody has opened it"),
        ("graded", asserter.grade.words() if asserter.grade else "ungraded"),
        ("read by machine", f"{machine.tool} {machine.version}" if machine else ""),
        ("recorded by", who),
        ("marking", _marking(statement.handling)),
        *_clocks(one, statement),
        ("reference", one.shown.ref),
    ]
    return f'<section class="x"><div class="l">{one.label}</div>{_facts(rows)}</section>'


def _said(statement: Statement) -> list[tuple[str, str]]:
    said = statement.content
    if isinstance(said, Amendment):
        return [("amends", said.target), ("how", said.op.value), ("why", said.reason or "")]
    denies = "denied: " if said.polarity == "deny" else ""
    return [
        ("about", said.entity),
        ("says", f"{denies}{said.prop} {_words(said.value)}"),
        ("as written", said.original or ""),
        ("proposed only", "a machine's proposal that nobody confirmed then" if said.op.value == "propose" else ""),
    ]


def _clocks(one: Exhibit, statement: Statement) -> list[tuple[str, str]]:
    """When it happened, when it was reported, when it became known to us, when it was logged: never mixed."""
    return [
        *((name, said or "not said") for name, said in zip(CLOCKS, clocks(statement), strict=True)),
        ("logged", f"{one.logged_at}, leaf {one.shown.leaf}"),
    ]


def _request(each: Told, found: Sequence[Exhibit]) -> str:
    labels = {one.shown.ref: one.label for one in found}
    asked, have = each.history.request, each.history
    rows = [
        (
            "asked",
            f"{asked.kind.value}: {'; '.join(target.entity + (f', {target.money}' if target.money else '') for target in asked.targets)}",
        ),
        ("of", f"{asked.to.name} ({asked.to.party.value})"),
        ("offence", asked.offence),
        ("legal basis", asked.legal_basis),
        ("purpose", asked.purpose),
        ("proportionality", asked.proportionality),
        ("rests on", _named([ground.ref for ground in asked.grounds], labels)),
        ("speaks for the holder", _named(asked.exculpatory, labels) or "the request names nothing"),
        ("after the last step", have.crossing.said),
    ]
    steps = table(("", "step", "who", *CLOCKS, "words"), (
        (
            one.label, step.word.value, f"{step.person}, {step.unit}, as {step.role.value}", step.at,
            "at the node" if step.via == "node" else f"by {step.via}; made sure: {step.checked or ''}", one.logged_at,
            " ".join(filter(None, (step.reason, step.text, step.until and f"until {step.until}"))),
        )
        for one, step in each.steps
    ))  # fmt: skip
    return f"<h2>Request {escape(asked.id)}</h2>{_facts(rows)}{steps}"


def _named(refs: Sequence[str], labels: Mapping[str, str]) -> str:
    return ", ".join(labels.get(ref, f"{ref} (not in the pack)") for ref in refs)


def _originals(made: Outline) -> str:
    lines = made.manifest.of("original")
    parts = ["<h2>Originals and their custody</h2>" + ("" if lines else "<p>None is in this pack.</p>")]
    for line in lines:
        told = json.loads(made.custody[f"custody/{line.sha256}.json"])
        parts.append(f'<section class="x"><div class="l"><code>{line.sha256}</code>, {line.size:,} bytes</div><ol>')
        parts += [f"<li>{_text(_event(event))}</li>" for event in told["events"]]
        parts.append("</ol></section>")
    if lines:
        note = json.loads(made.custody[f"custody/{lines[0].sha256}.json"])["not_recorded"]
        parts.append(f"<p>Not recorded: {_text('; '.join(note))}.</p>")
    return "".join(parts)


def _event(event: Mapping[str, Json]) -> str:
    names = ("at", "who", "what", "to", "digest", "logged_at", "leaf", "proof")
    said = [f"{name.replace('_', ' ')}: {event[name]}" for name in names if name in event]
    source = event.get("from")
    more = [f"{name}: {text}" for name, text in source.items()] if isinstance(source, dict) else []
    return "; ".join(said + more)


def _withheld(manifest: Manifest, *, only_for: bool) -> str:
    rows = [one for one in manifest.withheld if not only_for or one.what == "for"]
    if not rows:
        return "<p>Nothing of it is withheld.</p>" if only_for else "<p>Nothing.</p>"
    return "<ul>" + "".join(f"<li>{_text(_left_out(one))}</li>" for one in rows) + "</ul>"


def _left_out(one: Withheld) -> str:
    named = {"for": "what speaks for the person", "entry": "the entries of the case", "note": "records of takes and of earlier packs"}.get(
        one.what, f"{one.what}s"
    )
    return f"withheld of {named}: {one.count} ({', '.join(filter(None, (one.why, one.marking)))})"


def _words(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _facts(rows: Iterable[tuple[str, str]]) -> str:
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in rows if value) + "</dl>"


def _text(value: str) -> str:
    return f"<bdi>{escape(value)}</bdi>"
