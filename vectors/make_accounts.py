"""Writes the vectors of accounts, QR codes, proxies, wallets, hosts, URLs, IPs and networks into `vectors/observables`.

`--check` only compares.

Every expectation is written by hand here, from the specification named beside it, or computed by another's code (the package `base58`,
a bitwise CRC): Saksi's own normalisers are not imported. `entity` is what the text must give; `refused` is a part of the reason why it
is refused. Account numbers are invented.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import base58

HERE = Path(__file__).resolve().parent / "observables"
Case = dict[str, str]


def yes(name: str, text: str, entity: str, **more: str) -> Case:
    """A text that must give this entity."""
    return {"name": name, "text": text, **more, "entity": entity}


def no(name: str, text: str, reason: str, **more: str) -> Case:
    """A text that must be refused, with this in the reason."""
    return {"name": name, "text": text, **more, "refused": reason}


def field(tag: str, value: str) -> str:
    """One EMVCo field."""
    return f"{tag}{len(value):02d}{value}"


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE, bit by bit."""
    state = 0xFFFF
    for byte in text.encode():
        state ^= byte << 8
        for _ in range(8):
            state = (state << 1 ^ 0x1021 if state & 0x8000 else state << 1) & 0xFFFF
    return f"{state:04X}"


def sealed(body: str) -> str:
    """A payload with its checksum."""
    return f"{body}6304{crc(body + '6304')}"


def coin(version: str, payload: bytes = bytes(range(20))) -> str:
    """A Base58Check address by another's code."""
    return base58.b58encode_check(bytes.fromhex(version) + payload).decode()


HEAD = field("00", "01") + field("01", "11")
TH = field("53", "764") + field("58", "TH")
PROMPTPAY = "A000000677010111"
GOOD_QR = sealed(HEAD + field("29", field("00", PROMPTPAY) + field("01", "0066812345678")) + TH)

ACCOUNTS = [
    yes("khmer bank, spaces", "ABA 000 123 456", "account:KH:ABA:000123456", country="KH"),
    yes("normal form", "KH:ABA:000123456", "account:KH:ABA:000123456"),
    yes("khmer digits", "ធនាគារ ABA ០០០ ១២៣ ៤៥៦", "account:KH:ABA:000123456", country="KH"),
    yes("full-width digits", "ABA ０００-１２３-４５６", "account:KH:ABA:000123456", country="KH"),
    yes("number before bank", "000123456 (ABA Bank)", "account:KH:ABA:000123456"),
    yes("BIC of 11", "ABAAKHPPXXX/000123456", "account:KH:ABA:000123456"),
    yes("BIC of 8", "ABAAKHPP 000123456", "account:KH:ABA:000123456"),
    yes("label in front", "ABA account no. 000 123 456", "account:KH:ABA:000123456", country="KH"),
    yes("country beside the bank", "KH ABA 000123456", "account:KH:ABA:000123456"),
    yes("thai name, label and digits", "ธนาคารกสิกรไทย เลขที่บัญชี ๑๒๓-๔-๕๖๗๘๙-๐", "account:TH:KASI:1234567890"),
    yes("national code and number", "7171 0123456789", "account:SG:DBSS:0123456789", country="SG"),
    yes("national code and number, Indonesia", "014 0123456789", "account:ID:CENA:0123456789", country="ID"),
    yes("national code, number with dashes", "004 123-4-56789-0", "account:TH:KASI:1234567890", country="TH"),
    yes("bank code, branch and number in one", "0001 1231234567", "account:JP:0001:1231234567", country="JP"),
    yes("bank code, branch and number", "0001 123 1234567", "account:JP:0001:1231234567", country="JP"),
    no("code that no bank of the country has", "7999 0123456789", "a number alone", country="SG"),
    no("national code without a country", "7171 0123456789", "a number alone"),
    yes("thai name with its company form", "ธนาคารกสิกรไทย จำกัด (มหาชน) 1234567890", "account:TH:KASI:1234567890", country="TH"),
    yes("thai name and company form in one", "ธนาคารกสิกรไทยจำกัด(มหาชน) 1234567890", "account:TH:KASI:1234567890", country="TH"),
    yes("public company", "Kasikornbank Public Company Limited 1234567890", "account:TH:KASI:1234567890", country="TH"),
    yes("indonesian company", "PT Bank Central Asia Tbk. 0123456789", "account:ID:CENA:0123456789", country="ID"),
    yes("chinese company", "China Merchants Bank Co., Ltd. 12345678", "account:CN:CMBC:12345678", country="CN"),
    yes("vietnamese joint stock bank", "Ngân hàng TMCP Á Châu 12345678", "account:VN:ASCB:12345678", country="VN"),
    yes("vietnamese company", "Asia Commercial Bank JSC 12345678", "account:VN:ASCB:12345678", country="VN"),
    yes("malaysian company", "Malayan Banking Berhad 123456789012", "account:MY:MBBE:123456789012", country="MY"),
    no("a name that a company form does not end", "Cobca 0123456789", "no bank 'Cobca'", country="ID"),
    yes("thai national code", "TH:004:1234567890", "account:TH:KASI:1234567890"),
    yes("vietnamese name with accents", "ngân hàng Á Châu 12345678", "account:VN:ASCB:12345678", country="VN"),
    yes("NAPAS number", "VN:970436:0011004123456", "account:VN:BFTV:0011004123456"),
    yes("BIC with a digit in it", "GXCHPHM2 09170000000", "account:PH:GXCH:09170000000"),
    yes("korean name", "국민은행 123-45-6789012", "account:KR:004:123456789012", country="KR"),
    yes("japanese branch and short number", "みずほ銀行 001-123456", "account:JP:0001:0010123456", country="JP"),
    yes("japanese codes alone", "0005-001-1234567", "account:JP:0005:0011234567", country="JP"),
    yes("hong kong clearing code in front", "HSBC 004-123-456789-001", "account:HK:HSBC:123456789001", country="HK"),
    yes("BSB", "BSB 062-000 Acc 12345678", "account:AU:062000:12345678", country="AU"),
    yes("virtual account, longer than the bank's own", "BCA 3901081234567890", "account:ID:CENA:3901081234567890", country="ID"),
    yes("virtual account in Singapore", "UOB 860012349101", "account:SG:UOVB:860012349101", country="SG"),
    yes("code of a bank corrected", "FTCCKHPP 000123456", "account:KH:FTCC:000123456"),
    yes("BIC of a bank known by its national code", "AABLHKHHXXX 00212345678", "account:HK:387:00212345678"),
    yes("two BICs of one bank", "MYYAPHM2 012345678901", "account:PH:MYDB:012345678901"),
    yes("BSB prefix of three digits", "BSB 774-001 Acc 123456789", "account:AU:774001:123456789", country="AU"),
    yes("card with its bank", "工商银行 6222 0212 3456 7890 128", "account:CN:CUP:6222021234567890128", country="CN"),
    yes("card alone", "6222021234567890128", "account:CN:CUP:6222021234567890128", country="CN"),
    yes("IBAN in groups (ISO 13616 example)", "GB82 WEST 1234 5698 7654 32", "account:IBAN:GB82WEST12345698765432"),
    yes("IBAN with label", "IBAN: DE89 3704 0044 0532 0130 00", "account:IBAN:DE89370400440532013000"),
    no("number alone", "000123456", "a number alone", country="KH"),
    no("unknown bank", "Nowhere Bank 12345678", "no bank 'Nowhere Bank'", country="KH"),
    no("bank of several countries", "HSBC 123456789", "several countries"),
    no("zeros lost", "ABA 123456", "9 digits, this has 6", country="KH"),
    no("zeros of a bank with longer virtual accounts lost", "BCA 123456789", "10 to 20 digits, this has 9", country="ID"),
    no("bank whose number lists contradict", "VN:971011:0123456789", "no bank '971011'"),
    no("too many digits", "ABA 0001234567", "9 digits, this has 10", country="KH"),
    no("IBAN with one wrong digit", "GB82WEST12345698765433", "check digits"),
    no("IBAN cut short", "DE8937040044053201300", "check digits"),
    no("card with a wrong digit", "CN:CUP:6222021234567890129", "UnionPay"),
    no("BSB of another bank", "ANZ BSB 062-000 Acc 12345678", "belongs to Commonwealth Bank", country="AU"),
    no("australian account without BSB", "CBA 12345678", "branch code", country="AU"),
    no("empty", "", "nothing"),
    no("words only", "ABA", "not a bank and an account number"),
]

QR = [
    yes("PromptPay phone", GOOD_QR, "proxy:promptpay:+66812345678"),
    yes(
        "PromptPay tax number",
        sealed(HEAD + field("29", field("00", PROMPTPAY) + field("02", "0107542000011")) + TH),
        "proxy:promptpay:0107542000011",
    ),
    yes(
        "PromptPay account",
        sealed(HEAD + field("29", field("00", PROMPTPAY) + field("04", "0041234567890")) + TH),
        "account:TH:KASI:1234567890",
    ),
    yes(
        "PayNow UEN",
        sealed(
            HEAD
            + field("26", field("00", "SG.PAYNOW") + field("01", "2") + field("02", "201403121W") + field("03", "1"))
            + field("58", "SG")
        ),
        "proxy:paynow:201403121W",
    ),
    yes(
        "DuitNow merchant, format 02",
        sealed(
            field("00", "02")
            + field("26", field("00", "A0000006150001") + field("01", "603346") + field("02", "MD00000001"))
            + field("58", "MY")
        ),
        "proxy:duitnow:603346:MD00000001",
    ),
    yes(
        "KHQR with the bank's shared id",
        sealed(
            HEAD + field("29", field("00", "abaakhppxxx@abaa") + field("01", "000123456") + field("02", "ABA Bank")) + field("58", "KH")
        ),
        "account:KH:ABA:000123456",
    ),
    yes(
        "KHQR with a person's id", sealed(HEAD + field("29", field("00", "example@aclb")) + field("58", "KH")), "proxy:bakong:example@aclb"
    ),
    yes(
        "VietQR account",
        sealed(
            HEAD
            + field(
                "38",
                field("00", "A000000727") + field("01", field("00", "970436") + field("01", "0011004123456")) + field("02", "QRIBFTTA"),
            )
            + field("58", "VN")
        ),
        "account:VN:BFTV:0011004123456",
    ),
    yes(
        "QRIS",
        sealed(HEAD + field("51", field("00", "ID.CO.QRIS.WWW") + field("02", "ID1020000000001") + field("03", "UMI")) + field("58", "ID")),
        "proxy:qris:ID1020000000001",
    ),
    yes(
        "QR Ph account",
        sealed(
            HEAD
            + field("27", field("00", "com.p2pqrpay") + field("01", "UBPHPHMMXXX") + field("02", "99964403") + field("04", "000000000001"))
            + field("58", "PH")
        ),
        "account:PH:UBPH:000000000001",
    ),
    yes(
        "QR Ph wallet token",
        sealed(
            HEAD
            + field(
                "27",
                field("00", "com.p2pqrpay")
                + field("01", "GXCHPHM2XXX")
                + field("03", "217020000000656")
                + field("04", "DWQM4EXAMPLE00001"),
            )
            + field("58", "PH")
        ),
        "proxy:qrph:GXCHPHM2:DWQM4EXAMPLE00001",
    ),
    yes(
        "PromptPay bill: the biller is no PromptPay number",
        sealed(HEAD + field("30", field("00", "A000000677010112") + field("01", "010754200001101") + field("02", "CUST0001")) + TH),
        "proxy:promptpay:biller/010754200001101",
    ),
    yes(
        "PromptPay bill across borders",
        sealed(HEAD + field("30", field("00", "A000000677012006") + field("01", "010754200001101") + field("02", "CUST0001")) + TH),
        "proxy:promptpay:biller/010754200001101",
    ),
    yes(
        "PromptPay shop of a bank, before the biller that all its shops share",
        sealed(
            HEAD
            + field("30", field("00", "A000000677010112") + field("01", "010754200001101") + field("02", "KB000000000001"))
            + field(
                "31", field("00", "A000000677010113") + field("01", "004") + field("02", "KB000000000001") + field("04", "0041234567890")
            )
            + TH
        ),
        "proxy:promptpay:shop/004/KB000000000001",
    ),
    yes(
        "DuitNow merchant of 24 signs",
        sealed(
            HEAD
            + field("26", field("00", "A0000006150001") + field("01", "890061") + field("02", "0123456789abcdef01234567"))
            + field("58", "MY")
        ),
        "proxy:duitnow:890061:0123456789abcdef01234567",
    ),
    yes(
        "QR Ph pads the ten digits of BPI to fourteen",
        sealed(
            HEAD
            + field(
                "27", field("00", "com.p2pqrpay") + field("01", "BOPIPHMMXXX") + field("02", "99964403") + field("04", "00001234567890")
            )
            + field("58", "PH")
        ),
        "account:PH:BOPI:1234567890",
    ),
    yes(
        "QR Ph merchant with a hyphen",
        sealed(
            HEAD
            + field("28", field("00", "ph.ppmi.p2m") + field("01", "SRCPPHM2XXX") + field("03", "MRCHNT-0AAAA") + field("05", "000"))
            + field("58", "PH")
        ),
        "proxy:qrph:SRCPPHM2:MRCHNT-0AAAA",
    ),
    yes(
        "QR Ph small merchant",
        sealed(
            HEAD
            + field("28", field("00", "ph.ppmi.p2micro") + field("01", "RUGUPHM1XXX") + field("03", "0000000000000000000000001"))
            + field("58", "PH")
        ),
        "proxy:qrph:RUGUPHM1:0000000000000000000000001",
    ),
    yes(
        "FPS id", sealed(HEAD + field("26", field("00", "hk.com.hkicl") + field("02", "0000001")) + field("58", "HK")), "proxy:fps:0000001"
    ),
    yes(
        "FPS phone, with the bank that is asked",
        sealed(HEAD + field("26", field("00", "hk.com.hkicl") + field("01", "004") + field("03", "+852-51234567")) + field("58", "HK")),
        "proxy:fps:+85251234567",
    ),
    yes(
        "FPS mail",
        sealed(HEAD + field("26", field("00", "HK.COM.HKICL") + field("04", "Pay@example.com")) + field("58", "HK")),
        "proxy:fps:pay@example.com",
    ),
    yes(
        "MMQR",
        sealed(
            HEAD + field("26", field("00", "com.mmqrpay.www") + field("01", "123456789012345") + field("02", "000000")) + field("58", "MM")
        ),
        "proxy:mmqr:123456789012345",
    ),
    yes(
        "Lao QR",
        sealed(
            HEAD
            + field("38", field("00", "A005266284662577") + field("01", "27710418") + field("02", "002") + field("03", "mch0000000000001"))
            + field("58", "LA")
        ),
        "proxy:laoqr:27710418:mch0000000000001",
    ),
    yes("checksum in small letters", GOOD_QR[:-4] + GOOD_QR[-4:].lower(), "proxy:promptpay:+66812345678"),
    no("one digit of the phone changed", GOOD_QR.replace("0066812345678", "0066812345679"), "checksum is wrong"),
    no("checksum cut off", GOOD_QR[:-4], "only 0 are left"),
    no("field longer than the rest", sealed(HEAD)[:-8] + "5999AB", "only 2 are left"),
    no("field twice", sealed(HEAD + field("58", "TH") + field("58", "KH")), "stands twice"),
    no(
        "field twice in a template",
        sealed(HEAD + field("29", field("00", PROMPTPAY) + field("01", "0066812345678") + field("01", "0066899999999")) + TH),
        "stands twice",
    ),
    no("checksum not last", sealed(HEAD) + field("59", "X"), "missing at the end"),
    no("no checksum", HEAD + field("58", "TH"), "missing at the end"),
    no("length in thai digits", sealed(HEAD + "58๐๒TH"), "expected two digits"),
    no("empty field", sealed(HEAD + "5900"), "is empty"),
    no("format 09", sealed(field("00", "09") + field("58", "TH")), "format '09'"),
    no("no payee", sealed(HEAD + field("58", "TH")), "names no payee"),
    no(
        "national id with a wrong check digit",
        sealed(HEAD + field("29", field("00", PROMPTPAY) + field("02", "0107542000012")) + TH),
        "check digit",
    ),
    no(
        "FPS id of eight digits is not taken for a phone",
        sealed(HEAD + field("26", field("00", "hk.com.hkicl") + field("02", "51234567")) + field("58", "HK")),
        "7 or 9 digits",
    ),
    no("not a code at all", "hello", "does not begin"),
]

PROXIES = [
    yes("PromptPay phone, local", "PromptPay 081-234-5678", "proxy:promptpay:+66812345678"),
    yes("PromptPay phone, thai digits", "พร้อมเพย์ ๐๘๑-๒๓๔-๕๖๗๘", "proxy:promptpay:+66812345678"),
    yes("PromptPay tax number", "promptpay 0-1075-42000-01-1", "proxy:promptpay:0107542000011"),
    yes("PayNow UEN", "PayNow UEN 201403121W", "proxy:paynow:201403121W"),
    yes("PayNow UEN with three signs more", "paynow 201403121WABC", "proxy:paynow:201403121WABC"),
    yes("PayNow mobile", "paynow 9123 4567", "proxy:paynow:+6591234567"),
    yes("PayNow NRIC (the documents' example)", "paynow S1234567D", "proxy:paynow:S1234567D"),
    yes("DuitNow mobile", "duitnow 012-345 6789", "proxy:duitnow:+60123456789"),
    yes("DuitNow company", "duitnow 201901000005", "proxy:duitnow:201901000005"),
    yes("Bakong id", "Example@ACLB", "proxy:bakong:example@aclb"),
    yes("NMID", "id1020000000001", "proxy:qris:ID1020000000001"),
    yes("UPI address", "UPI example@okaxis", "proxy:upi:example@okaxis"),
    yes("InstaPay mobile", "InstaPay 0917 123 4567", "proxy:instapay:+639171234567"),
    yes("PromptPay biller", "promptpay:biller/010754200001101", "proxy:promptpay:biller/010754200001101"),
    yes("FPS id", "FPS 123456789", "proxy:fps:123456789"),
    yes("FPS phone, local", "轉數快 5123 4567", "proxy:fps:+85251234567"),
    yes("MMQR", "mmqr 123456789012345", "proxy:mmqr:123456789012345"),
    yes("Lao QR", "laoqr:27710418:mch0000000000001", "proxy:laoqr:27710418:mch0000000000001"),
    no("PromptPay biller with a wrong check digit", "promptpay:biller/010754200001201", "check digit"),
    no("FPS id too short", "FPS 123456", "7 or 9 digits"),
    no("MMQR with all sixteen digits", "mmqr 1234567890123456", "15 digits"),
    no("PayNow UEN with a wrong letter", "paynow 201403121X", "UEN"),
    no("PayNow NRIC with a wrong letter", "paynow S1234567A", "check letter"),
    no("PromptPay number with a wrong check digit", "promptpay 0107542000012", "check digit"),
    no("phone or identity number", "duitnow 601112345678", "may be a phone or a MyKad"),
    no("the bank's shared Bakong id", "abaakhppxxx@abaa", "shared by all its customers"),
    no("no scheme", "example@somewhere", "which payment scheme"),
    no("NMID too short", "qris ID102000000000", "NMID"),
    no("scheme without value", "promptpay:", "value after the scheme is missing"),
]

USDT_TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
MONERO = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
WALLETS = [
    yes("first Bitcoin address", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    yes("Bitcoin script", coin("05"), f"wallet:btc:{coin('05')}"),
    yes("BIP-173, capitals", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "wallet:btc:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
    yes(
        "BIP-350, version 1 of 40 bytes",
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "wallet:btc:bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    ),
    yes("BIP-350, version 16", "BC1SW50QGDZ25J", "wallet:btc:bc1sw50qgdz25j"),
    yes("BIP-350, version 2", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "wallet:btc:bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"),
    yes(
        "BIP-350, taproot",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "wallet:btc:bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ),
    yes("BIP-21 link", "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=20.3", "wallet:btc:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    yes("EIP-55 mixed case", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "wallet:eth:0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
    yes("EIP-55 all capitals", "0x52908400098527886E0F7030069857D2E4169EE7", "wallet:eth:0x52908400098527886e0f7030069857d2e4169ee7"),
    yes("EIP-55 all small", "0xde709f2102306220921060314715629080e2fb77", "wallet:eth:0xde709f2102306220921060314715629080e2fb77"),
    yes(
        "another EVM chain",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "wallet:eth:0xdbf03b407c01e7cd3cbea99509d93f8dddc8c6fb",
        currency="BSC",
    ),
    yes(
        "without 0x, currency given",
        "D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "wallet:eth:0xd1220a0cf47c7b9be7a2e6ba89f429762e7b9adb",
        currency="ETH",
    ),
    yes("CashAddr", "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a", "wallet:bch:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a"),
    yes(
        "legacy Bitcoin Cash (CashAddr specification)",
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "wallet:bch:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
        currency="BCH",
    ),
    yes(
        "legacy Bitcoin Cash script",
        "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
        "wallet:bch:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
        currency="BCH",
    ),
    yes("the same bytes on Bitcoin", "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu", "wallet:btc:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"),
    yes(
        "the same bytes on Bitcoin SV",
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "wallet:bsv:1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        currency="BSV",
    ),
    yes("Litecoin", coin("30"), f"wallet:ltc:{coin('30')}"),
    yes("old Litecoin script", coin("05"), f"wallet:ltc:{coin('32')}", currency="LTC"),
    yes("Dogecoin", coin("1e"), f"wallet:doge:{coin('1e')}"),
    yes("Dash", coin("4c"), f"wallet:dash:{coin('4c')}"),
    yes("Zcash, transparent", coin("1cb8"), f"wallet:zec:{coin('1cb8')}"),
    yes("Zcash, script", coin("1cbd"), f"wallet:zec:{coin('1cbd')}"),
    yes("TRON (the USDT contract)", USDT_TRON, f"wallet:tron:{USDT_TRON}"),
    yes("a token's name says TRON or Ethereum", USDT_TRON, f"wallet:tron:{USDT_TRON}", currency="USDT"),
    yes(
        "Solana (the USDC mint)", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", "wallet:sol:EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
    ),
    yes("Solana system program", "1" * 32, "wallet:sol:" + "1" * 32),
    yes("Monero (the project's donation address)", MONERO, f"wallet:xmr:{MONERO}"),
    yes("XRP classic", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", "wallet:xrp:r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59"),
    yes("XLS-5d without a tag", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaB5hJDWMArnXr61cqZ", "wallet:xrp:r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59"),
    yes(
        "XLS-5d with tag 1", "X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu", "wallet:xrp:X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu"
    ),
    yes("classic with tag 1", "r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59?dt=1", "wallet:xrp:X7AcgcsBL6XDcUb289X4mJ8djcdyKaGZMhc9YTE92ehJ2Fu"),
    no("EIP-55 one capital wrong", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "EIP-55"),
    no("EVM one digit short", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae", "40 hexadecimal digits"),
    no("transaction hash", "0x" + "ab" * 32, "transaction or a secret key"),
    no("base58, one sign changed", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "checksum"),
    no("base58 in small letters", "1a1zp1ep5qgefi2dmptftl5slmv7divfna", "not used in base58"),
    no("base58 with a zero", "1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a", "not used in base58"),
    no("BIP-350: Bech32 where Bech32m belongs", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "wrong kind"),
    no("BIP-350: Bech32m where Bech32 belongs", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "wrong kind"),
    no("BIP-350: sign outside the alphabet", "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "not used"),
    no("BIP-350: witness version 17", "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "witness version"),
    no("BIP-350: program of one byte", "bc1pw5dgrnzv", "1 bytes"),
    no("BIP-350: program of 41 bytes", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav", "41 bytes"),
    no("BIP-350: version 0 of 16 bytes", "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "16 bytes"),
    no("BIP-350: empty data", "bc1gmk9yu", "witness version"),
    no("mixed case", "bc1qW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "mixed"),
    no("test network, segwit", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "test network"),
    no("test network, base58", coin("6f"), "test network"),
    no("secret key", coin("80", bytes(range(32))), "version 128"),
    no("chain not known", coin("3c"), "no chain known here"),
    no("wrong currency", USDT_TRON, "not of Bitcoin", currency="BTC"),
    no("unknown currency", USDT_TRON, "'FOO' is not one", currency="FOO"),
    no("Monero one sign short", MONERO[:-1], "95 signs"),
    no("Monero one sign changed", MONERO[:-1] + "B", "checksum"),
    no("CashAddr one sign changed", "qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q", "checksum"),
    no("another bech32 chain", "cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu", "'cosmos'"),
    no("a word", "kucoinrise11", "too short"),
]

HOSTS = [
    yes("plain", "example.com", "host:example.com"),
    yes("capitals and final dot", "EXAMPLE.Com.", "host:example.com"),
    yes("defanged with brackets", "bad[.]example[.]com", "host:bad.example.com"),
    yes("defanged with words", "bad (dot) example {dot} com", "host:bad.example.com"),
    yes("port", "example.com:8443", "host:example.com"),
    yes("international, shown form", "黑貓宅配.top", "host:xn--09s945i07cm1q.top"),
    yes("international, punycode in capitals", "XN--09S945I07CM1Q.TOP", "host:xn--09s945i07cm1q.top"),
    yes("sharp s is not ss", "faß.de", "host:xn--fa-hia.de"),
    yes("ideographic full stop", "example。com", "host:example.com"),
    yes("full-width letters", "ｅｘａｍｐｌｅ.com", "host:example.com"),
    yes("emoji, which browsers open", "i❤.ws", "host:xn--i-7iq.ws"),
    yes("underscore below the registered name", "a_b.example.com", "host:a_b.example.com"),
    yes("provider's shared suffix", "github.io", "host:github.io"),
    yes("under a shared suffix", "x.github.io", "host:x.github.io"),
    yes("exception of the list", "city.kobe.jp", "host:city.kobe.jp"),
    yes(
        "onion",
        "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
        "host:duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion",
    ),
    no("bare word", "domain", "one word"),
    no("registry's suffix", "co.uk", "public suffix"),
    no("wildcard suffix", "foo.kobe.jp", "public suffix"),
    no("top-level domain alone", "com", "one word"),
    no("unknown top-level domain", "wallet-import.html", "no top-level domain"),
    no("blockchain name", "example.eth", "no top-level domain"),
    no("wildcard", "*.example.com", "pattern"),
    no("leading dot", ".example.com", "pattern"),
    no("IP address", "203.0.113.7", "IP address"),
    no("IP address in full-width digits", "２０３.0.113.7", "IP address"),
    no("URL", "https://example.com/", "URL"),
    no("path without scheme", "example.com/a", "URL"),
    no("e-mail", "a@example.com", "e-mail"),
    no("space", "exam ple.com", "spaces"),
    no("empty part", "example..com", "empty"),
    no("part of 64 signs", "a" * 64 + ".com", "at most 63"),
    no("hyphen in front", "-a.example.com", "hyphen"),
    no("registered name with underscore", "a_b.com", "underscore"),
    no("punycode of nothing", "xn--a.com", "international"),
    no("joiner where none may be", "a\u200db.com", "international"),
    no("percent", "ex%41mple.com", "cannot stand"),
    no("longer than 253", ".".join(["a" * 60] * 5) + ".com", "253"),
    no("port that is none", "example.com:99999", "no port"),
]

URLS = [
    yes("canonical", "https://example.com/a", "url:https://example.com/a"),
    yes("http is the same page", "http://example.com/a", "url:https://example.com/a"),
    yes("no scheme", "example.com/a", "url:https://example.com/a"),
    yes("a path like a network's length", "https://192.0.2.0/24", "url:https://192.0.2.0/24"),
    no("a network", "192.0.2.0/24", "network"),
    yes("host alone", "https://example.com", "url:https://example.com/"),
    yes("defanged", "hxxps[:]//bad[.]example[.]com/a", "url:https://bad.example.com/a"),
    yes("capitals in scheme and host", "HTTPS://EXAMPLE.com/A", "url:https://example.com/A"),
    yes("default port", "http://example.com:80/a", "url:https://example.com/a"),
    yes("other port", "example.com:8080/a", "url:https://example.com:8080/a"),
    yes("dot segments", "https://example.com/a/../b/./c", "url:https://example.com/b/c"),
    yes("bait before the host", "https://bank.example@example.com/a", "url:https://example.com/a"),
    yes("fragment", "https://example.com/a#/login", "url:https://example.com/a"),
    yes("query kept whole", "https://example.com/a?utm_source=x&b=1", "url:https://example.com/a?utm_source=x&b=1"),
    yes("empty query", "https://example.com/a?", "url:https://example.com/a"),
    yes("escapes", "https://example.com/%7ea%2fb", "url:https://example.com/~a%2Fb"),
    yes("international", "https://例え.jp/あ", "url:https://xn--r8jz45g.jp/%E3%81%82"),
    yes("final dot", "https://example.com./a", "url:https://example.com/a"),
    yes("IP address", "http://203.0.113.7:8080/a", "url:https://203.0.113.7:8080/a"),
    yes("IPv6 address", "http://[2001:DB8::1]/a", "url:https://[2001:db8::1]/a"),
    yes("backslash as browsers read it", "https://example.com\\a", "url:https://example.com/a"),
    no("hexadecimal IP", "http://0x7f.1/", "programs read differently"),
    no("number for an IP", "http://2130706433/", "programs read differently"),
    no("script", "javascript:alert(1)", "not a web address"),
    no("app link", "tg://resolve?domain=example", "not a web address"),
    no("bare word", "https://domain/", "one word"),
    no("registry's suffix", "https://co.uk/", "public suffix"),
    no("space", "https://example.com/a b", "spaces"),
    no("line break", "https://example.com/a\nb", "spaces"),
    no("e-mail", "a@example.com", "e-mail"),
    no("port that is none", "https://example.com:99999/", "browser"),
    no("empty", "", "nothing"),
    no("too long", "https://example.com/" + "a" * 9000, "longer"),
]

IPS = [
    yes("IPv4", "203.0.113.7", "ip:203.0.113.7"),
    yes("defanged", "203[.]0[.]113[.]7", "ip:203.0.113.7"),
    yes("port", "203.0.113.7:8080", "ip:203.0.113.7"),
    yes("khmer digits", "២០៣.០.១១៣.៧", "ip:203.0.113.7"),
    yes("IPv6 in capitals (RFC 5952)", "2001:DB8:0:0:0:0:0:1", "ip:2001:db8::1"),
    yes("IPv6 with brackets and port", "[2001:db8::1]:443", "ip:2001:db8::1"),
    yes("IPv4-mapped", "::ffff:203.0.113.7", "ip:203.0.113.7"),
    no("octal", "0203.0.113.7", "not an IP"),
    no("leading zero", "203.000.113.007", "leading zero"),
    no("short form", "203.7", "short"),
    no("hexadecimal", "0xcb007107", "short"),
    no("part too large", "203.0.113.256", "larger than 255"),
    no("network", "203.0.113.0/24", "network"),
    no("zone", "fe80::1%eth0", "zone"),
    no("group of five", "2001:db8::12345", "malformed"),
    no("port that is none", "203.0.113.7:70000", "no port"),
    no("host", "example.com", "other characters"),
]  # fmt: skip

NETWORKS = [
    yes("IPv4", "192.0.2.0/24", "network:192.0.2.0/24"),
    yes("defanged", "192[.]0[.]2[.]0/24", "network:192.0.2.0/24"),
    yes("defanged slash", "192.0.2.0[/]24", "network:192.0.2.0/24"),
    yes("khmer digits", "១៩២.០.២.០/២៤", "network:192.0.2.0/24"),
    yes("IPv6", "2001:db8::/32", "network:2001:db8::/32"),
    yes("IPv6 in capitals (RFC 5952)", "2001:DB8:0:0:0:0:0:0/32", "network:2001:db8::/32"),
    yes("IPv6 with brackets", "[2001:db8::]/32", "network:2001:db8::/32"),
    yes("IPv4-mapped", "::ffff:192.0.2.0/120", "network:192.0.2.0/24"),
    yes("IPv4-mapped, one address", "::ffff:192.0.2.7/128", "ip:192.0.2.7"),
    yes("one address", "192.0.2.7/32", "ip:192.0.2.7"),
    yes("one IPv6 address", "2001:db8::1/128", "ip:2001:db8::1"),
    yes("an address without a length", "192.0.2.7", "ip:192.0.2.7"),
    yes("widest that is one party's", "10.0.0.0/8", "network:10.0.0.0/8"),
    yes("wider than one party's", "224.0.0.0/4", "network:224.0.0.0/4"),
    yes("two addresses", "192.0.2.6/31", "network:192.0.2.6/31"),
    no("host bits", "192.0.2.1/24", "192.0.2.1 lies inside one"),
    no("IPv6 host bits", "2001:db8::1/32", "2001:db8::1 lies inside one"),
    no("whole internet", "0.0.0.0/0", "whole internet"),
    no("whole IPv6 internet", "::/0", "whole internet"),
    no("whole IPv4 internet, mapped", "::ffff:0:0/96", "whole internet"),
    no("range", "192.0.2.0-192.0.2.255", "range"),
    no("range upside down", "192.0.2.9 - 192.0.2.1", "range"),
    no("range of two kinds", "192.0.2.0-2001:db8::1", "range"),
    no("netmask", "192.0.2.0/255.255.255.0", "prefix length"),
    no("length with a leading zero", "192.0.2.0/024", "prefix length"),
    no("length with a sign", "192.0.2.0/+24", "prefix length"),
    no("no length behind the slash", "192.0.2.0/", "prefix length"),
    no("length too large", "192.0.2.0/33", "at most 32"),
    no("IPv6 length too large", "2001:db8::/129", "at most 128"),
    no("short form", "192.0.2/24", "short"),
    no("octal", "0300.0.2.0/24", "not an IP"),
    no("zone", "fe80::%eth0/64", "zone"),
    no("asterisk", "192.0.2.*", "not an IP"),
    no("URL", "https://192.0.2.0/24", "prefix length"),
    no("host", "example.com/24", "other characters"),
]  # fmt: skip

if __name__ == "__main__":
    tables = {
        "account": ACCOUNTS, "qr": QR, "proxy": PROXIES, "wallet": WALLETS, "host": HOSTS, "url": URLS, "ip": IPS, "network": NETWORKS,
    }  # fmt: skip
    for kind, cases in tables.items():
        names = [case["name"] for case in cases]
        if len(set(names)) != len(names):
            raise SystemExit(f"{kind}: two cases have one name")
        text = json.dumps({"kind": kind, "cases": cases}, ensure_ascii=False, indent=1) + "\n"
        path = HERE / f"{kind}.json"
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif path.read_text("utf-8") != text:
            raise SystemExit(f"{path.name} is not what this script writes")
