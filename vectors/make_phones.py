"""Vectors of phones, dates, e-mail addresses, account names and device numbers: written by hand here, as JSON for any language.

    python vectors/make_phones.py            write phone.json, date.json, email.json, handle.json, imei.json
    python vectors/make_phones.py --check    fail where a file differs

Phones are the example numbers of the numbering plans or ranges reserved for fiction; the rest is invented.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent / "observables"
Case = dict[str, object]


def yes(name: str, text: str, entity: str, country: str | None = None, *notes: str) -> Case:
    case: Case = {"name": name, "text": text, "entity": entity, "notes": list(notes)}
    return case | ({"country": country} if country else {})


def no(name: str, text: str, refused: str, country: str | None = None) -> Case:
    case: Case = {"name": name, "text": text, "refused": refused}
    return case | ({"country": country} if country else {})


def day(name: str, text: str, iso: str, country: str | None = None, *, era: str = "gregorian") -> Case:
    precision = {4: "year", 7: "month", 10: "day"}.get(len(iso), "minute")
    case: Case = {"name": name, "text": text, "iso": iso, "precision": precision, "calendar": era}
    return case | ({"country": country} if country else {})


KH = "phone:+85512345678"
PLAN = "not valid in its country's number plan"
PHONES = [
    yes("international", "+855 12 345 678", KH),
    yes("normal form", "+85512345678", KH),
    yes("khmer digits, national form", "០១២ ៣៤៥ ៦៧៨", KH, "KH"),
    yes("ascii digits, national form", "012 345 678", KH, "KH"),
    yes("country in lower case", "012 345 678", KH, "kh"),
    yes("full-width digits and plus", "＋８５５１２３４５６７８", KH),
    yes("two scripts in one number", "០12 ៣45 678", KH, "KH"),
    yes("calling code without plus", "85512345678", KH, "KH"),
    yes("calling code without plus, then the national 0", "855012345678", KH, "KH"),
    yes("plus and a national 0 in brackets", "+855 (0)12 345 678", KH),
    yes("international prefix of the country", "001 855 12 345 678", KH, "KH"),
    yes("00 where no country is given", "00855 12 345 678", KH),
    yes("00 of Thailand's neighbour", "00 66 81 234 5678", "phone:+66812345678", "LA"),
    yes("thai digits", "๐๘๑-๒๓๔-๕๖๗๘", "phone:+66812345678", "TH"),
    yes("lao digits", "໐໒໐ ໒໓ ໑໒໓ ໔໕໖", "phone:+8562023123456", "LA"),
    yes("burmese digits", "၀၉ ၂၁၂ ၃၄၅၆", "phone:+9592123456", "MM"),
    yes("dots", "012.345.678", KH, "KH"),
    yes("brackets", "(012) 345 678", KH, "KH"),
    yes("en dashes and no-break spaces", "012\u2013345\u00a0678", KH, "KH"),
    yes("direction marks around, as a chat copies it", "\u202a+855 12 345 678\u202c", KH),
    yes("joiner between digits", "012\u200d345\u200c678", KH, "KH"),
    yes("narrow no-break space between digits", "012\u202f345\u202f678", KH, "KH"),
    yes("label", "Tel: 012 345 678", KH, "KH"),
    yes("khmer label", "លេខទូរស័ព្ទ៖ 012 345 678", KH, "KH"),
    yes("tel URI", "tel:+855-12-345-678", KH),
    yes("extension is a note", "012 345 678 ext 12", KH, "KH", "extension 12"),
    yes("extension of a tel URI", "tel:+855-12-345-678;ext=12", KH, None, "extension 12"),
    yes("extension behind x", "+1 650-253-0000 x123", "phone:+16502530000", None, "extension 123"),
    yes("extension in khmer digits", "012 345 678 ext ១២", KH, "KH", "extension 12"),
    yes("Italy keeps its leading 0", "06 1234 5678", "phone:+390612345678", "IT"),
    yes("Argentina: 0 and 15 become 9", "011 15 2345-6789", "phone:+5491123456789", "AR"),
    yes("Brazil: carrier code goes", "0 15 11 96123-4567", "phone:+5511961234567", "BR"),
    yes("island of the +1 plan, seven digits", "464-1234", "phone:+12684641234", "AG"),
    yes("Russia: waiting for the tone", "8~10 855 12 345 678", KH, "RU"),
    yes("Isle of Man under +44", "+44 7924 123456", "phone:+447924123456"),
    yes("free call number of no country", "+800 1234 5678", "phone:+80012345678"),
    yes("right length, range not in the plan", "+855 20 123 456", "phone:+85520123456", None, PLAN),
    no("national form without country", "012 345 678", "no country"),
    no("national form and a name, without country", "Mr Lim 012345678 x", "no country"),
    no("country without a plan", "012 345 678", "no country", "AQ"),
    no("00 that the country dials otherwise", "0085512345678", "00 is not the international prefix of KH", "KH"),
    no("calling code that does not exist", "+999 123 456 789", "calling code"),
    no("too short", "+855 12 34", "too short"),
    no("area code missing", "555-1234", "area code", "US"),
    no("too long", "+855 12 345 678 901", "too long"),
    no("twenty-five digits", "1234567890123456789012345", "too long", "KH"),
    no("two numbers in one field", "012345678 or 098765432", "letters", "KH"),
    no("two plus signs", "+855 12 345 678 +855 12 345 679", "not a phone number"),
    no("a name beside it", "Mr Lim 012345678", "words", "KH"),
    no("parameter of a tel URI with a hash behind", "tel:+855-12-345-678;ext=12#", "not a phone number"),
    no("keypad letters", "1-800-FLOWERS", "letters", "US"),
    no("a word behind it, which a keypad would dial", "030 123456 Mrs", "letters", "DE"),
    no("letters instead of a digit", "012 345 67o", "letters", "KH"),
    no("words", "no phone", "not a phone number", "KH"),
    no("empty", "", "not a phone number", "KH"),
    no("one digit", "7", "not a phone number", "KH"),
    no("NUL characters", "\x00\x00\x00", "not a phone number", "KH"),
    no("line break between digits", "012345\n678", "not a phone number", "KH"),
    no("very long text", "0" * 5000, "too long", "KH"),
]

DATES = [
    day("normal form, day", "2024-05-10", "2024-05-10"),
    day("normal form, month", "2024-05", "2024-05"),
    day("normal form, year", "2024", "2024"),
    day("normal form, minute with zone", "2024-05-10T14:30+07:00", "2024-05-10T14:30+07:00"),
    day("seconds are cut", "2024-05-10T14:30:59.123Z", "2024-05-10T14:30Z"),
    day("compact", "20240510", "2024-05-10"),
    day("compact with time", "20240510T1430Z", "2024-05-10T14:30Z"),
    day("day first in Cambodia", "03/04/2024", "2024-04-03", "KH"),
    day("month first in the United States", "03/04/2024", "2024-03-04", "US"),
    day("month first in the Philippines", "03/04/2024", "2024-03-04", "PH"),
    day("only one order is possible", "25/12/2024", "2024-12-25"),
    day("day and month are equal", "05.05.2024", "2024-05-05"),
    day("month and year", "05/2024", "2024-05"),
    day("thai, Buddhist era, numbers", "10/05/2567", "2024-05-10", "TH", era="buddhist"),
    day("thai digits, short month", "๑๐ พ.ค. ๒๕๖๗", "2024-05-10", "TH", era="buddhist"),
    day("thai, in full with time", "วันศุกร์ที่ 10 พฤษภาคม พ.ศ. 2567 เวลา 14.30 น.", "2024-05-10T14:30", "TH", era="buddhist"),
    day("thai month, common era", "10 พฤษภาคม ค.ศ. 2024", "2024-05-10", "TH"),
    day("thai leap day", "29 กุมภาพันธ์ 2567", "2024-02-29", "TH", era="buddhist"),
    day("khmer", "ថ្ងៃទី១០ ខែឧសភា ឆ្នាំ២០២៤", "2024-05-10", "KH"),
    day("khmer, Buddhist era", "ឧសភា ព.ស. ២៥៦៧", "2024-05", "KH", era="buddhist"),
    day("lao", "ວັນທີ 10 ພຶດສະພາ 2024", "2024-05-10", "LA"),
    day("lao, Buddhist era", "10 ພຶດສະພາ ພ.ສ. 2567", "2024-05-10", "LA", era="buddhist"),
    day("burmese", "၁၀ မေ ၂၀၂၄", "2024-05-10", "MM"),
    day("english, ordinal, afternoon", "May 10th, 2024 2:30 pm", "2024-05-10T14:30"),
    day("midnight is 12 am", "10 May 2024 12:05 am", "2024-05-10T00:05"),
    day("mail header", "Fri, 10 May 2024 14:30:00 GMT", "2024-05-10T14:30Z"),
    day("chinese", "2024年5月10日", "2024-05-10"),
    day("chinese, full-width digits", "２０２４年５月", "2024-05"),
    day("vietnamese", "ngày 10 tháng 12 năm 2024", "2024-12-10", "VN"),
    day("indonesian", "10 Agustus 2024", "2024-08-10", "ID"),
    day("Buddhist era by the year alone", "2567", "2024", era="buddhist"),
    no("day and month can be exchanged", "03/04/2024", "exchanged"),
    no("Canada writes both orders", "03/04/2024", "exchanged", "CA"),
    no("year of two digits", "10/5/67", "four digits", "TH"),
    no("year between the calendars", "2200", "neither"),
    no("common year marked as Buddhist era", "10 May 2024 B.E.", "no likely year", "TH"),
    no("no such day", "31/02/2024", "no such day", "TH"),
    no("no leap day in that year", "29/02/2566", "no such day", "TH"),
    no("no such month", "2024-13-01", "no such day"),
    no("no such hour", "2024-05-10 25:00", "no such time"),
    no("13 pm", "2024-05-10 13:30 pm", "am or pm"),
    no("time without day", "May 2024 14:30", "no day"),
    no("two dates", "2024-05-10 2024-05-11", "two years of four digits"),
    no("month without year", "10 May", "four digits"),
    no("year in the middle", "10-2024-05", "middle"),
    no("words", "yesterday", "not one date"),
    no("empty", "", "not one date"),
    no("a phone number", "012 345 678", "four digits"),
    no("very long text", "1" * 5000, "not one date"),
]

EMAILS = [
    yes("plain", "name@example.com", "email:name@example.com"),
    yes("capitals in name and domain", "Some.Name@EXAMPLE.Com", "email:some.name@example.com"),
    yes("plus tag is kept", "name+tag@example.com", "email:name+tag@example.com"),
    yes("dots in the name are kept", "n.a.m.e@example.com", "email:n.a.m.e@example.com"),
    yes("defanged with brackets", "name[at]example[.]com", "email:name@example.com"),
    yes("defanged with words", "name (at) example (dot) com", "email:name@example.com"),
    yes("defanged with bare words", "name at example dot com", "email:name@example.com"),
    yes("mailto with a subject", "mailto:name@example.com?subject=hello", "email:name@example.com"),
    yes("angle brackets", "<name@example.com>", "email:name@example.com"),
    yes("full-width", "ｎａｍｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "email:name@example.com"),
    yes("khmer digits", "name១២@example.com", "email:name12@example.com"),
    yes("zero-width space inside", "na\u200bme@example.com", "email:name@example.com"),
    yes(
        "international domain",
        "name@bücher.example.de",
        "email:name@xn--bcher-kva.example.de",
        None,
        "shown as bücher.example.de",
        "looks like bucher.example.de",
    ),
    yes("international name", "スーパー@example.com", "email:スーパー@example.com"),
    no("no domain", "name@", "name, @ and domain"),
    no("no name", "@example.com", "name, @ and domain"),
    no("no @", "example.com", "name, @ and domain"),
    no("two @", "a@b@example.com", "two @"),
    no("quoted name", '"a b"@example.com', "quoted"),
    no("space in the name", "some name@example.com", "no mailbox has"),
    no("two dots in a row", "some..name@example.com", "no mailbox has"),
    no("dot in front", ".name@example.com", "no mailbox has"),
    no("domain of one word", "name@localhost", "one word"),
    no("address of numbers", "name@[203.0.113.7]", "no host name"),
    no("name longer than 64", "a" * 65 + "@example.com", "longer than 64"),
    no("lone surrogate", "na\ud800me@example.com", "half a character"),
    no("two addresses", "a@example.com, b@example.com", "two @"),
    no("very long text", "a" * 5000 + "@example.com", "too long"),
    no("empty", "", "name, @ and domain"),
]

INVITE = "an invitation to a group, not an account"
HANDLES = [
    yes("telegram by name", "telegram:@Some_Name", "handle:telegram:some_name"),
    yes("telegram link", "https://t.me/Some_Name", "handle:telegram:some_name"),
    yes("telegram link, defanged", "hxxps://t[.]me/Some_Name", "handle:telegram:some_name"),
    yes("telegram preview link", "t.me/s/some_name?before=10", "handle:telegram:some_name"),
    yes("telegram message link", "t.me/some_name/123", "handle:telegram:some_name"),
    yes("telegram app link", "tg://resolve?domain=Some_Name", "handle:telegram:some_name"),
    yes("telegram link of a phone", "t.me/+85512345678", KH, None, "named as a Telegram account"),
    yes("telegram invitation", "t.me/+AbCdEfGh12345678", "handle:telegram:invite/AbCdEfGh12345678", None, INVITE),
    yes("telegram invitation, old form", "t.me/joinchat/AAAAAEabc-12_x", "handle:telegram:invite/AAAAAEabc-12_x", None, INVITE),
    yes("whatsapp link", "wa.me/85512345678", KH, None, "named as a WhatsApp account"),
    yes("whatsapp link with text", "https://api.whatsapp.com/send?phone=85512345678&text=hi", KH, None, "named as a WhatsApp account"),
    yes("whatsapp, khmer digits, national form", "WhatsApp: ០១២ ៣៤៥ ៦៧៨", KH, "KH", "named as a WhatsApp account"),
    yes("whatsapp invitation", "https://chat.whatsapp.com/AbCdEfGhIjKlMn", "handle:whatsapp:invite/AbCdEfGhIjKlMn", None, INVITE),
    yes("whatsapp user name", "WhatsApp: @Some.Name_1", "handle:whatsapp:some.name_1"),
    yes("whatsapp normal form", "whatsapp:some.name_1", "handle:whatsapp:some.name_1"),
    yes("line id", "LINE ID: Some.Name", "handle:line:some.name"),
    yes("line link", "https://line.me/ti/p/~some.name", "handle:line:some.name"),
    yes("line official account", "line.me/R/ti/p/@abc1234z", "handle:line:@abc1234z"),
    yes("telegram name that begins with 'user'", "telegram username_x", "handle:telegram:username_x"),
    yes("telegram name that begins with 'id'", "telegram idolfan", "handle:telegram:idolfan"),
    yes("telegram name that is 'user'", "telegram user", "handle:telegram:user"),
    yes("telegram, filler with a colon", "telegram username: some_name", "handle:telegram:some_name"),
    yes("tiktok name that begins with 'user.'", "tiktok user.name", "handle:tiktok:user.name"),
    yes("line id that begins with 'user.'", "line user.shop", "handle:line:user.shop"),
    yes("facebook name that begins with 'user.'", "facebook user.page1", "handle:facebook:userpage1"),
    yes("x with an at sign", "x @some_name", "handle:x:some_name"),
    yes("x with colon and at sign", "X: @some_name", "handle:x:some_name"),
    yes("x with a colon", "x:some_name", "handle:x:some_name"),
    yes("tiktok with an at sign", "tiktok @some.name", "handle:tiktok:some.name"),
    yes("wechat", "WeChat: Some_Name1", "handle:wechat:some_name1"),
    yes("wechat, chinese name of the service", "微信：some_name1", "handle:wechat:some_name1"),
    yes("facebook: dots and capitals do not count", "facebook.com/Some.Name.9", "handle:facebook:somename9"),
    yes("facebook id", "https://www.facebook.com/profile.php?id=100000000000001", "handle:facebook:id/100000000000001"),
    yes("facebook id in a path", "facebook.com/people/Some-Name/100000000000001/", "handle:facebook:id/100000000000001"),
    yes("tiktok", "https://www.tiktok.com/@Some.Name?lang=en", "handle:tiktok:some.name"),
    yes("x", "https://x.com/Some_Name/status/1", "handle:x:some_name"),
    yes("x under its old name", "twitter.com/some_name", "handle:x:some_name"),
    yes("khmer digits in a name", "telegram:name១២", "handle:telegram:name12"),
    no("no platform", "@some_name", "no known platform"),
    no("platform without name", "telegram", "no known platform"),
    no("telegram name too short", "telegram:ab", "gives names of"),
    no("telegram name that begins with a digit", "telegram:1name", "gives names of"),
    no("telegram private channel", "t.me/c/123456/7", "private channel"),
    no("telegram sticker set", "t.me/addstickers/abc", "page of the platform"),
    no("line code", "https://line.me/ti/p/AbCdEfG", "only LINE"),
    no("facebook group", "facebook.com/groups/123", "page of the platform"),
    no("tiktok video", "https://www.tiktok.com/t/ZTabc/", "video"),
    no("whatsapp name like a host", "whatsapp:some.name.com", "not a phone number"),
    no("whatsapp name with two dots", "whatsapp:some..name", "not a phone number"),
    no("talk of whatsapp", "whatsapp group", "not a phone number"),
    no("line id too short", "line:abc", "gives names of"),
    no("wechat name that begins with an underscore", "wechat:_some_name", "gives names of"),
    no("telegram, a filler alone", "telegram id", "Telegram gives names of"),
    no("facebook name of four letters", "facebook some", "older shorter ones exist: give the link"),
    no("x name too long", "x:abcdefghijklmnop", "gives names of"),
    no("look-alike letters", "telegram:s\u043eme_name", "gives names of"),
    no("another site", "https://example.com/some_name", "no profile page"),
    no("whatsapp without number", "wa.me/", "not a phone number"),
    no("national number without country", "whatsapp:012345678", "no country"),
    no("empty", "", "no known platform"),
    no("very long text", "telegram:" + "a" * 5000, "too long"),
]

IMEIS = [
    yes("fifteen digits", "490154203237518", "imei:490154203237518"),
    yes("printed with dashes", "49-015420-323751-8", "imei:490154203237518"),
    yes("label", "IMEI: 490154203237518", "imei:490154203237518"),
    yes("khmer digits", "៤៩០១៥៤២០៣២៣៧៥១៨", "imei:490154203237518"),
    yes("without check digit", "49015420323751", "imei:490154203237518", None, "check digit worked out"),
    yes("IMEISV", "4901542032375112", "imei:490154203237518", None, "software version 12", "check digit worked out"),
    yes(
        "from a network, check digit 0", "490154203237510", "imei:490154203237518", None,
        "sent by a network with 0 for the check digit, which was worked out",
    ),
    yes("another device", "356938035643809", "imei:356938035643809"),
    yes("type and serial number apart", "49015420-323751", "imei:490154203237518", None, "check digit worked out"),
    yes("label, odd groups, no check digit", "IMEI 4901 5420323751", "imei:490154203237518", None, "check digit worked out"),
    no("code of a bank and an account number", "7171 0123456789", "not grouped like one"),
    no("fourteen digits in fours", "4901 5420 3237 51", "not grouped like one"),
    no("sixteen digits in fours", "4901 5420 3237 5112", "not grouped like one"),
    no("wrong check digit", "490154203237519", "check digit"),
    no("digits exchanged", "491054203237518", "check digit"),
    no("thirteen digits", "4901542032375", "13 digits"),
    no("seventeen digits", "49015420323751812", "17 digits"),
    no("zeros", "000000000000000", "filler"),
    no("letters", "49015420323751X", "other characters"),
    no("empty", "", "other characters"),
    no("very long text", "4" * 5000, "too long"),
]  # fmt: skip


def main() -> int:
    stale = 0
    for kind, cases in {"phone": PHONES, "date": DATES, "email": EMAILS, "handle": HANDLES, "imei": IMEIS}.items():
        names = [case["name"] for case in cases]
        if len(set(names)) != len(names):
            raise SystemExit(f"{kind}: two cases have one name")
        # Escaped, because a lone surrogate cannot be written otherwise.
        text = json.dumps({"kind": kind, "cases": cases}, ensure_ascii=True, indent=1) + "\n"
        path = HERE / f"{kind}.json"
        if "--check" not in sys.argv[1:]:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            print(f"{path.name} is stale: run {Path(__file__).name}")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
