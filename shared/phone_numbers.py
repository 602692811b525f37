"""What a dialled text means, by Google's phone number data.

The business's country decides how a number without country code is read, and only the database
knows it. A request makes one round trip, so such a number is read for every country here, and the
database picks.
"""

from __future__ import annotations

import re
from typing import TypedDict

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

MAX_LENGTH = 64

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# https://www.twilio.com/docs/iam/test-credentials
_TWILIO_TEST_NUMBER = re.compile(r"^\+1500555\d{4}$")

_TYPES = {
    number_type: PhoneNumberType.to_string(number_type).lower()
    for number_type in PhoneNumberType.values()
}


class Number(TypedDict):
    """A valid number. ``type`` in the words of the phone number data (``mobile``, ``premium_rate``,
    …), or ``twilio_test``; ``country``: ISO 3166-1 alpha-2, or ``001`` for satellite and other
    networks of no country; ``time_zones``: IANA names, several where the number does not tell.
    Twilio's test numbers have neither country nor time zone."""

    e164: str
    type: str
    country: str | None
    time_zones: list[str]


class Dialled(TypedDict):
    """What was dialled, and what it means: ``number``, or ``by_country`` (ISO 3166-1 alpha-2) where
    the country is not in it. Neither: it is no valid number."""

    dialled: str
    number: Number | None
    by_country: dict[str, Number]


def parse(dialled: str, *, test_numbers: bool) -> Dialled:
    """Reads a dialled text. ``test_numbers``: whether Twilio's test numbers count as valid."""
    dialled = dialled.strip()
    number = _parse(dialled, None, test_numbers)
    by_country: dict[str, Number] = {}
    # Reading a text for every country is only worth it for one that can be a number.
    if number is None and len(dialled) <= MAX_LENGTH and not dialled.startswith("+"):
        for country in sorted(phonenumbers.SUPPORTED_REGIONS):
            local = _parse(dialled, country, test_numbers)
            if local is not None:
                by_country[country] = local
    return {"dialled": dialled[:MAX_LENGTH], "number": number, "by_country": by_country}


def caller_id(text: str) -> str:
    """A caller ID in E.164 if it is a valid international number, else the text as it is: whether
    the business owns it is for the database to say."""
    if _E164.fullmatch(text):
        return text
    number = _parse(text.strip(), None, True)
    return number["e164"] if number else text.strip()[:MAX_LENGTH]


def _parse(text: str, country: str | None, test_numbers: bool) -> Number | None:
    try:
        parsed = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    number_type = phonenumbers.number_type(parsed)
    # Of no type is what is_valid_number, which asks the same again, does not hold for valid.
    if number_type == PhoneNumberType.UNKNOWN:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if _TWILIO_TEST_NUMBER.match(e164):
        if not test_numbers:
            return None
        return {"e164": e164, "type": "twilio_test", "country": None, "time_zones": []}
    return {
        "e164": e164,
        "type": _TYPES[number_type],
        "country": phonenumbers.region_code_for_number(parsed),
        "time_zones": list(timezone.time_zones_for_number(parsed)),
    }
