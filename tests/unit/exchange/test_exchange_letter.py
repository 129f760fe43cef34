"""The letter: what it says in each language, what it never says, that hostile words stay words, that the PDF is tagged and signed."""

from __future__ import annotations

import asyncio
import json
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO

import pytest
from asn1crypto import cms, pem
from asn1crypto import x509 as asn1_x509
from post import FONTS, HOLD, HOSTILE, NOW, OFFICE, RECALL, SEEN, TAKEDOWN, apart, authority, letter, own, vouched
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_detached_cms, validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from saksi.actions import OFFENCES, REFUSALS, Kind, Request, Urgency
from saksi.exchange.letter import html, local, request_json
from saksi.exchange.printer import made_pdf
from saksi.exchange.reference import reference
from saksi.exchange.seal import Seal, detached, read_seal, sealed
from saksi.exchange.shown import line, paragraphs
from saksi.exchange.wording import LANGUAGES, wording
from saksi.ledger.wire import write_base64
from saksi.model import BadInput, parse_canonical

built = pytest.mark.skipif(not any(FONTS.glob("inter-latin-wght*")), reason="the pages are not built: their fonts are absent")


class _Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def __str__(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_it_says_all_that_a_bank_needs() -> None:
    text = str(_Text(html(letter())))
    for wanted in (
        "Centre A (synthetic)", "unit-x", "analyst-1", "+99 100 200 300", "SK-0123-4567-89AB", "account:XB:BANKB:0001", "1200.50 XBD",
        "80 XBD", "Only the amount named", "fraud", "Act 1 of A, section 2", "bank recall agreement", "within reach",
        "nothing above them", "300 XBD stay free", "money is still moving", "2026-06-01 15:30 (UTC+07:00)", "2026-06-01 17:00 (UTC+07:00)",
        "2026-06-06 07:00 (UTC+07:00)", "It ends by itself", HOLD.grounds[0].ref, "machine output", HOLD.exculpatory[0], "ANSWER: ACCEPT",
        "insufficient-ground", "review@centre.a.example", f"{SEEN.origin} 1204 {write_base64(SEEN.root)}", HOLD.digest(),
        letter().attached, own().signer.fingerprint, "Nobody else vouches", "Notice to the holder",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_the_nonce_never_leaves() -> None:
    assert HOLD.nonce not in html(letter())
    whole = parse_canonical(request_json(HOLD))
    assert "nonce" not in whole
    assert Request.from_json({**whole, "nonce": HOLD.nonce}) == HOLD


def test_where_tipping_off_is_forbidden_there_is_no_notice_to_the_holder() -> None:
    text = str(_Text(html(letter(office=replace(OFFICE, tipping_off="Act 3 of A, section 9")))))
    assert "Do not tell the holder" in text
    assert "Act 3 of A, section 9" in text
    assert "Notice to the holder" not in text
    assert "review@centre.a.example" in text


def test_the_notice_is_in_the_language_of_the_holder_and_names_no_account() -> None:
    page = html(letter(replace(HOLD, holder_language="km")))
    notice = page[page.index('<section class="notice"') :]
    assert 'lang="km"' in notice
    assert wording(("km",))["notice"] in notice
    assert "account:XB" not in notice
    assert "analyst-1" not in notice


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_string(language: str) -> None:
    read = {
        each: tomllib.loads((files("saksi.exchange") / "words" / f"{each}.toml").read_text(encoding="utf-8")) for each in ("en", language)
    }

    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {name: shape(each) for name, each in value.items()}
        return sorted(part.split("}")[0] for part in str(value).split("{")[1:] if not part.startswith("party"))

    assert shape(read[language]) == shape(read["en"])
    words = wording((language,))
    assert set(words.kinds) == {each.value for each in Kind}
    assert set(words.offences) == OFFENCES
    assert set(words.refusals) == set(REFUSALS)
    assert set(words.urgencies) == {each.value for each in Urgency}


def test_a_language_without_words_is_written_to_in_english() -> None:
    assert wording(("xx", "th-TH", "en")).language == "th"
    assert wording(("xx",)).language == "en"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(text: str) -> None:
    ours = _Text(html(letter())).tags
    able = "x" + text[:7000].encode("utf-8", "ignore").decode()  # no ledger takes a lone surrogate or 60 kB
    asked = replace(HOLD, purpose=able, unit=able, officer=able, text=able, to=replace(HOLD.to, name=able))
    page = html(letter(asked, office=replace(OFFICE, name="x" + text, contest="x" + text)))
    met = _Text(page)
    assert sorted(set(met.tags)) == sorted(set(ours))
    assert not any(char in page for char in "\u202e\u2066\u200e\u061c\x00\x1b\ud800\ufffe\u2028\x85")
    assert "{{ 7*7 }}" in page or "7*7" not in text
    assert page.isprintable() or all(char.isprintable() or char in "\n\u200b" for char in page)


def test_what_is_cut_says_so() -> None:
    assert line("a" * 1000, 10) == "a" * 10 + " [... 990 more characters are left out here]"
    assert paragraphs("a\r\n\r\nb\u2028c") == ("a", "b", "c")
    assert line("សំ\u200bណើ คำ") == "សំ\u200bណើ คำ"


def test_times_stand_in_the_clock_of_the_place() -> None:
    assert local(NOW, 420) == "2026-06-01 15:00 (UTC+07:00)"
    assert local(NOW, -210) == "2026-06-01 04:30 (UTC-03:30)"


@built
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_is_tagged_and_whole(language: str) -> None:
    made = letter(replace(HOLD, holder_language=language), languages=(language,))
    read = PdfFileReader(BytesIO(made_pdf(html(made), FONTS)))
    root = read.root
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b'pdfuaid:part="1"' in root["/Metadata"].data
    assert reference(HOLD.id).encode() in root["/Metadata"].data
    kinds = list(_kinds(root["/StructTreeRoot"]))
    assert kinds[0] == "/Document"
    headings = [kind for kind in kinds if kind in {"/H1", "/H2"}]
    assert headings == ["/H1", *["/H2"] * 8, "/H1"]
    assert {"/Table", "/TR", "/TH", "/TD", "/P"} <= set(kinds)
    for page in root["/Pages"]["/Kids"]:
        leaf = page.get_object()
        assert leaf["/Tabs"] == "/S"
        for font in (each.get_object() for each in leaf["/Resources"]["/Font"].values()):
            assert "/ToUnicode" in font
            inner = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert any(name.startswith("/FontFile") for name in inner)


def _kinds(node: object) -> list[str]:
    if not hasattr(node, "keys"):
        return []
    inner = node.get("/K", [])  # type: ignore[attr-defined]
    each = inner if isinstance(inner, list) else [inner]
    here = [str(node["/S"])] if "/S" in node else []  # type: ignore[index, operator]
    return here + [kind for child in each for kind in _kinds(child.get_object() if hasattr(child, "get_object") else child)]


@built
@pytest.mark.parametrize(
    "page",
    ["<img src='https://evil.example/a.png'>", "<link rel=stylesheet href='file:///etc/passwd'>", "<img src='data:image/png;base64,AA'>"],
)
def test_a_page_that_asks_for_anything_is_not_made(page: str) -> None:
    with pytest.raises(BadInput, match="a letter loads nothing"):
        made_pdf(f"<!doctype html><html lang=en><title>x</title><body>{page}", FONTS)


@built
def test_the_authoritys_signature_is_in_the_pdf_and_breaks_when_it_is_changed() -> None:
    made = sealed(made_pdf(html(letter(signer=vouched().signer)), FONTS), vouched(), NOW)
    assert "Root of the tests" in str(_Text(html(letter(signer=vouched().signer))))
    trusted = _trusting()
    status = _validated(PdfFileReader(BytesIO(made)).embedded_signatures[0], trusted)
    assert status.valid
    assert status.intact
    assert status.trusted
    assert status.docmdp_ok
    field = PdfFileReader(BytesIO(made)).root["/AcroForm"]["/Fields"][0].get_object()
    assert field["/F"] & 2, "PDF/UA wants a field that is not tagged to be hidden"
    assert field["/TU"] == "Signature of the authority"
    assert str(field["/V"]["/M"]).startswith("D:20260601080000")
    at = made.index(b"/Producer") if b"/Producer" in made else 200
    broken = made[:at] + bytes([made[at] ^ 1]) + made[at + 1 :]
    changed = PdfFileReader(BytesIO(broken), strict=False).embedded_signatures[0]
    assert not _validated(changed, trusted).intact


def test_a_letter_is_signed_where_a_loop_is_running() -> None:
    async def within() -> bytes:
        return sealed(made_pdf(html(letter(signer=vouched().signer)), FONTS), vouched(), NOW)

    made = apart(lambda: asyncio.run(within()))
    assert _validated(PdfFileReader(BytesIO(made)).embedded_signatures[0], _trusting()).intact


def _validated(signature: EmbeddedPdfSignature, trusted: ValidationContext) -> PdfSignatureStatus:
    return apart(lambda: validate_pdf_signature(signature, trusted))


def _trusting() -> ValidationContext:
    root = asn1_x509.Certificate.load(pem.unarmor(authority()[2])[2])
    return ValidationContext(trust_roots=[root], allow_fetching=False, moment=NOW)


async def _check(data: bytes, signature: bytes) -> object:
    signed = cms.ContentInfo.load(signature)["content"]
    return await async_validate_detached_cms(BytesIO(data), signed, signer_validation_context=_trusting())


def test_the_nodes_own_signature_lies_beside_and_breaks_when_it_is_changed() -> None:
    signature = detached(b"the letter", own(), NOW)
    assert apart(lambda: asyncio.run(_check(b"the letter", signature))).intact  # type: ignore[attr-defined]
    signer = cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    told = {each["type"].native: each["values"][0].native for each in signer["signed_attrs"]}
    assert told["signing_time"] == NOW
    assert not apart(lambda: asyncio.run(_check(b"the latter", signature))).intact  # type: ignore[attr-defined]


def test_a_seal_that_is_not_valid_seals_nothing() -> None:
    with pytest.raises(BadInput, match="valid from"):
        detached(b"x", vouched(), NOW.replace(year=2040))
    leaf, key, root = authority()
    with pytest.raises(BadInput, match="not that of the first certificate"):
        read_seal(root, key)
    with pytest.raises(BadInput, match="not a certificate"):
        read_seal(b"x", key)
    assert isinstance(read_seal(leaf, key), Seal)


def test_a_request_without_amounts_shows_none() -> None:
    text = str(_Text(html(letter(TAKEDOWN))))
    assert "Only the amount named" not in text
    assert " https://pay.shop.example/login?a=1&b=<2>" in text
    assert "url:https:" not in text and " host:shop" not in text
    assert "It is done once" in str(_Text(html(letter(RECALL))))
    assert json.loads(request_json(TAKEDOWN))["kind"] == "takedown"
