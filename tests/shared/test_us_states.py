"""Which state a number of the United States tells, for the rules about recording."""

from __future__ import annotations

import pytest
from phonenumbers import PhoneNumber, geocoder, region_code_for_number

from shared import phone_numbers
from shared.us_states import state_of
from tests.soak import SOAK


@pytest.mark.parametrize(
    ("e164", "state"),
    [
        ("+14155552671", "CA"),
        ("+12125551234", "NY"),
        ("+12025550143", "DC"),
        # Toll-free, newer than the data, of Canada, of Puerto Rico, of Peru.
        ("+18005551234", None),
        ("+16245550123", None),
        ("+15145551234", None),
        ("+17875551234", None),
        ("+5114155552", None),
    ],
)
def test_an_area_code_tells_its_state_and_no_other_number_does(
    e164: str, state: str | None
) -> None:
    number = phone_numbers.parse(e164, test_numbers=False)["number"]
    assert number is not None
    assert number["region"] == state


def test_a_number_without_a_country_code_tells_its_state_too() -> None:
    meaning = phone_numbers.parse("(415) 555-2671", test_numbers=False)
    assert meaning["by_country"]["US"]["region"] == "CA"


@pytest.mark.skipif(not SOAK, reason="reads all of the geographical data: 25 s")
def test_every_area_code_is_in_the_state_that_the_data_says() -> None:
    names = {
        "CA": "California",
        "NY": "New York",
        "DC": "Washington D.C.",
        "WA": "Washington State",
    }
    known: dict[str, str] = {}
    for area in range(200, 1000):
        for exchange in range(200, 1000, 9):
            number = PhoneNumber(
                country_code=1, national_number=area * 10**7 + exchange * 10**4 + 1234
            )
            if region_code_for_number(number) != "US":
                continue
            place = geocoder.description_for_number(number, "en")
            state = state_of(f"+1{number.national_number}")
            assert (state is None) == (place == ""), number
            if state is not None:
                # "San Francisco, CA", or the name of the state alone.
                written = place.rpartition(", ")[2]
                named = names.setdefault(state, known.setdefault(state, written))
                if len(written) == 2:
                    assert written == state, number
                elif len(named) > 2:
                    assert written == named, number
                else:
                    names[state] = written
