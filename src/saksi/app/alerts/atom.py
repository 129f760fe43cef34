"""What an alert found, as an Atom feed (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from saksi.app.alerts.alert import Alert
from saksi.app.alerts.telling import STANDS, AlertHit, Bell

__all__ = ["MEDIA", "atom"]

MEDIA = "application/atom+xml"
_SPACE = "http://www.w3.org/2005/Atom"


def atom(  # noqa: PLR0913 - what a feed is made of
    alert: Alert, hits: Sequence[AlertHit | Bell], *, origin: str, title: str, base: str, whole: bool
) -> bytes:
    """The feed, the newest hit first. `origin` is the ledger's name, `title` the node's, `base` its address without a slash at the end.

    `whole`: for the owner. Whoever came by the feed's secret alone gets `Bell`s, and nothing of what is searched for.
    """
    feed = Element("feed", xmlns=_SPACE)
    _texts(feed, id=f"urn:saksi:{origin}:{alert.id}", title=f"{title}: {alert.search.what if whole else alert.id}")
    _texts(feed, updated=hits[0].found_at if hits else alert.made)
    SubElement(SubElement(feed, "author"), "name").text = title
    SubElement(feed, "link", rel="alternate", href=f"{base}/alerts/{alert.id}")
    for hit in hits:
        entry = SubElement(feed, "entry")
        _texts(entry, id=f"urn:saksi:{origin}:{alert.id}:{hit.id}", title=_title(hit), updated=hit.found_at)
        SubElement(entry, "link", rel="alternate", href=f"{base}{hit.statement}")
        more = " Others were found beside it that are not listed here." if hit.more else ""
        SubElement(entry, "summary").text = f"{hit.ref}{more}"
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, encoding="unicode").encode()


def _title(hit: AlertHit | Bell) -> str:
    if isinstance(hit, Bell):
        return hit.entity or "A statement: sign in to see it"
    said = f"{hit.entity}: {hit.prop} {hit.value}".strip()
    return said if hit.standing == STANDS else f"taken back ({hit.standing}): {said}"


def _texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text
