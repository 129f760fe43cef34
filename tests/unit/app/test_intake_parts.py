"""The small parts of the intake: numbers, forms with files, what is told, names of files, waves."""

from __future__ import annotations

import itertools
import json
from random import Random
from urllib.parse import urlencode

import pytest

from saksi.app.intake.attachment import MOST_FILE_BYTES, Attachment, label_of, safe_name
from saksi.app.intake.catalogue import LANGUAGES, words_of
from saksi.app.intake.multipart import read_form
from saksi.app.intake.reference import References, read_reference, read_secret, spoken
from saksi.app.intake.settings import load_public
from saksi.app.intake.told import SEALED, Contact, Payment, Told, line_of, read_told
from saksi.app.intake.wave import Wave, block_of, word_marks
from saksi.model import BadInput

NUMBERS = References(b"k" * 32)
TALE = "The bank called and said my account is in danger, I had to move my savings to a safe account at once and tell nobody about it"


def test_every_slip_of_one_digit_and_every_swap_is_found() -> None:
    number = NUMBERS.make(b"a seed")
    assert read_reference(spoken(number)) == number
    wrong = {number[:at] + digit + number[at + 1 :] for at in range(16) for digit in "0123456789" if digit != number[at]}
    wrong |= {number[:at] + number[at + 1] + number[at] + number[at + 2 :] for at in range(15)} - {number}
    for text in wrong:
        with pytest.raises(BadInput):
            read_reference(text)


def test_numbers_show_no_order_and_are_read_in_any_script() -> None:
    made = [NUMBERS.make(str(at).encode()) for at in range(300)]
    assert len(set(made)) == 300
    assert 100 < sum(one < other for one, other in itertools.pairwise(made)) < 200
    khmer = made[0].translate(str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩"))
    assert read_reference(khmer) == made[0]
    assert NUMBERS.make(b"x", 1) != NUMBERS.make(b"x", 0)


def test_the_secret_part_belongs_to_one_number_under_one_key() -> None:
    number, other = NUMBERS.make(b"a"), NUMBERS.make(b"b")
    secret = NUMBERS.secret(number)
    assert NUMBERS.opens(number, read_secret(spoken(secret)))
    assert not NUMBERS.opens(other, secret)
    assert not References(b"l" * 32).opens(number, secret)


@pytest.mark.parametrize("text", ["", "1234", "12 34 x", "+" * 16, "1_2345678901234567", "9" * 100_000])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_reference(text)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\shot.png", "shot.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("x\r\nSet-Cookie: a=b.png", "xSet-Cookie ab.png"),
        ("...", "file"),
        ("បង្កាន់ដៃ.pdf", "បង្កាន់ដៃ.pdf"),
        ("CON:1|2?.txt", "CON12.txt"),
    ],
)
def test_names_of_files_are_safe_to_show(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_name_of_ten_megabytes_is_short_afterwards() -> None:
    assert len(safe_name("a" * (10 << 20) + ".png")) <= 80


def test_the_label_is_a_guess_by_the_first_bytes() -> None:
    assert label_of(b"\x89PNG\r\n\x1a\n....") == "PNG picture"
    assert label_of(b"<?xml version='1.0'?><svg onload=alert(1)>") == "SVG or HTML text"
    assert label_of(b"GIF89a/*<script>*/=1") == "GIF picture"  # a polyglot: nothing is decided by the label
    assert label_of(b"PK\x03\x04" + b"\0" * 100) == "ZIP archive, or office document"


def test_a_file_has_a_most_and_a_least() -> None:
    with pytest.raises(BadInput):
        Attachment("a", b"")
    with pytest.raises(BadInput):
        Attachment("a", b"x" * (MOST_FILE_BYTES + 1))


def part(head: str, body: bytes = b"x") -> bytes:
    return b"--B\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n"


MULTI = b"multipart/form-data; boundary=B"


def test_a_form_with_files_is_read_whole() -> None:
    body = part('Content-Disposition: form-data; name="narrative"', "ខ្ញុំ".encode())
    body += part('Content-Disposition: form-data; name="files"; filename="a.png"\r\nContent-Type: image/png', b"\x89PNG\r\n--C\r\n")
    body += part('Content-Disposition: form-data; name="files"; filename=""', b"") + b"--B--\r\n"
    sent = read_form(body, MULTI)
    assert sent.text("narrative") == "ខ្ញុំ"
    assert [(file.name, file.data) for file in sent.files] == [("a.png", b"\x89PNG\r\n--C\r\n")]


def test_a_plain_form_is_read_in_any_script() -> None:
    sent = read_form(urlencode({"narrative": "ខ្ញុំ + หนึ่ง", "phones": "០១២\r\n\r\n013"}).encode(), b"application/x-www-form-urlencoded")
    assert sent.text("narrative") == "ខ្ញុំ + หนึ่ง"
    assert sent.lines("phones") == ("០១២", "013")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (part('Content-Disposition: form-data; name="a"') * 300 + b"--B--\r\n", MULTI),
        (part('Content-Disposition: form-data; name="a"; filename="' + "n" * (10 << 20) + '"') + b"--B--\r\n", MULTI),
        (part("Content-Disposition: form-data") + b"--B--\r\n", MULTI),
        (part('Content-Disposition: form-data; name="a"'), MULTI),
        (b"", MULTI),
        (b"a=b", b"text/plain"),
        (b"{}", b"application/json"),
        (b"a=1&" * 1000, b"application/x-www-form-urlencoded"),
        (b"a=" + b"x" * 200_000, b"application/x-www-form-urlencoded"),
        (b"x", b"multipart/form-data; boundary=" + b"b" * 500),
    ],
)
def test_what_no_browser_sends_is_refused(body: bytes, kind: bytes) -> None:
    with pytest.raises(BadInput):
        read_form(body, kind)


def test_random_bytes_are_a_form_or_are_refused() -> None:
    rng = Random(1)
    for _ in range(300):
        body = b"--B\r\n" + rng.randbytes(rng.randrange(200)) + rng.choice([b"\r\n--B--", b"--B--\r\n", b""])
        try:
            read_form(body, MULTI)
        except BadInput:
            continue


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"nothing", b'{"narrative": "' + b"x" * 100_000 + b'"}', b'{"phones": [' + b'"1",' * 10_000 + b'"1"]}',
        b'{"a": ' * 100_000, b'{"unknown": 1}', b'{"narrative": 7}', b'{"age": "12"}', b'{"consent": ["all"]}', b"{}",
        b'{"narrative": "x", "location": "a house"}', b'{"narrative": "\xff"}',
    ],
)  # fmt: skip
def test_a_body_that_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        read_told(body)


def test_the_line_holds_what_was_told_and_seals_what_is_nobodys_business() -> None:
    told = Told(
        narrative="words", phones=("\u202a012 345 678\u202c",), payments=(Payment(amount="5", about=True),), contact=Contact(name="N"),
        consent=("rescue",), location="a place",
    )  # fmt: skip
    line = json.loads(line_of(told, [Attachment("a.png", b"x")], "s"))
    assert line["scam_phone"] == "012 345 678"
    assert line["about"] == "paid_at"
    assert {"contact_name", "location", "words", "session", "attachments"} <= line.keys() & set(SEALED)
    assert "narrative" not in line


def test_children_and_people_in_danger_are_handled_apart_whatever_they_agree_to() -> None:
    agreed = Told(narrative="x", consent=("authorities",))
    assert agreed.shared
    assert not Told(narrative="x", consent=("authorities",), age="under-18").shared
    assert not Told(narrative="x", consent=("authorities",), in_danger=True).shared


def test_many_reports_in_alike_words_about_one_target_are_flagged() -> None:
    wave = Wave(b"k", many=3)
    told = [wave.flags(["account:KH:ABA:1"], TALE.replace("savings", f"savings {at}"), f"198.51.100.{at * 60}", now=at) for at in range(5)]
    assert [("alike" in one) for one in told] == [False, False, False, True, True]
    assert [("same-origin" in one) for one in told] == [False, False, False, True, True]


def test_lookalike_letters_do_not_hide_a_wave_and_other_words_make_none() -> None:
    wave = Wave(b"k", many=2)
    disguised = TALE.replace("a", "а").replace("o", "о")  # Cyrillic
    assert [wave.flags(["t"], words, "", now=0) for words in (TALE, disguised, TALE)][-1] == ("alike",)
    other = "He sold me a phone on a market page and it never came although I paid the whole price by a wallet app last week"
    assert wave.flags(["t"], other, "", now=0) == ()
    assert wave.flags(["another"], TALE, "", now=0) == ()
    assert wave.flags(["t"], TALE, "", now=90_000) == ()


def test_words_without_blanks_are_compared_too() -> None:
    thai = "มิจฉาชีพโทรมาบอกว่าบัญชีของฉันมีปัญหาต้องโอนเงินไปบัญชีที่ปลอดภัยทันที"
    assert word_marks(thai)
    assert word_marks("too short") == ()


def test_a_network_stands_for_its_addresses() -> None:
    assert block_of("198.51.100.7") == block_of("::ffff:198.51.100.9") == "198.51.100.0/24"
    assert block_of("2001:db8:1:2::3") == "2001:db8:1::/48"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_language_is_whole(lang: str) -> None:
    assert words_of(lang).names == words_of("en").names
    for name in words_of("en").names:
        assert words_of(lang)(name).count("{") == words_of("en")(name).count("{"), name


def test_the_settings_of_the_public_pages_are_read_strictly(tmp_path: object) -> None:
    from pathlib import Path

    home = Path(str(tmp_path))
    assert load_public(home, title="A", country="KH").words("emergency", "km") == ""
    (home / "public.toml").write_text('hosts = ["Report.A.Example"]\nforwarded = true\n[emergency]\nen = "Call 999."\n')
    made = load_public(home, title="A", country="KH")
    assert made.words("emergency", "km") == "Call 999."
    assert made.hosts == {"report.a.example"}
    for text in ("nonsense = 1", "hosts = 1", "forwarded = 1", "emergency = 1", "= 1"):
        (home / "public.toml").write_text(text)
        with pytest.raises(BadInput):
            load_public(home, title="A", country="KH")
