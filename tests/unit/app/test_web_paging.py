"""Paging past what one page lists: by the API, by the page's data and by the page's own links."""

from __future__ import annotations

import re
from html import unescape

import pytest
from calls import Served
from stand import said, source

from saksi.app.api.keys import Role
from saksi.model import Tlp

HUB = "account:KH:BANKA:1"


@pytest.fixture
def hub(served: Served) -> Served:
    """A node with one account in 450 reports; each third one is TLP:RED."""
    by = source(1, "Desk of Country A")
    served.node.add(
        [said(HUB, "reportedIn", f"report:a/{count}", by=by, tlp=Tlp.CLEAR if count % 3 else Tlp.RED) for count in range(450)]
        + [said(HUB, "reportedIn", "report:a/last", by=by, tlp=Tlp.CLEAR)]
    )
    return served


def test_the_link_header_and_next_lead_through_all_statements(hub: Served) -> None:
    client, path = hub.with_key(Role.READER, Tlp.RED), f"/api/v1/entities/{HUB}"
    sizes, refs = [], []
    while path:
        answer = client.get(path)
        body = answer.json()
        sizes.append((body["before"], len(body["statements"]), body["total"]))
        refs += [line["ref"] for line in body["statements"]]
        found = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("link", ""))
        path = "" if found is None else found[1]
        assert (body["next"] is None) == (found is None)
        assert body["next"] is None or f"cursor={body['next']}" in path
    assert sizes == [(0, 200, 451), (200, 200, 451), (400, 51, 451)]
    assert len(set(refs)) == 451


def test_pages_of_a_walk_are_pinned_to_the_size_of_its_first(hub: Served) -> None:
    first = hub.local.get(f"/e/{HUB}.json").json()
    hub.node.add([said(HUB, "reportedIn", "report:a/new", by=source(2, "Desk of Country B"))])
    second = hub.local.get(f"/e/{HUB}.json", params={"cursor": first["next"]}).json()
    assert (second["at"], second["total"], second["before"]) == (first["at"], 301, 200)
    assert second["next"] is None
    assert len({line["ref"] for line in first["statements"] + second["statements"]}) == 301


def test_the_page_leads_on_without_script_and_hides_what_is_hidden(hub: Served) -> None:
    page = hub.local.get(f"/e/{HUB}")
    assert "Statements 1–200 of 301" in page.text
    onward = unescape(re.findall(r'rel="next" href="([^"]+)"', page.text)[0])
    assert "at=" in onward
    assert 'rel="next"' in page.headers["link"]
    behind = hub.local.get(onward)
    assert "Statements 201–301 of 301" in behind.text
    assert 'rel="next"' not in behind.text
    assert "link" not in behind.headers
    assert "TLP:RED" not in page.text + behind.text
    pinned = unescape(re.findall(r'data-pinned href="([^"]+)"', behind.text)[0])
    assert "cursor=" in pinned
    assert "Statements 201–301 of 301" in hub.local.get(pinned).text
    newest = unescape(re.findall(r'href="([^"]+)">To the newest', behind.text)[0])
    assert "Statements 1–200 of 301" in hub.local.get(newest).text


def test_a_short_answer_has_no_pages(served: Served) -> None:
    answer = served.local.get("/api/v1/entities/host:phish.example.net")
    assert (answer.json()["before"], answer.json()["next"], "link" in answer.headers) == (0, None, False)
    assert 'class="pager"' not in served.local.get("/e/host:phish.example.net").text


@pytest.mark.parametrize("cursor", ["x", "WyIxIl0", "WyIxLjIuMyJd"])
def test_a_strange_cursor_is_refused(served: Served, cursor: str) -> None:
    assert served.local.get(f"/api/v1/entities/{HUB}?cursor={cursor}").status_code == 400


def test_a_search_has_its_data_beside_it(served: Served) -> None:
    first = served.local.get("/search.json?q=example.org")
    told = served.local.get("/api/v1/search?q=example.org")
    assert first.json() == told.json()
    assert len(first.json()["hits"]) == 50
    assert first.headers["link"].startswith("</search.json?")
    behind = served.local.get("/search.json", params={"q": "example.org", "cursor": first.json()["next"]})
    assert not {hit["entity"] for hit in first.json()["hits"]} & {hit["entity"] for hit in behind.json()["hits"]}
    assert first.json()["hits"][0]["flagged"] is True
    page = served.local.get("/search?q=example.org").text
    assert "/search.json?q=example.org" in page
    assert page.count("⚑ Flagged") == 50


def test_a_name_given_by_a_source_leads_to_a_search(served: Served) -> None:
    assert 'href="/search?q=%E5%AE%A2%E6%9C%8D%E4%B8%AD%E5%BF%83"' in served.local.get("/e/phone:+85512345678").text


def test_a_statement_page_says_what_its_grade_means_and_leads_to_its_entity(served: Served) -> None:
    ref = served.local.get("/e/host:phish.example.net.json").json()["statements"][0]["ref"]
    page = served.local.get(f"/s/{ref.rpartition('#')[2]}").text
    assert "usually reliable; probably true" in page
    assert '<blockquote><a href="/e/host:phish.example.net">' in page
