"""TagPacks: inheritance, roles, credibility, and YAML that wants more than to be read."""

from __future__ import annotations

import io

import pytest
from formats_given import GIVEN, take

from saksi.formats.tagpack import TagPackReader
from saksi.formats.yaml_plain import read_yaml
from saksi.model import BadInput, Content

PACK = """
title: A pack
creator: somebody
confidence: web_crawl
abuse: scam
label: A scam
lastmod: 2021-11-12
source: https://example.org/a
tags:
- address: '0x000000000532b45f47779fce440748893b257865'
  currency: ETH
- address: 12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S
  currency: BTC
  label: An exchange
  category: exchange
  confidence: service_data
  context: '{"x": 1}'
- address: nonsense
  currency: BTC
- label: no address
- just text
- address: 0x12
  currency: [1]
"""


def test_a_pack() -> None:
    taken = take(TagPackReader(GIVEN), PACK.encode())
    scam, exchange = "wallet:eth:0x000000000532b45f47779fce440748893b257865", "wallet:btc:12cbQLTFMXRnSzktFkuoG3eHoMeFtpTu3S"
    assert taken.said("role") == [(scam, "recipient")], "an exchange's own wallet is never accused"
    assert taken.said("typology") == [(scam, "interpol-dwva:scam")]
    assert taken.said("label") == [(scam, "A scam"), (exchange, "An exchange")]
    assert taken.said("category") == [(exchange, "exchange")]
    assert taken.said("sourceUrl") == [(scam, "https://example.org/a"), (exchange, "https://example.org/a")]
    assert [place for place, _ in taken.why()] == ["at /tags/1/context", "at /tags/3", "at /tags/4", "at /tags/5", "at /tags/2"]
    grades = {one.content.entity: str(one.asserter.grade) for one in taken.statements if isinstance(one.content, Content)}
    assert grades == {scam: "C4", exchange: "C2"}, "each tag's confidence is its credibility"
    assert taken.statements[0].source.published == "2021-11-12"
    assert taken.statements[0].source.locator.pointer == "/tags/0"  # type: ignore[union-attr]
    assert taken.rows == 6


@pytest.mark.parametrize("category", ["exchange", "mixing_service", "miner", "gambling", "wallet_service"])
@pytest.mark.parametrize("abuse", ["scam", "sanction", "service_hack"])
def test_no_service_is_ever_accused(category: str, abuse: str) -> None:
    data = f"title: t\nabuse: {abuse}\ncategory: {category}\ntags:\n- address: '0x000000000532b45f47779fce440748893b257865'\n"
    assert not take(TagPackReader(GIVEN, {"t": "sanctioned"}), data.encode()).said("role")


def test_a_role_for_a_pack_that_names_no_abuse() -> None:
    data = b"title: t\ntags:\n- address: '0x000000000532b45f47779fce440748893b257865'\n"
    assert not take(TagPackReader(GIVEN), data).said("role")
    assert take(TagPackReader(GIVEN, {"t": "sanctioned"}), data).said("role")[0][1] == "sanctioned"


def test_scalars_stay_as_written() -> None:
    made = read_yaml(io.BytesIO(b"a: 0x12\nb: 1e3\nc: no\nd: 2021-11-12\ne: ~\nf: '~'\ng: 010\n"))
    assert made == {"a": "0x12", "b": "1e3", "c": "no", "d": "2021-11-12", "e": None, "f": "~", "g": "010"}


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"a: &x 1\nb: *x\n", "anchors and aliases"),
        (b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "anchors and aliases"),
        (b"!!python/object/apply:os.system ['true']\n", "tag"),
        (b"a: !!int 5\n", "tag"),
        (b"a: 1\na: 2\n", "stands twice"),
        (b"[" * 50 + b"]" * 50, "nested deeper"),
        (b"[" * 100_000, "nested deeper|not YAML"),
        (b"a: [1\n", "not YAML"),
        (b"a: 'x\n", "not YAML"),
        (b"a: 1\n---\nb: 2\n", "more than one document"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"a: \x00\n", "not YAML"),
        (b"? [a]\n: b\n", "a key that is no text"),
        (b"title: t\n", "a TagPack is"),
        (b"- 1\n", "a TagPack is"),
        (b"title: t\ntags: 5\n", "a TagPack is"),
        (b"", "a TagPack is"),
        (b"#" * (17 << 20), "more than"),
        (b"[" + b"a," * 1_500_001 + b"]", "more than 1500000 values"),
    ],
)
def test_yaml_that_wants_more_than_to_be_read(data: bytes, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        take(TagPackReader(GIVEN), data)
