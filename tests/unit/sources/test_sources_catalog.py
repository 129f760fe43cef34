"""The catalogue of publishers: strict, complete, and sure of what it recognises."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from saksi.model import ACCUSING_ROLES, BadInput, Pap, PeerFault, Tlp
from saksi.sources import Issue, catalog, file_of, guess, parse_spec, reader_for, source
from saksi.sources.fetch import command, fetch, unpack

ISSUE = Issue("0" * 64, "reports.csv", "centre.a.example", "2026-01-01T00:00:00Z")
GOOD = (
    b'name = "x"\ntitle = "t"\npublisher = "p"\nhomepage = ""\nlicence = "l"\nlicence_url = ""\ncadence = "c"\nkind = "list"\n'
    b'grade = "C3"\n'
    b'grade_reason = "r"\ntlp = "CLEAR"\npap = "CLEAR"\ncaveats = []\n[fetch]\nby = "officer"\nurl = ""\n'
    b'[[files]]\nseries = "x/y"\nreader = "lines"\nnames = ["x*.txt"]\nrows = [1, 2]\n[files.says]\n'
    b'kinds = ["host"]\nrole = "infrastructure"\n'
)


def test_every_publisher_says_all_that_is_needed() -> None:
    assert [spec.name for spec in catalog()] == sorted(
        ["eth-phishing-detect", "forta-phishing", "global-anti-scam", "graphsense-tagpacks", "misp-warninglists", "ofac-wallets",
         "own-list", "polkadot-phishing", "report-desk", "synthetic-reports"]
    )  # fmt: skip
    for spec in catalog():
        assert spec.licence
        assert len(spec.grade_reason) > 20
        assert spec.caveats
        assert spec.fetch.by == "nobody" or spec.fetch.url.startswith("https://")
        for file in spec.files:
            assert file.rows or file.counts or file.reader == "report" or file.per_file, f"{spec.name} expects no count"


def test_safe_lists_never_accuse_and_lists_name_known_roles() -> None:
    for spec in catalog():
        for file in spec.files:
            for says in (file.says, file.allowed):
                roles = {value for prop, value in says.props if prop == "role"} if says else set()
                assert roles <= ACCUSING_ROLES
                assert not (roles and spec.kind == "safe-list")


def test_invented_data_can_never_be_put_on_a_block_list() -> None:
    assert source("synthetic-reports").pap is Pap.RED
    assert not source("synthetic-reports").pap.may_block
    assert source("report-desk").tlp is Tlp.AMBER


@pytest.mark.parametrize(
    ("name", "head", "found"),
    [
        ("globalantiscam_pigbutchering_hosts.txt", b"a.example.com\n", "global-anti-scam/hosts"),
        ("anything.csv", b"domain,date_added\r\nx,2024-01-01\n", "polkadot-phishing/deny"),
        ("polkadot_phishing_allow.json", b'["a"]', "polkadot-phishing/allow"),
        ("x.csv", b"address,etherscan_tag,etherscan_labels,is_contract\n", "forta-phishing/ethereum"),
        ("x.csv", b"ofac_currency_code,address\n", "ofac-wallets/sdn"),
        ("hacks.yaml", b"title: x\ncreator: y\n", "graphsense-tagpacks"),
        ("bank-website.json", b'{\n  "description": "a \\"b\\"",\n  "list": [', "misp-warninglists"),
        ("config.json", b'{\n"version": 2,\n"tolerance": 2,', "eth-phishing-detect/config"),
        ("reports.csv", b"\xef\xbb\xbfreference,scam_phone\n", "report-desk"),
        ("reports.jsonl", b'{"reference":"R1","payee_account":"1"}\n', "report-desk"),
        ("synthetic.csv", b"reference,synthetic,scam_phone\n", "synthetic-reports"),
        ("book.xlsx", b"PK\x03\x04", "report-desk"),
    ],
)
def test_files_are_recognised_and_it_is_said_by_what(name: str, head: bytes, found: str) -> None:
    known = guess(name, head)
    assert known is not None
    assert known.file.series == found
    assert "its name" in known.why or "its first lines" in known.why


@pytest.mark.parametrize(
    ("name", "head"), [("notes.txt", b"hello"), ("x.csv", b"a,b\n"), ("x.json", b"{}"), ("LICENSE", b"MIT"), ("x.yaml", b"a: 1")]
)
def test_a_strangers_file_is_nobodys(name: str, head: bytes) -> None:
    assert guess(name, head) is None


def test_a_file_that_could_be_two_is_asked_about() -> None:
    with pytest.raises(BadInput, match="could be from"):
        guess("other.csv", b"reference,synthetic,scam_phone\n")


def test_a_named_source_says_which_of_its_files_it_is() -> None:
    assert file_of(source("report-desk"), "export.csv", b"Fall,Telefon\n").reader == "report"
    assert file_of(source("polkadot-phishing"), "polkadot-allow.json", b"[]").reader == "json"
    with pytest.raises(BadInput, match="not recognised as a file of polkadot-phishing"):
        file_of(source("polkadot-phishing"), "x.txt", b"")
    with pytest.raises(BadInput, match="no source 'nobody'"):
        source("nobody")


def test_each_pack_and_each_desk_is_a_series_of_its_own() -> None:
    spec = source("graphsense-tagpacks")
    assert spec.files[0].series_of("hacks.yaml") == "graphsense-tagpacks/hacks"
    spec = source("report-desk")
    one = reader_for(spec, spec.files[0], ISSUE)
    other = reader_for(spec, spec.files[0], Issue("0" * 64, "r.jsonl", "centre.a.example", "2026-01-01T00:00:00Z", desk="police.b.example"))
    assert one.given.source.series == "report-desk/centre.a.example"  # type: ignore[attr-defined]
    assert other.given.source.series == "report-desk/police.b.example"  # type: ignore[attr-defined]
    assert pickle.loads(pickle.dumps(other)) == other


def test_counts_far_from_the_expected_are_said() -> None:
    file = source("global-anti-scam").files[0]
    assert file.count_warning("x.txt", 11_220) is None
    assert "cut off" in (file.count_warning("x.txt", 100) or "")
    assert "grown" in (file.count_warning("x.txt", 10**6) or "")
    assert source("graphsense-tagpacks").files[0].count_warning("hacks.yaml", 5) is not None
    assert source("graphsense-tagpacks").files[0].count_warning("a-new-pack.yaml", 5) is None


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (b'title = "t"\n', b"", "missing"),
        (b'kind = "list"', b'kind = "heap"', "not one that is known"),
        (b'grade = "C3"', b'grade = "Z9"', "reliability|grade"),
        (b'reader = "lines"', b'reader = "guess"', "unknown reader"),
        (b"rows = [1, 2]", b"rows = [2, 1]", "fewest"),
        (b'name = "x"', b'name = "x"\nnonsense = 1', "unknown key 'nonsense'"),
        (b'by = "officer"', b'by = "npm"', "a package"),
        (b'names = ["x*.txt"]', b'head = "("', "not a pattern"),
        (b'names = ["x*.txt"]\n', b"", "recognised"),
        (b"[fetch]", b"[fetch", "not a TOML"),
        (b'role = "infrastructure"', b"role = 5", "text is expected"),
        (b"caveats = []", b"caveats = [1]", "list of texts"),
    ],
)
def test_a_source_with_a_fault_is_refused(old: bytes, new: bytes, word: str) -> None:
    assert old in GOOD
    assert parse_spec(GOOD, "x").files[0].rows == (1, 2)
    with pytest.raises((BadInput, ValueError), match=word):
        parse_spec(GOOD.replace(old, new), "x")


def test_fetching_by_npm(tmp_path: Path) -> None:
    spec = source("eth-phishing-detect")
    asked: list[list[str]] = []

    def run(words: object, folder: Path) -> int:
        import io
        import tarfile

        asked.append(list(words))  # type: ignore[call-overload]
        with tarfile.open(folder / "eth-phishing-detect-1.2.0.tgz", "w:gz") as package:
            for name, data in (("package/src/config.json", b"{}"), ("../../evil", b"x"), ("package/package.json", b"{}")):
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                package.addfile(entry, io.BytesIO(data))
        return 0

    made = fetch(spec, tmp_path, run)
    assert made.read_bytes() == b"{}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["eth-phishing-detect-1.2.0.json"]
    assert asked == [["npm", "pack", "--silent", "--ignore-scripts", "eth-phishing-detect@1.2.0"]]
    assert fetch(spec, tmp_path, run) == made
    assert len(asked) == 1, "what is there is not fetched again"


def test_a_fetch_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(PeerFault, match="brought nothing"):
        fetch(source("eth-phishing-detect"), tmp_path, lambda words, folder: 1)
    with pytest.raises(BadInput, match="not fetched by a command"):
        command(source("global-anti-scam"))
    broken = tmp_path / "x.tgz"
    broken.write_bytes(b"no package")
    with pytest.raises(BadInput, match="not a package"):
        unpack(broken, "package/x")
