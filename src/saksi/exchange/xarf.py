"""A request to take down or to suspend as XARF v4 reports, which abuse desks read by machine: one report a target.

Source: the XARF v4 schemas (xarf-spec: xarf-core, content-fraud, messaging-spam). XARF has kinds for fraud and for unwanted messages and
none for trafficking, extortion or laundering: such a request has no XARF report, and is not dressed up as another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from saksi.actions import Kind, Request, Target
from saksi.exchange.office import Office
from saksi.exchange.reference import reference, uuid_of
from saksi.exchange.shown import line
from saksi.model import BadInput, Json

__all__ = ["XARF_VERSION", "Xarf", "reports"]

XARF_VERSION = "4.2.0"
_FRAUD = frozenset({"fraud", "attempted-fraud"})
_URI = "!#$%&'()*+,/:;=?@[]~"  # what a URI may hold as it stands (RFC 3986)
_PROTOCOLS = frozenset({"whatsapp", "telegram", "signal"})


@dataclass(frozen=True, slots=True)
class Xarf:
    """One report: the entity it is about, and its bytes."""

    entity: str
    data: bytes


def reports(asked: Request, office: Office, sent_at: str) -> tuple[Xarf, ...]:
    """The reports for a request; `sent_at` is a UTC time. Raises BadInput where XARF has no word for what is asked."""
    if asked.kind not in {Kind.TAKEDOWN, Kind.SUSPEND}:
        raise BadInput(f"a {asked.kind.value} request is no abuse report", where="kind")
    if asked.offence not in _FRAUD:
        raise BadInput(f"XARF has no kind for {asked.offence}", where="offence")
    return tuple(Xarf(each.entity, _report(asked, each, office, sent_at)) for each in asked.targets)


def _report(asked: Request, target: Target, office: Office, sent_at: str) -> bytes:
    party = {"org": line(office.name, 120), "contact": office.mail, "domain": office.domain}
    said = f"{office.name} asks to {asked.kind.value} this, reference {reference(asked.id)}, until {asked.until}. {asked.legal_basis}"
    made: dict[str, Json] = {
        "xarf_version": XARF_VERSION,
        "report_id": uuid_of(asked, f"xarf {target.entity}"),
        "timestamp": sent_at,  # when it was reported; the letter says when it happened, as far as that is known
        "reporter": party,
        "sender": party,
        "description": line(f"{said} The signed letter says why.", 900),
        "tags": [f"saksi:{asked.kind.value}", f"offence:{asked.offence}"],
        **(_page(target.entity) if asked.kind is Kind.TAKEDOWN else _sender(target.entity)),
    }
    return json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _page(entity: str) -> dict[str, Json]:
    kind, _, normal = entity.partition(":")
    if kind == "url":
        url, host = normal, normal.partition("://")[2].partition("/")[0].rpartition("@")[2]
        place = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    elif kind in {"host", "ip"}:
        place, url = normal, f"https://[{normal}]/" if ":" in normal else f"https://{normal}/"
    else:
        raise BadInput(f"a page is a URL, a host or an address, not {kind[:20]!r}", where="targets")
    made: dict[str, Json] = {
        "category": "content",
        "type": "fraud",
        "fraud_type": "other",
        "source_identifier": place,
        "url": quote(url, safe=_URI),
    }
    if place.rpartition(".")[2].isalpha():
        made["domain"] = place
    return made


def _sender(entity: str) -> dict[str, Json]:
    kind, _, normal = entity.partition(":")
    platform = normal.partition(":")[0]
    if kind == "phone":
        protocol = "other"  # whether it called or wrote is for the letter to say
    elif kind == "handle":
        protocol = platform if platform in _PROTOCOLS else "social_media"
    else:
        raise BadInput(f"a number or a handle is suspended, not {kind[:20]!r}", where="targets")
    return {"category": "messaging", "type": "spam", "protocol": protocol, "source_identifier": line(normal, 300)}
