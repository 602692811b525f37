"""What a dialled text means: the one reading of a number. docs/numbers.md has its rules.

A number without a country code is read as a number of the business's country. Only the database
knows that country, and a request asks the database only once. So such a number is read here for
every country, and the database chooses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared import number_data, number_text
from shared.number_text import SEVERAL, Written
from shared.parsing import make_storable
from shared.rpc import Dialled, Number

MAX_LENGTH = 64
"""How much of a text that is not a number is stored."""

COUNTRIES = number_data.COUNTRIES

CALLABLE_TYPES = frozenset(
    {"fixed_line", "mobile", "fixed_line_or_mobile", "toll_free", "voip", "unknown", "twilio_test"}
)
"""The types of number that private.decide_call does not refuse."""

_PLAIN = re.compile(r"(\+[1-9]\d{6,14})(?:;ext=(\d{1,7}))?", re.ASCII)
# The longest numbers have 15 digits and a prefix; 011 and a country code come before them.
_MOST_DIGITS = 20
# Shorter digits before a slash are an area code.
_FEWEST_DIGITS = 4
# Numbers this long are two short ones where a space stands between them.
_LONG = 13


@dataclass(frozen=True)
class ReadNumber:
    """A text, read in one country. ``problem`` says why there is no number that can be called:
    ``invalid_number``, ``several_numbers`` or ``number_type_not_allowed``."""

    number: Number | None
    extension: str | None
    left_out: str | None
    problem: str | None


def parse(text: str, *, test_numbers: bool) -> Dialled:
    """Reads a dialled text. Twilio's test numbers are numbers only if ``test_numbers`` is True."""
    dialled: Dialled = {
        "dialled": make_storable(text.strip())[:MAX_LENGTH],
        "number": None,
        "by_country": {},
        "extension": None,
        "problem": None,
        "several_in": [],
        "left_out": None,
    }
    written = _read(text)
    if not isinstance(written, Written):
        dialled["problem"] = written
        return dialled
    if written.digits.startswith("+"):
        number = _find(written, None, test_numbers)
        if isinstance(number, dict):
            dialled["number"] = number
        else:
            dialled["problem"] = number
    else:
        for country in sorted(COUNTRIES) if len(written.digits) <= _MOST_DIGITS else ():
            number = _find(written, country, test_numbers)
            if isinstance(number, dict):
                dialled["by_country"][country] = number
            elif number is not None:
                dialled["several_in"].append(country)
    if dialled["number"] or dialled["by_country"]:
        dialled["extension"], dialled["left_out"] = written.extension, written.left_out
    return dialled


def read(text: str, country: str, *, test_numbers: bool) -> ReadNumber:
    """Reads a text in a country (ISO 3166-1 alpha-2). In one without numbers of its own, such as
    AQ, every number needs a country code."""
    written = _read(text)
    found = _find(written, country, test_numbers) if isinstance(written, Written) else written
    if not isinstance(written, Written) or not isinstance(found, dict):
        return ReadNumber(None, None, None, SEVERAL if found == SEVERAL else "invalid_number")
    callable_ = found["type"] in CALLABLE_TYPES and found["country"] != "001"
    return ReadNumber(
        found,
        written.extension,
        written.left_out,
        None if callable_ else "number_type_not_allowed",
    )


def format_caller_id(text: str) -> str:
    """A caller ID as E.164. A text that is not an international number stays as it is: the database
    then finds that the business does not own it."""
    if _PLAIN.fullmatch(text) and ";" not in text:
        return text
    number = parse(text, test_numbers=True)["number"] if "+" in text or "＋" in text else None
    return number["e164"] if number else make_storable(text.strip())[:MAX_LENGTH]


def _read(text: str) -> Written | str | None:
    """number_text.read, without the work where the page sends what it got from us."""
    plain = _PLAIN.fullmatch(text)
    return Written(plain[1], plain[2]) if plain else number_text.read(text)


def _find(written: Written, country: str | None, test_numbers: bool) -> Number | str | None:
    """The number, SEVERAL, or None."""

    def find(digits: str) -> Number | None:
        return number_data.find(digits, country, test_numbers=test_numbers)

    def find_apart(digits: str) -> Number | None:
        return find(digits) if len(digits) >= _FEWEST_DIGITS else None

    digits = written.digits
    if digits.startswith("+"):
        country = None
    elif country not in COUNTRIES:
        return None
    if written.masked and number_data.is_possible(written.masked, country):
        return None
    if any(map(find_apart, written.before)):
        return SEVERAL
    number = find(digits)
    if written.word:
        number = None if number else find(written.word)
        return number if number and number["type"] == "toll_free" else None
    if number:
        # "2 030 123456": the 2 may count lines.
        first, second = written.splits[0] if written.splits else ("", "")
        if len(first) in (1, 2) and first.isdigit() and first[0] != "0" == second[0]:
            other = find(second)
            if other and other["e164"] != number["e164"]:
                return SEVERAL
        # Some countries have numbers so long that two short ones look like one.
        if len(digits) >= _LONG:
            for first, second in written.splits:
                one = find_apart(first)
                if (
                    one
                    and one["country"] in COUNTRIES
                    and (
                        _are_neighbours(first, second)
                        or number_data.find(second, one["country"], test_numbers=test_numbers)
                    )
                ):
                    return SEVERAL
        return number
    if any(len(b) >= _FEWEST_DIGITS and find_apart(a) for a, b in written.splits):
        return SEVERAL
    return number_data.find_newer(digits, country)


def _are_neighbours(first: str, second: str) -> bool:
    """Whether the second digits are a number beside the first: "030 12345 12346"."""
    end = first[-len(second) :]
    return len(second) >= _FEWEST_DIGITS + 1 and end != second and end[:-2] == second[:-2]
