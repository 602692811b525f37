"""What Google's phone number data knows about a number.

A number is valid if the data has its range. One that is only possible (it has the right length) may
be newer than the data: a new area code of the United States, say. Such a number may be called if no
number that the data knows begins like it. So a wrong digit in a known area is noticed, and nobody
reaches a premium number by changing its last digits.
"""

from __future__ import annotations

import functools
import re

import phonenumbers
from phonenumbers import (
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    timezone,
)

from shared import digit_patterns, us_states
from shared.rpc import Number

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)

# https://www.twilio.com/docs/iam/test-credentials
_TWILIO_TEST_NUMBER = re.compile(r"\+1500555\d{4}")
_TYPES = {
    number_type: PhoneNumberType.to_string(number_type).lower()
    for number_type in PhoneNumberType.values()
}


def find(digits: str, country: str | None, *, test_numbers: bool) -> Number | None:
    """The number with these digits, as they are dialled in ``country``. With a ``+`` before them
    the country does not matter. None if no number has these digits."""
    if country is not None and not _opening(country).match(digits):
        return None
    parsed = _parse(digits, country)
    if parsed is None:
        return None
    number_type = phonenumbers.number_type(parsed)
    # UNKNOWN means that is_valid_number would be False. This test saves a second look-up.
    if number_type == PhoneNumberType.UNKNOWN:
        return None
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if _TWILIO_TEST_NUMBER.fullmatch(e164):
        if not test_numbers:
            return None
        return {
            "e164": e164,
            "type": "twilio_test",
            "country": None,
            "region": None,
            "time_zones": [],
        }
    return {
        "e164": e164,
        "type": _TYPES[number_type],
        "country": phonenumbers.region_code_for_number(parsed),
        "region": us_states.state_of(e164),
        "time_zones": list(timezone.time_zones_for_number(parsed)),
    }


def find_newer(digits: str, country: str | None) -> Number | None:
    """The number with these digits, if it may be newer than the data. Its type is ``unknown``, and
    its country is the main one of its calling code. Without a country code this is for the United
    States alone: in most other countries too many texts could be meant."""
    if country not in (None, "US"):
        return None
    parsed = _parse(digits, country)
    if parsed is None or not _may_be_newer(parsed):
        return None
    code = parsed.country_code
    assert code is not None
    main = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    return {
        "e164": phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
        "type": "unknown",
        "country": main,
        "region": None,
        "time_zones": _time_zones(code, main),
    }


def is_possible(digits: str, country: str | None) -> bool:
    """Whether a number may have as many digits as these."""
    parsed = _parse(digits, country)
    return parsed is not None and phonenumbers.is_possible_number(parsed)


@functools.cache
def _opening(country: str) -> re.Pattern[str]:
    """What digits match if the country may have the number: a whole number, or the beginning of one
    that is dialled with a prefix. It saves reading most texts for most countries."""
    code = phonenumbers.country_code_for_region(country)
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    own = _metadata(country)
    described = [_metadata(region).general_desc for region in regions]
    whole = {desc.national_number_pattern or "" for desc in described if desc}
    prefixes = (own.national_prefix_for_parsing, own.international_prefix, str(code))
    return re.compile(
        "|".join(
            [
                *(f"(?:{pattern})$" for pattern in sorted(whole)),
                *(f"(?:{prefix})" for prefix in prefixes if prefix),
            ]
        )
    )


def _metadata(region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    return metadata


def _parse(digits: str, country: str | None) -> PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    # Mexico's mobile numbers began with a 1, for calls from abroad, until 2019.
    if parsed.country_code == 52 and re.fullmatch(r"1\d{10}", str(parsed.national_number)):
        return PhoneNumber(country_code=52, national_number=int(str(parsed.national_number)[1:]))
    return parsed


# By how many digits a range is known: area codes have three where they are longest for everybody.
_RANGE = 3
_NORTH_AMERICA = 1
# No area code ends with 11, and neither it nor the part after it begins with 0 or 1.
_NORTH_AMERICAN = re.compile(r"[2-9](?!11)\d\d[2-9]\d{6}")
_ORDINARY = {"fixed_line", "mobile"}
_HARMLESS = _ORDINARY | {"toll_free", "voip"}


def _may_be_newer(parsed: PhoneNumber) -> bool:
    code = parsed.country_code
    if code not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return False
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
    if regions[0] not in COUNTRIES or not any(
        phonenumbers.is_possible_number_for_type_with_reason(parsed, number_type)
        == ValidationResult.IS_POSSIBLE
        for number_type in (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    ):
        return False
    national = phonenumbers.national_significant_number(parsed)
    if code == _NORTH_AMERICA and not _NORTH_AMERICAN.fullmatch(national):
        return False
    known = next((length for length in range(_RANGE, 0, -1) if _alike(code, national[:length])), 0)
    if not 0 < known < _RANGE:
        return False
    alike = _alike(code, national[:known])
    if not alike & {(regions[0], kind) for kind in _ORDINARY}:
        return False
    return code == _NORTH_AMERICA or alike <= {(regions[0], kind) for kind in _HARMLESS}


@functools.lru_cache(2048)
def _alike(code: int, digits: str) -> frozenset[tuple[str, str]]:
    """The regions and types of the calling code's numbers that begin with these digits."""
    return frozenset(
        (region, kind)
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]
        for kind, pattern in _patterns(region)
        if digit_patterns.can_begin(pattern, digits)
    )


@functools.cache
def _patterns(region: str) -> list[tuple[str, str]]:
    metadata = _metadata(region)
    described = ((kind, getattr(metadata, kind, None)) for kind in _TYPES.values())
    return [
        (kind, desc.national_number_pattern)
        for kind, desc in described
        if desc is not None and desc.national_number_pattern
    ]


@functools.cache
def _time_zones(code: int, main: str) -> list[str]:
    """All time zones of the country. North America's area codes tell which are the main one's."""
    if code != _NORTH_AMERICA:
        some = phonenumbers.example_number(main)
        return list(timezone.time_zones_for_geographical_number(some)) if some else []
    everywhere = timezone.time_zones_for_geographical_number(PhoneNumber(country_code=code))
    zones: set[str] = set()
    for area in range(200, 1000):
        number = PhoneNumber(country_code=code, national_number=area * 10**7 + 2345678)
        its_zones = timezone.time_zones_for_geographical_number(number)
        if phonenumbers.region_code_for_number(number) == main and its_zones != everywhere:
            zones.update(its_zones)
    return sorted(zones)
