"""What a dialled text means, in each country that it may belong to."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from shared import phone_numbers
from shared.rpc import Dialled

IN_SAN_FRANCISCO = {
    "e164": "+14155552671",
    "type": "fixed_line_or_mobile",
    "country": "US",
    "region": "CA",
    "time_zones": ["America/Los_Angeles"],
}


def parse(dialled: str) -> Dialled:
    return phone_numbers.parse(dialled, test_numbers=False)


def example(country: str, number_type: int) -> str:
    number = phonenumbers.example_number_for_type(country, number_type)
    assert number is not None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    "dialled",
    [
        "+14155552671",
        "+1 415 555 2671",
        " +1 (415) 555-2671 ",
        "+1.415.555.2671",
        "+１４１５５５５２６７１",
    ],
)
def test_an_international_number_needs_no_country(dialled: str) -> None:
    assert parse(dialled)["number"] == IN_SAN_FRANCISCO
    assert parse(dialled)["by_country"] == {}


def test_a_national_number_is_read_for_every_country() -> None:
    meaning = parse("(415) 555-2671")
    assert meaning["number"] is None
    assert meaning["by_country"]["US"] == IN_SAN_FRANCISCO
    assert meaning["by_country"]["CA"]["e164"] == "+14155552671"
    assert "GB" not in meaning["by_country"]


@pytest.mark.parametrize(
    ("dialled", "country", "e164"),
    [
        ("030 123456", "DE", "+4930123456"),
        ("06 12345678", "NL", "+31612345678"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("00 44 20 7946 0018", "NL", "+442079460018"),
    ],
)
def test_a_number_is_read_as_it_is_dialled_in_a_country(
    dialled: str, country: str, e164: str
) -> None:
    assert parse(dialled)["by_country"][country]["e164"] == e164


@pytest.mark.parametrize(
    "dialled",
    [
        "",
        " ",
        "hello",
        "call me maybe",
        "+",
        "+0",
        "+1",
        "911",
        "112",
        "+1415555",
        "+141555526711234",
        "+99912345678",
        "1" * 200,
        "9" * 300,
        "+" + "1" * 200,
        "\x00",
        "' or 1=1 --",
        "<Number>",
        "client:user_1",
        "sip:rep@example.com",
    ],
)
def test_a_text_that_is_not_a_valid_number_has_no_meaning(dialled: str) -> None:
    meaning = parse(dialled)
    assert meaning["number"] is None
    assert meaning["by_country"] == {}
    assert meaning["dialled"] == dialled.strip()[:64].replace("\x00", "\ufffd")


@pytest.mark.parametrize(
    ("country", "number_type", "name"),
    [
        ("US", PhoneNumberType.PREMIUM_RATE, "premium_rate"),
        ("GB", PhoneNumberType.PREMIUM_RATE, "premium_rate"),
        ("FR", PhoneNumberType.SHARED_COST, "shared_cost"),
        ("GB", PhoneNumberType.PERSONAL_NUMBER, "personal_number"),
        ("GB", PhoneNumberType.PAGER, "pager"),
        ("GB", PhoneNumberType.UAN, "uan"),
        ("GB", PhoneNumberType.MOBILE, "mobile"),
        ("GB", PhoneNumberType.VOIP, "voip"),
        ("DE", PhoneNumberType.TOLL_FREE, "toll_free"),
    ],
)
def test_the_type_is_named_as_the_database_knows_it(
    country: str, number_type: int, name: str
) -> None:
    number = parse(example(country, number_type))["number"]
    assert number is not None
    assert number["type"] == name


@pytest.mark.parametrize(
    ("e164", "country", "time_zones"),
    [
        ("+442071838750", "GB", ["Europe/London"]),
        ("+12125551234", "US", ["America/New_York"]),
        ("+15145551234", "CA", ["America/Toronto"]),
        # Satellite and other networks without a country.
        ("+870776123456", "001", ["Etc/Unknown"]),
        ("+881612345678", "001", ["Etc/Unknown"]),
        ("+80012345678", "001", ["Etc/Unknown"]),
    ],
)
def test_a_number_tells_its_country_and_time_zone(
    e164: str, country: str, time_zones: list[str]
) -> None:
    number = parse(e164)["number"]
    assert number is not None
    assert (number["country"], number["time_zones"]) == (country, time_zones)


def test_a_mobile_number_of_a_wide_country_may_be_in_any_of_its_time_zones() -> None:
    number = parse("+79161234567")["number"]
    assert number is not None
    assert {"Europe/Moscow", "Asia/Vladivostok"} < set(number["time_zones"])


@pytest.mark.parametrize("last", ["0006", "0000", "9999"])
def test_twilios_test_numbers_are_valid_in_development_alone(last: str) -> None:
    national, e164 = f"(500) 555-{last}", f"+1500555{last}"
    in_development = phone_numbers.parse(e164, test_numbers=True)
    test_number: object = {
        "e164": e164,
        "type": "twilio_test",
        "country": None,
        "region": None,
        "time_zones": [],
    }
    assert in_development["number"] == test_number
    by_country = phone_numbers.parse(national, test_numbers=True)["by_country"]
    assert by_country["US"] == test_number

    assert parse(e164)["number"] is None
    assert parse(e164)["by_country"] == {}
    assert e164 not in [number["e164"] for number in parse(national)["by_country"].values()]


def test_their_neighbours_are_ordinary_numbers() -> None:
    assert parse("+15005540006") == phone_numbers.parse("+15005540006", test_numbers=True)


@pytest.mark.parametrize("text", ["+1 (415) 555-2671", " +14155552671"])
def test_a_caller_id_is_compared_in_e164(text: str) -> None:
    assert phone_numbers.format_caller_id(text) == "+14155552671"


@pytest.mark.parametrize("text", ["x", "4155552671", "+1", "anonymous", "x" * 300])
def test_a_caller_id_that_is_not_a_number_is_passed_to_the_database(text: str) -> None:
    assert phone_numbers.format_caller_id(text) == text[:64]


@settings(max_examples=60, deadline=None, database=None)
@given(st.text(max_size=40) | st.text("+0123456789 -()ext.;=*#", max_size=30))
def test_every_text_is_a_number_in_e164_or_not_a_number(text: str) -> None:
    meaning = parse(text)
    for number in (meaning["number"], *meaning["by_country"].values()):
        assert number is None or re.fullmatch(r"\+[1-9][0-9]{5,16}", number["e164"])
    assert len(phone_numbers.format_caller_id(text)) <= 64
