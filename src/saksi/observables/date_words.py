"""Names of months, eras and the words that stand around a date, in the languages that reports are written in.

Month names: Unicode CLDR (wide and abbreviated, stand-alone and format) for English, Thai, Khmer, Lao, Burmese, Malay,
Indonesian and Vietnamese, with usual other spellings.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

__all__ = ["BUDDHIST", "COMMON", "NOISE", "months"]

_MONTHS = (
    "january jan มกราคม ม.ค. มค មករា ມັງກອນ ມ.ກ. ဇန်နဝါရီ ဇန် januari",
    "february feb กุมภาพันธ์ ก.พ. กพ កុម្ភៈ កុម្ភះ កុម្ភ: កុម្ភ ກຸມພາ ກ.ພ. ဖေဖော်ဝါရီ ဖေ februari",
    "march mar มีนาคม มี.ค. มีค មីនា ມີນາ ມ.ນ. မတ် mac maret",
    "april apr เมษายน เม.ย. เมย មេសា ເມສາ ມ.ສ. ဧပြီ ဧ",
    "may พฤษภาคม พ.ค. พค ឧសភា ພຶດສະພາ ພ.ພ. မေ mei",
    "june jun มิถุนายน มิ.ย. มิย មិថុនា ມິຖຸນາ ມິ.ຖ. ဇွန် juni",
    "july jul กรกฎาคม ก.ค. กค កក្កដា ກໍລະກົດ ກ.ລ. ဇူလိုင် ဇူ julai juli",
    "august aug สิงหาคม ส.ค. สค សីហា ສິງຫາ ສ.ຫ. ဩဂုတ် သြဂုတ် ဩ ogos agustus",
    "september sep sept กันยายน ก.ย. กย កញ្ញា ກັນຍາ ກ.ຍ. စက်တင်ဘာ စက်",
    "october oct ตุลาคม ต.ค. ตค តុលា ຕຸລາ ຕ.ລ. အောက်တိုဘာ အောက် oktober",
    "november nov พฤศจิกายน พ.ย. พย វិច្ឆិកា ພະຈິກ ພ.ຈ. နိုဝင်ဘာ နို",
    "december dec ธันวาคม ธ.ค. ธค ធ្នូ ທັນວາ ທ.ວ. ဒီဇင်ဘာ ဒီ disember desember",
)

BUDDHIST = ("พุทธศักราช", "พ.ศ.", "พ.ศ", "พศ.", "ពុទ្ធសករាជ", "ព.ស.", "ព.ស", "ພຸດທະສັກກະລາດ", "ພ.ສ.", "ພ.ສ", "b.e.", "be")
COMMON = ("คริสต์ศักราช", "ค.ศ.", "ค.ศ", "គ្រិស្តសករាជ", "គ.ស.", "គ.ស", "ຄ.ສ.", "ຄ.ສ", "a.d.", "ad", "c.e.", "ce")

_WEEKDAYS = (
    "monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun "
    "วันจันทร์ วันอังคาร วันพุธ วันพฤหัสบดี วันพฤหัส วันศุกร์ วันเสาร์ วันอาทิตย์ "
    "ថ្ងៃចន្ទ ថ្ងៃអង្គារ ថ្ងៃពុធ ថ្ងៃព្រហស្បតិ៍ ថ្ងៃសុក្រ ថ្ងៃសៅរ៍ ថ្ងៃអាទិត្យ "
    "ວັນຈັນ ວັນອັງຄານ ວັນພຸດ ວັນພະຫັດ ວັນສຸກ ວັນເສົາ ວັນອາທິດ"
)
_AROUND = "of the on st nd rd th day month year วันที่ ที่ เดือน ปี เวลา ថ្ងៃទី ទី ខែ ឆ្នាំ ວັນທີ ເດືອນ ປີ ရက် လ ခုနှစ် နှစ် နေ့ ngày năm"
NOISE = tuple(sorted({*_WEEKDAYS.split(), *_AROUND.split()}, key=len, reverse=True))


def _each() -> Iterator[tuple[str, int]]:
    for number, names in enumerate(_MONTHS, 1):
        yield from ((name, number) for name in names.split())
    yield from ((f"tháng {number}", number) for number in range(1, 13))


@cache
def months() -> dict[str, int]:
    """Every name with its month, longest first, as `casefold` leaves them."""
    return dict(sorted(((name.casefold(), number) for name, number in _each()), key=lambda pair: -len(pair[0])))
