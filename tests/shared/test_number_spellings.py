"""Every kind of number of every country × every way to write it × businesses of several countries.

Whatever is written, the product dials exactly that number, or nobody.
"""

from __future__ import annotations

import functools
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from shared import phone_numbers
from shared.phone_numbers import COUNTRIES
from tests.soak import figure, scaled

BUSINESSES = ("US", "GB", "DE", "IT", "AR", "JP", "BR")


@dataclass(frozen=True)
class Example:
    """A number of the data, and how its country writes it."""

    region: str
    e164: str
    international: str
    national: str


@functools.cache
def examples() -> list[Example]:
    """One number of each type of each country."""
    found: dict[str, Example] = {}
    for region in sorted(COUNTRIES):
        for number_type in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, number_type)
            if number is None:
                continue
            e164, international, national = (
                phonenumbers.format_number(number, form)
                for form in (
                    PhoneNumberFormat.E164,
                    PhoneNumberFormat.INTERNATIONAL,
                    PhoneNumberFormat.NATIONAL,
                )
            )
            found.setdefault(e164, Example(region, e164, international, national))
    return list(found.values())


def code_in_brackets(number: Example) -> str:
    code, _, rest = number.international.partition(" ")
    return f"({code}) {rest}"


def plus_before_brackets(number: Example) -> str:
    code, _, rest = number.international.partition(" ")
    return f"+({code[1:]}) {rest}"


def zero_in_brackets(number: Example) -> str:
    """+44 (0)20 7946 0018, as countries write it whose prefix is 0."""
    metadata = PhoneMetadata.metadata_for_region(number.region)
    assert metadata is not None
    code, _, rest = number.international.partition(" ")
    return f"{code} (0){rest}" if metadata.national_prefix == "0" else number.international


def between_digits(text: str, mark: str) -> str:
    return mark + mark.join(text) + mark


def digits_of(text: str, zero: str) -> str:
    return "".join(chr(ord(zero) + int(c)) if c in "0123456789" else c for c in text)


# Ways to write a number that begins with its country code.
INTERNATIONAL: dict[str, Callable[[Example], str]] = {
    "E.164": lambda n: n.e164,
    "in groups": lambda n: n.international,
    "code in brackets": code_in_brackets,
    "plus before brackets": plus_before_brackets,
    "(0)": zero_in_brackets,
    "tel:": lambda n: f"tel:{n.international.replace(' ', '-')}",
    "callto:": lambda n: f"callto://{n.e164}",
}
# Ways to write a number as its country does.
NATIONAL: dict[str, Callable[[Example], str]] = {
    "national": lambda n: n.national,
    "national, digits only": lambda n: "".join(filter(str.isdigit, n.national)),
}
# What happens to a number on its way into the field. The last item is the extension that it has.
CHANGES: dict[str, tuple[Callable[[str], str], str | None]] = {
    "as it is": (lambda t: t, None),
    "dots": (lambda t: t.replace(" ", ".").replace("-", "."), None),
    "middle dots": (lambda t: t.replace(" ", "·").replace("-", "•"), None),
    "no-break spaces": (lambda t: t.replace(" ", "\u00a0").replace("-", "\u2011"), None),
    "typographic dashes": (lambda t: t.replace("-", "–").replace(" ", " "), None),
    "bidi marks": (lambda t: f"\u202a{t}\u202c\u200e", None),
    "isolates": (lambda t: f"\u2066{t}\u2069", None),
    "zero-width spaces": (lambda t: between_digits(t, "\u200b"), None),
    "variation selectors": (lambda t: t.replace("5", "5\ufe0f"), None),
    "keycaps": (lambda t: t.replace("1", "1\ufe0f\u20e3"), None),
    "soft hyphens and BOM": (lambda t: "\ufeff" + t.replace("2", "2\u00ad"), None),
    "controls": (lambda t: "\x00" + t.replace("3", "3\x08"), None),
    "full width": (
        lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
        None,
    ),
    "Arabic digits": (lambda t: digits_of(t, "٠"), None),
    "Persian digits": (lambda t: digits_of(t, "۰"), None),
    "Devanagari digits": (lambda t: digits_of(t, "०"), None),
    "mathematical digits": (lambda t: digits_of(t, "𝟎"), None),
    "quoted": (lambda t: f'"{t}"', None),
    "a spreadsheet's apostrophe": (lambda t: f"'{t}", None),
    "a spreadsheet's formula": (lambda t: f'="{t}"', None),
    "a label": (lambda t: f"Tel.: {t}", None),
    "a name before it": (lambda t: f"Ada Lovelace {t}", None),
    "a place before it": (lambda t: f"(work) {t}", None),
    "a telephone before it": (lambda t: f"☎ {t}", None),
    "an item of a list": (lambda t: f"- {t}", None),
    "angle brackets": (lambda t: f"Ada <{t}>", None),
    "a name after it": (lambda t: f"{t} Ada", None),
    "a place after it": (lambda t: f"{t} (work)", None),
    "a line after it": (lambda t: f"{t}\nAda Lovelace", None),
    "the end of a sentence": (lambda t: f"{t}.", None),
    "x123": (lambda t: f"{t}x123", "123"),
    "ext. 123": (lambda t: f"{t} ext. 123", "123"),
    ";ext=123": (lambda t: f"{t};ext=123", "123"),
    ",,123#": (lambda t: f"{t},,123#", "123"),
    "#123": (lambda t: f"{t} #123", "123"),
    "p123": (lambda t: f"{t}p123", "123"),
    "доб. 123": (lambda t: f"{t} доб. 123", "123"),
    "Durchwahl": (lambda t: f"{t}, Durchwahl 123", "123"),
    "(ext 123), a name": (lambda t: f"{t} (ext 123) Ada", "123"),
}
# What nobody can read as one number.
SPOILT: dict[str, Callable[[str], str]] = {
    "twice": lambda t: f"{t} {t}",
    "twice, by comma": lambda t: f"{t}, {t}",
    "twice, by line": lambda t: f"{t}\n{t}",
    "twice, by or": lambda t: f"{t} or {t}",
    "twice, by slash": lambda t: f"{t} / {t}",
    "last digits hidden": lambda t: f"{t[:-2]}XX",
    "last digits asked": lambda t: f"{t[:-1]}?",
    "a letter for a digit": lambda t: f"{t[:-3]}O{t[-2:]}",
    "an address": lambda t: f"sip:{t}@example.com",
    "a long extension": lambda t: f"{t} ext 12345678",
    "a second last part": lambda t: f"{t}/{t[-2:]}",
    "superscript": lambda t: f"{t[:-1]}²",
}


def ways() -> Iterator[tuple[str, Callable[[Example], str], str | None, bool]]:
    """Each way to write a number: its name, how, the extension, and whether it has the country."""
    for writers, has_country in ((INTERNATIONAL, True), (NATIONAL, False)):
        for (way, write), (change, (alter, extension)) in itertools.product(
            writers.items(), CHANGES.items()
        ):
            yield (
                f"{way}, {change}",
                lambda n, w=write, a=alter: a(w(n)),  # type: ignore[misc]
                extension,
                has_country,
            )


def may_be_refused(number: Example, text: str) -> bool:
    """Letters after a few digits and a space may be a phone word. In Colombia 03 chose a company
    that passes the call on."""
    return (text.endswith(" Ada") and len(number.e164) < 11) or number.region == "CO"


@pytest.mark.soak
def test_whatever_is_written_that_number_is_dialled_or_nobody() -> None:
    chosen = random.Random(16)
    wrong, refused, tried = [], [], 0
    for number, (way, write, extension, has_country) in itertools.product(examples(), ways()):
        for business in BUSINESSES if has_country else (number.region,):
            if chosen.randrange(scaled(1200, 40)):
                continue
            tried += 1
            text = write(number)
            found = phone_numbers.read(text, business, test_numbers=False)
            if found.number is None:
                if not may_be_refused(number, text):
                    refused.append((way, business, text, found.problem))
            elif (found.number["e164"], found.extension) != (number.e164, extension):
                wrong.append((way, business, text, found.number["e164"], found.extension))
    figure(f"{tried:,} spellings of {len(examples())} numbers: each dials that number")
    assert wrong == []
    assert refused == []


@pytest.mark.soak
def test_a_text_that_is_not_one_whole_number_is_refused() -> None:
    chosen = random.Random(17)
    dialled, tried = [], 0
    for number, (spoilt, spoil), (_, write) in itertools.product(
        examples(), SPOILT.items(), [*INTERNATIONAL.items(), *NATIONAL.items()]
    ):
        if chosen.randrange(scaled(40, 5)):
            continue
        tried += 1
        text = spoil(write(number))
        found = phone_numbers.read(text, number.region, test_numbers=False)
        if found.number is not None:
            dialled.append((spoilt, number.region, text, found.number["e164"], found.extension))
    figure(f"{tried:,} texts that are not one number: nobody is called")
    assert dialled == []


@pytest.mark.soak
def test_a_call_and_a_list_of_numbers_are_read_alike() -> None:
    """The database chooses from what twiml_fn reads for each country; numbers_fn reads for one."""
    chosen = random.Random(18)
    texts = [
        write(number)
        for number, (_, write, _, _) in itertools.product(examples(), ways())
        if chosen.randrange(scaled(16_000, 1000)) == 0
    ]
    # One number of another country, or too short.
    texts += ["44 20 7946 0018", "6555 0100", "11 2345 6789", "01 23 45 67 89", "415 555 01000"]
    for text in texts:
        meaning = phone_numbers.parse(text, test_numbers=False)
        for country in COUNTRIES:
            found = phone_numbers.read(text, country, test_numbers=False)
            number = meaning["number"] or meaning["by_country"].get(country)
            assert number == found.number, (text, country)
            is_several = meaning["problem"] == "several_numbers" or country in meaning["several_in"]
            assert is_several == (found.problem == "several_numbers"), (text, country)
            if number:
                assert meaning["extension"] == found.extension
                assert meaning["left_out"] == found.left_out
    figure(f"{len(texts)} texts in {len(COUNTRIES)} countries: call and list are read alike")
