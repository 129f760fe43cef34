"""Lists of a desk's own: whose they are, what being on them means, and which combinations make no sense."""

from __future__ import annotations

import io
import pickle

import pytest

from saksi.formats.listed import check_says
from saksi.formats.reader import read
from saksi.model import ACCUSING_ROLES, ROLES, BadInput
from saksi.sources import LISTS, SAFE, Issue, OwnList, given_for, own_list, own_of, reader_for

ISSUE = Issue("0" * 64, "list.txt", "centre.a.example", "2026-01-01T00:00:00Z")
POLICE = "Police of A (synthetic)"


def told(own: OwnList, data: str, name: str = "list.txt") -> tuple[dict[str, list[tuple[str, object]]], list[str]]:
    """What a file says of each entity, and the reasons of what it rejected."""
    known = own_list(own, name, data.encode())
    said: dict[str, list[tuple[str, object]]] = {}
    faults = []
    for chunk in read(pickle.loads(pickle.dumps(reader_for(known.spec, known.file, ISSUE))), io.BytesIO(data.encode())):
        faults += [fault.reason for fault in chunk.rejected]
        for entity, prop, value in zip(chunk.batch.entity, chunk.batch.prop, chunk.batch.value, strict=True):
            said.setdefault(entity, []).append((prop, value))
    return said, faults


@pytest.mark.parametrize("kind", LISTS)
def test_each_kind_accuses_by_a_role_that_fits_it_and_that_the_vocabulary_knows(kind: str) -> None:
    assert LISTS[kind].role in ACCUSING_ROLES & LISTS[kind].roles
    assert set(ROLES) >= LISTS[kind].roles
    for means in (None, SAFE, *LISTS[kind].roles):
        says = own_list(OwnList(POLICE, kind, means), "list.txt", b"x\n").file.says
        assert says is not None
        check_says(says)
        assert says.accuses is (means is None or means in ACCUSING_ROLES)


@pytest.mark.parametrize(
    ("kind", "value", "entity"),
    [
        ("hosts", "hxxp[:]//x", None),
        ("hosts", "bad[.]example[.]net", "host:bad.example.net"),
        ("urls", "hxxp://bad[.]example[.]net/pay", "url:https://bad.example.net/pay"),
        ("phones", "012345678", "phone:+85512345678"),
        ("emails", "a@bad.example.net", "email:a@bad.example.net"),
        ("networks", "203.0.113.0/24", "network:203.0.113.0/24"),
        ("networks", "0.0.0.0/1", None),
        ("ips", "203.0.113.7", "ip:203.0.113.7"),
        ("wallets", "0x000000000000000000000000000000000000dEaD", "wallet:eth:0x000000000000000000000000000000000000dead"),
        ("accounts", "ABA 000123456", "account:KH:ABA:000123456"),
        ("handles", "telegram: @invented_a", "handle:telegram:invented_a"),
    ],
)
def test_a_plain_list_holds_one_kind_of_value(kind: str, value: str, entity: str | None) -> None:
    said, faults = told(OwnList(POLICE, kind, country="KH"), f"# a heading of theirs\n\n{value}\n")
    assert said == ({} if entity is None else {entity: [("role", LISTS[kind].role)]})
    assert len(faults) == (entity is None)


def test_a_table_says_bank_country_day_and_name_and_what_nobody_read_is_told() -> None:
    data = "bank,Account,since,label,note\nABA,000123456,2026-01-31,Name A (synthetic),x\n"
    said, faults = told(OwnList(POLICE, "accounts", "confirmed-mule", "KH"), data, "mules.csv")
    assert said == {"account:KH:ABA:000123456": [("role", "confirmed-mule"), ("label", "Name A (synthetic)")]}
    assert faults == ["nobody read this column"]


def test_a_rows_own_country_goes_before_the_lists() -> None:
    said, _ = told(OwnList(POLICE, "phones", country="KH"), "phone;country\n012345678;\n0812345678;TH\n", "phones.csv")
    assert list(said) == ["phone:+85512345678", "phone:+66812345678"]


def test_a_hosts_file_is_read_as_one() -> None:
    said, faults = told(OwnList(POLICE, "hosts"), "# made by hand\n0.0.0.0 one.example.net two.example.net # both\n")
    assert (list(said), faults) == (["host:one.example.net", "host:two.example.net"], [])


def test_a_plain_list_may_be_called_csv_but_a_table_names_its_column() -> None:
    assert list(told(OwnList(POLICE, "hosts"), "one.example.net\ntwo.example.net\n", "hosts.csv")[0]) == [
        "host:one.example.net",
        "host:two.example.net",
    ]
    with pytest.raises(BadInput, match="no column is called 'host' or 'value': it has name, site"):
        told(OwnList(POLICE, "hosts"), "name,site\nx,one.example.net\n", "hosts.csv")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        (" Police  of A\n", "police-of-a"),
        ("ធនាគារជាតិ នៃ A", "ធនាគារជាតិ-នៃ-a"),
        ("ធនាគារ\u200bជាតិ", "ធនាគារជាតិ"),
        ("ธนาคารกลาง ๒", "ธนาคารกลาง-๒"),
        ("Ngân hàng A", "ngân-hàng-a"),
        ("Nga\u0302n ha\u0300ng A", "ngân-hàng-a"),
        ("A/B: ../C", "a-b-c"),
    ],
)
def test_a_series_is_named_by_its_publisher_in_any_script(name: str, slug: str) -> None:
    assert OwnList(name, "hosts").series == f"own/{slug}/hosts/infrastructure"
    assert OwnList(name, "hosts", SAFE).series == f"own/{slug}/hosts/safe"


def test_a_vowel_sign_tells_two_publishers_apart() -> None:
    assert OwnList("គក", "hosts").series != OwnList("គិក", "hosts").series
    assert OwnList("กา", "hosts").series != OwnList("กิ", "hosts").series


@pytest.mark.parametrize("name", ["Ｐｏｌｉｃｅ", " Police ", "Po\u200blice", "POLICE"])
def test_a_name_written_otherwise_is_the_same_publisher(name: str) -> None:
    assert OwnList(name, "hosts").series == OwnList("Police", "hosts").series


@pytest.mark.parametrize("name", ["ตำรวจ ABC", "នគរបាល A", "警察B", "Полиция A", "Police 7"])
def test_a_name_may_have_words_of_several_scripts(name: str) -> None:
    assert OwnList(name, "hosts").publisher == name


def test_a_list_bears_its_publisher_and_is_not_judged() -> None:
    known = own_list(OwnList(POLICE, "phones", SAFE), "list.txt", b"x\n")
    given = given_for(known.spec, known.file, ISSUE)
    assert (given.source.publisher, given.source.series) == (POLICE, "own/police-of-a-synthetic/phones/safe")
    assert given.source.title == f"{POLICE}: phones, safe"
    assert str(given.asserter.grade) == "F6"
    assert (given.handling.tlp.value, given.handling.pap.value) == ("AMBER", "GREEN")
    assert known.spec.kind == "safe-list"


@pytest.mark.parametrize(
    ("publisher", "kind", "means", "country", "what"),
    [
        (None, "hosts", None, None, "has a publisher and holds one kind"),
        ("A", None, None, None, "has a publisher and holds one kind"),
        (None, None, SAFE, None, "has a publisher and holds one kind"),
        (None, None, None, "KH", "has a publisher and holds one kind"),
        ("A", "names", None, None, "no list of 'names'"),
        ("A", "hosts", "suspected", None, "no role 'suspected'"),
        ("A", "hosts", "recipient", None, "nothing that hosts can be"),
        ("A", "networks", "victim-own", None, "nothing that networks can be"),
        ("A", "accounts", "spoofed", None, "nothing that accounts can be"),
        ("A", "phones", None, "Kh", "two capital letters"),
        ("A", "phones", None, "ខម", "two capital letters"),
        ("—", "phones", None, None, "a letter or a digit"),
        ("", "phones", None, None, "a letter or a digit"),
        ("A\x1bB", "phones", None, None, "is text of at most 200"),
        ("A" * 201, "phones", None, None, "is text of at most 200"),
        ("Pоlice of A", "phones", None, None, r"two scripts \(Cyrillic and Latin\)"),
        ("Ροlice", "phones", None, None, r"two scripts \(Greek and Latin\)"),
    ],
)
def test_what_makes_no_sense_is_refused(publisher: str | None, kind: str | None, means: str | None, country: str | None, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        own_of(publisher, kind, means=means, country=country)


def test_nothing_said_is_no_list_of_ones_own() -> None:
    assert own_of(None, None) is None
