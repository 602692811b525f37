"""Numbers that are possible but not in the data: which of them may be called, and which may not."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from shared import digit_patterns, number_data, phone_numbers
from shared.rpc import Number
from tests.soak import scaled


def read(text: str, country: str = "US") -> Number | None:
    return phone_numbers.read(text, country, test_numbers=False).number


NEW_AREA_CODE = {
    "e164": "+16245550123",
    "type": "unknown",
    "country": "US",
}


@pytest.mark.parametrize(
    "text",
    ["+1 624 555 0123", "+16245550123", "(624) 555-0123", "1-624-555-0123", "624-555-0123 Ada"],
)
def test_an_area_code_that_is_newer_than_the_data_may_be_called(text: str) -> None:
    number = read(text)
    assert number is not None
    assert {name: number[name] for name in NEW_AREA_CODE} == NEW_AREA_CODE  # type: ignore[literal-required]
    # All time zones of the country, because nobody knows which one it is.
    assert {"America/New_York", "Pacific/Honolulu"} < set(number["time_zones"])
    assert "Pacific/Guam" not in number["time_zones"]


@pytest.mark.parametrize(
    "text",
    [
        # The area code is known, so the rest is wrong.
        "+1 415 111 2222",
        "+1 415 055 0100",
        "+1 900 055 0100",
        "+1 876 111 2222",
        "+1 242 222 2222",
        "+1 264 222 2222",
        "+44 1632 960 000",
        "+1 800 055 0100",
        # There can be no such area code.
        "+1 911 555 0100",
        "+1 211 555 0100",
        "+1 115 555 0100",
        "+1 015 555 0100",
        "+1 624 055 0123",
        "+1 624 111 0123",
        "+1 624 555 012",
        "+1 624 555 01234",
        # Ranges of numbers that cost more, beside those that the data has.
        "+44 92 1234 5678",
        "+44 955 123 4567",
        "+49 9011 123456",
        "+33 89 12 34 56 7",
        # Networks without a country, and calling codes that nobody has.
        "+870 123",
        "+888 123 456 789",
        "+979 9 1234 5678",
        "+999 1234 5678",
        "+210 1234 5678",
    ],
)
def test_a_number_that_may_be_wrong_or_dear_is_refused(text: str) -> None:
    for country in ("US", "GB", "DE"):
        assert phone_numbers.read(text, country, test_numbers=False).problem


def test_a_national_number_of_another_country_is_not_taken_for_a_new_one() -> None:
    for country in sorted(number_data.COUNTRIES - {"US"}):
        number = read("624 555 0123", country)
        assert number is None or number["type"] != "unknown"


DEAR = (
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.PAGER,
    PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
)


def changed(number: PhoneNumber, chosen: random.Random) -> Iterator[str]:
    """The number with other last digits, and with one digit more and one fewer."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    for kept in range(4, len(e164) - 1):
        for _ in range(4):
            yield e164[:kept] + "".join(chosen.choices("0123456789", k=len(e164) - kept))
    yield e164[:-1]
    yield e164 + chosen.choice("0123456789")


def test_no_change_of_last_digits_makes_a_dear_number_callable() -> None:
    """A number that costs the caller more is refused by its type. It must not get another type
    because its last digits are unknown."""
    chosen = random.Random(16)
    tried = 0
    for region in sorted(number_data.COUNTRIES):
        for number_type in DEAR:
            number = phonenumbers.example_number_for_type(region, number_type)
            if number is None:
                continue
            begins = str(phonenumbers.national_significant_number(number))[:3]
            for e164 in changed(number, chosen):
                tried += 1
                code = f"+{number.country_code}"
                if e164.removeprefix(code)[:3] == begins:
                    found = number_data.find_newer(e164, None)
                    assert found is None, (region, e164)
    assert tried > 3_000


def test_no_area_of_another_country_is_taken_for_the_main_one_of_its_calling_code() -> None:
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions[1:]:
            if region not in number_data.COUNTRIES:
                continue
            for number_type in PhoneNumberType.values():
                number = phonenumbers.example_number_for_type(region, number_type)
                if number is None:
                    continue
                national = str(phonenumbers.national_significant_number(number))
                for last in ("0", "1", "5", "9"):
                    other = national[:3] + last * (len(national) - 3)
                    assert number_data.find_newer(f"+{code}{other}", None) is None, other


@pytest.mark.soak
def test_whatever_is_called_begins_with_digits_that_cost_nothing_more() -> None:
    """Three digits of every calling code: what is new is beside ordinary numbers alone."""
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        main = regions[0]
        if main not in number_data.COUNTRIES or code == 1:
            continue
        some = phonenumbers.example_number(main)
        assert some is not None
        length = len(str(phonenumbers.national_significant_number(some)))
        for first in range(100, 1000, scaled(43, 7)):
            number = number_data.find_newer(f"+{code}{first}{'5' * (length - 3)}", None)
            if number is not None:
                beside = number_data._alike(code, str(first)[:1])
                assert number["country"] == main
                assert {kind for _, kind in beside} & {"fixed_line", "mobile"}, (code, first)


@pytest.mark.parametrize(
    ("pattern", "begins", "does_not_begin"),
    [
        ("[2-9]\\d{9}", ["2", "999", "5123456789"], ["1", "51234567890"]),
        ("(?:41|5[0-3])\\d?7", ["", "4", "41", "417", "4107", "53", "5397"], ["42", "5398", "54"]),
        (
            "1(?:2{2,3}|3)?4",
            ["1", "12", "122", "1222", "14", "134", "12224"],
            ["124", "15", "1235"],
        ),
        ("\\d{4,6}|0", ["", "0", "123456"], ["1234567"]),
    ],
)
def test_a_pattern_knows_what_numbers_begin_like(
    pattern: str, begins: list[str], does_not_begin: list[str]
) -> None:
    assert [text for text in begins if not digit_patterns.can_begin(pattern, text)] == []
    assert [text for text in does_not_begin if digit_patterns.can_begin(pattern, text)] == []


@pytest.mark.parametrize("pattern", ["a", "1*", "(1)", "(?=1)", "1)", "[^1]"])
def test_another_kind_of_pattern_is_an_error(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        digit_patterns.can_begin(pattern, "1")


def test_all_patterns_of_the_data_are_understood() -> None:
    for region in sorted(number_data.COUNTRIES):
        for number_type in PhoneNumberType.values():
            number = phonenumbers.example_number_for_type(region, number_type)
            metadata = PhoneMetadata.metadata_for_region(region)
            assert metadata is not None
            kind = PhoneNumberType.to_string(number_type).lower()
            desc = getattr(metadata, kind, None)
            if number is None or desc is None or not desc.national_number_pattern:
                continue
            digits = str(phonenumbers.national_significant_number(number))
            for length in range(len(digits) + 1):
                assert digit_patterns.can_begin(desc.national_number_pattern, digits[:length])
