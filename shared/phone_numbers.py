"""What a dialled text means, by Google's phone number data.

A number without a country code is read as a number of the business's country. Only the database
knows that country, and a request asks the database only once. So such a number is read here for
every country, and the database chooses.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

from shared.rpc import Dialled, Number

MAX_LENGTH = 64

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# https://www.twilio.com/docs/iam/test-credentials
_TWILIO_TEST_NUMBER = re.compile(r"^\+1500555\d{4}$")

_TYPES = {
    number_type: PhoneNumberType.to_string(number_type).lower()
    for number_type in PhoneNumberType.values()
}


def parse(dialled: str, *, test_numbers: bool) -> Dialled:
    """Reads a dialled text. Twilio's test numbers are valid only if ``test_numbers`` is True."""
    dialled = dialled.strip()
    number = _parse(dialled, None, test_numbers)
    by_country: dict[str, Number] = {}
    # Reading a text for every country takes long, so texts that cannot be a number are left out.
    if number is None and len(dialled) <= MAX_LENGTH and not dialled.startswith("+"):
        for country in sorted(phonenumbers.SUPPORTED_REGIONS):
            local = _parse(dialled, country, test_numbers)
            if local is not None:
                by_country[country] = local
    return {
        "dialled": dialled[:MAX_LENGTH],
        "number": number,
        "by_country": by_country,
        "extension": None,
        "problem": None,
        "left_out": None,
    }


def format_caller_id(text: str) -> str:
    """A caller ID as E.164. A text that is not a valid international number stays as it is: the
    database then finds that the business does not own it."""
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
    # UNKNOWN means that is_valid_number would be False. This test saves a second look-up.
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
