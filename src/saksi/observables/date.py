"""A date as somebody wrote it, with no more precision than it had, in the calendar that it was meant in.

Thai, Lao and Khmer writing counts years of the Buddhist era (common era + 543); days and months are written in either
order; names of months come in many languages. What can be read two ways is refused, never guessed: a two-digit year,
"03/04/2024" without a country, a year that lies in neither calendar. Source: ISO 8601-1:2019 for the result; for the
eras the Thai calendar act B.E. 2483 (the year begins on 1 January since B.E. 2484 = 1941).
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from saksi.model.errors import BadInput
from saksi.observables.date_words import BUDDHIST, COMMON, NOISE, months
from saksi.observables.digits import plain

__all__ = ["MONTH_FIRST", "DateRead", "Exchangeable", "date"]

MONTH_FIRST = frozenset({"US", "PH", "FM", "MH", "PW", "GU", "MP", "AS", "PR", "VI"})
_UNSURE_ORDER = frozenset({"CA"})
_BUDDHIST_COUNTRIES = frozenset({"TH", "LA", "KH", "MM", "LK"})
_LONGEST = 100
_ERA = 543
_YEARS = range(1900, 2101)

_TIME = re.compile(
    r"(?:(?<=\d)t|(?<![\d:.]))(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d{1,9})?)?\s*(?:น\.?)?"
    r"\s*(?P<half>am|pm|a\.m\.|p\.m\.)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2})?(?![\d:])"
)
_THAI_TIME = re.compile(r"(?<!\d)(?P<hour>\d{1,2})\.(?P<minute>\d{2})\s*น\.?")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?:t(\d{2})(\d{2})(?:\d{2})?(z?))?(?!\d)")
_CHINESE = re.compile(r"(\d{4})\s*年(?:\s*(\d{1,2})\s*月(?:\s*(\d{1,2})\s*[日号號])?)?")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_TOKEN = re.compile(r"\d+|\x01\d+")
_GAP = re.compile(r"[\s,./\-]*")

Precision = Literal["year", "month", "day", "minute"]
Calendar = Literal["gregorian", "buddhist"]


@dataclass(frozen=True, slots=True)
class DateRead:
    """`iso` in the common era, cut at `precision` ("2024", "2024-05", "2024-05-10", "2024-05-10T14:30+07:00").

    `calendar` is the one that the year was written in, `original` the text as found, `notes` what was decided.
    """

    iso: str
    precision: Precision
    calendar: Calendar
    original: str
    notes: tuple[str, ...] = ()


class Exchangeable(BadInput):
    """Day and month of a date can be exchanged, and nothing says in which order they stand: its year alone is sure."""


def date(text: str, *, country: str | None = None) -> DateRead:
    """The one date in the text; `country` (ISO 3166 alpha-2) decides the order of day and month.

    Raises `Exchangeable` where the two can be exchanged and no country says how, `BadInput` for what is no date.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise _refused("it is not one date", "give the date alone")
    folded = plain(unicodedata.normalize("NFC", text)).casefold()
    rest, clock = _clock(_spread(folded))
    rest, era = _era(rest)
    year, month, day, order_note = _parts(rest, country)
    year, calendar, era_note = _common_year(year, era, country)
    notes = tuple(note for note in (order_note, era_note) if note)
    iso, precision = _iso(year, month, day)
    if clock:
        if precision != "day":
            raise _refused("it has a time but no day", "give day, month and year")
        return DateRead(f"{iso}T{clock}", "minute", calendar, text, notes)
    return DateRead(iso, precision, calendar, text, notes)


def _refused(why: str, todo: str) -> BadInput:
    return BadInput(f"not taken as a date: {why}", todo=todo)


def _spread(text: str) -> str:
    """Compact ISO and Chinese forms written with dashes, so that one reader takes all."""
    found = _COMPACT.fullmatch(text)
    if found:
        clock = f"t{found[4]}:{found[5]}{found[6]}" if found[4] else ""
        return f"{found[1]}-{found[2]}-{found[3]}{clock}"
    return _CHINESE.sub(lambda m: "-".join(part for part in m.groups() if part) + " ", text)


def _clock(text: str) -> tuple[str, str]:
    """The text without its time of day, and the time as HH:MM with its zone."""
    found = _TIME.search(text) or _THAI_TIME.search(text)
    if found is None:
        return text, ""
    parts = found.groupdict()
    hour, minute, half = int(parts["hour"]), int(parts["minute"]), (parts.get("half") or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise _refused("the hour does not fit am or pm", "give the time as 00:00 to 23:59")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or int(parts.get("second") or 0) > 60:
        raise _refused("there is no such time of day", "give the time as 00:00 to 23:59")
    return f"{text[: found.start()]} {text[found.end() :]}", f"{hour:02}:{minute:02}{_zone(parts.get('zone') or '')}"


def _zone(zone: str) -> str:
    if zone in {"z", "utc", "gmt"}:
        return "Z"
    if zone and (int(zone[1:3]) > 14 or int(zone[-2:]) > 59):
        raise _refused("there is no such time zone", "give it as +07:00")
    return f"{zone[:3]}:{zone[-2:]}" if zone else ""


def _era(text: str) -> tuple[str, Calendar | None]:
    for names, calendar in ((BUDDHIST, "buddhist"), (COMMON, "gregorian")):
        for name in names:
            latin = name.isascii()
            found = re.search(rf"(?<![a-z]){re.escape(name)}(?![a-z])" if latin else re.escape(name), text)
            if found:
                return f"{text[: found.start()]} {text[found.end() :]}", calendar  # type: ignore[return-value]
    return text, None


def _words_out(text: str) -> str:
    """Month names as \\x01 and their number, the usual words around a date as space."""
    text = _ORDINAL.sub(" ", text)
    for name, number in months().items():
        if name in text:
            edge = r"(?<![^\W\d_])", r"(?![^\W\d_])\.?"
            text = re.sub(edge[0] + re.escape(name) + edge[1] if name[0].isascii() else re.escape(name), f" \x01{number} ", text)
    for word in NOISE:
        if word in text:
            text = re.sub(rf"(?<![a-z]){word}(?![a-z])", " ", text)
    return text


def _parts(text: str, country: str | None) -> tuple[int, int | None, int | None, str]:
    """Year as written, month, day, and a note on their order."""
    text = _words_out(text)
    tokens = _TOKEN.findall(text)
    if not tokens or _GAP.fullmatch(_TOKEN.sub("", text)) is None or any(len(token) > 4 for token in tokens):
        raise _refused("it is not one date", "give the date alone, for example 2024-05-10")
    named = [int(token[1:]) for token in tokens if token[0] == "\x01"]
    numbers = [token for token in tokens if token[0] != "\x01"]
    years = [token for token in numbers if len(token) == 4]
    if len(years) != 1:
        raise _refused(f"it has {'two years' if years else 'no year'} of four digits", "write one year, with four digits: 2024-05-10")
    if len(named) > 1:
        raise _refused("it names two months", "give one date alone, for example 2024-05-10")
    small = [int(token) for token in numbers if len(token) != 4]
    if any(len(token) == 3 for token in numbers) or len(small) + len(named) > 2:
        raise _refused("it is not one date", "give the date alone, for example 2024-05-10")
    year = int(years[0])
    if named:
        return year, named[0], small[0] if small else None, ""
    if len(small) < 2:
        return year, small[0] if small else None, None, ""
    if tokens[0] == years[0]:
        return year, small[0], small[1], ""
    if tokens[-1] != years[0]:
        raise _refused("the year stands in the middle", "write it as 2024-05-10")
    return (year, *_order(small[0], small[1], country))


def _order(first: int, second: int, country: str | None) -> tuple[int, int, str]:
    """Month and day of "first/second/year"."""
    place = country.upper() if country else None
    if first == second:
        return second, first, ""
    if first > 12 or second > 12:  # only one reading is left
        month_first = second > 12
        usual = place in MONTH_FIRST if place and place not in _UNSURE_ORDER else month_first
        note = "" if usual == month_first else f"day and month stand in the order not usual in {place}"
        return (first, second, note) if month_first else (second, first, note)
    if place is None or place in _UNSURE_ORDER:
        todo = "say in which country it was written, or write 2024-05-10"
        raise Exchangeable("not taken as a date: day and month can be exchanged", todo=todo)
    return (first, second, "") if place in MONTH_FIRST else (second, first, "")


def _common_year(year: int, era: Calendar | None, country: str | None) -> tuple[int, Calendar, str]:
    """The year of the common era, the calendar it was written in, and a note."""
    if era == "buddhist" or (era is None and year - _ERA in _YEARS):
        if year - _ERA not in _YEARS:
            raise _refused(f"{year} is no likely year of the Buddhist era", "check the year")
        note = ""
        if country and country.upper() in {"KH", "LA", "MM", "LK"}:
            note = "year counted as Buddhist era minus 543; before the new year in April or May it may be one later"
        elif era is None and (country or "").upper() not in _BUDDHIST_COUNTRIES:
            note = "Buddhist era taken from the year alone"
        if country and country.upper() == "TH" and year < 2484:
            note = "before B.E. 2484 the Thai year began in April: January to March may be one year later"
        return year - _ERA, "buddhist", note
    if year not in _YEARS:
        raise _refused(f"{year} is neither a likely year of the common era nor of the Buddhist era", "check the year")
    return year, "gregorian", ""


def _iso(year: int, month: int | None, day: int | None) -> tuple[str, Precision]:
    if month is None:
        return f"{year:04}", "year"
    try:
        full = datetime.date(year, month, 1 if day is None else day)
    except ValueError:
        raise _refused("there is no such day", "check day and month") from None
    return (full.isoformat(), "day") if day is not None else (f"{year:04}-{month:02}", "month")
