"""POST /api/twilio/numbers: phone numbers, as the product reads them."""

from __future__ import annotations

import pytest

from tests.canned_server import CannedServer
from tests.endpoints import Endpoint, access_token, load, loaded


@pytest.fixture
def numbers(canned: CannedServer) -> Endpoint:
    """Nothing is asked of the database."""
    return loaded("numbers_fn")


def read(numbers: Endpoint, texts: list[str], country: str = "US") -> list[dict[str, object]]:
    answer = numbers.browser({"country": country, "texts": texts})
    assert answer.status_code == 200
    body = answer.get_json()
    assert body["success"]
    found: list[dict[str, object]] = body["data"]["numbers"]
    assert [number["text"] for number in found] == texts
    return found


def test_each_text_is_answered_in_its_place(numbers: Endpoint) -> None:
    texts = ["(415) 555-0100 x5 (work)", "+44 (0)20 7946 0018", "Ada", "", "+1 624 555 0123"]
    texts += ["4155550100, 4155550101", "+1 900 234 5678", "Ada"]
    nothing = {"to": None, "extension": None, "leftOut": None, "known": False}
    where = {"text", "country", "region", "timeZones"}
    assert [
        {name: value for name, value in number.items() if name not in where}
        for number in read(numbers, texts)
    ] == [
        {
            "to": "+14155550100",
            "extension": "5",
            "problem": None,
            "leftOut": "(work)",
            "known": True,
        },
        {
            "to": "+442079460018",
            "extension": None,
            "problem": None,
            "leftOut": None,
            "known": True,
        },
        nothing | {"problem": "invalid_number"},
        nothing | {"problem": "invalid_number"},
        nothing | {"to": "+16245550123", "problem": None},
        nothing | {"problem": "several_numbers"},
        nothing | {"to": "+19002345678", "problem": "number_type_not_allowed", "known": True},
        nothing | {"problem": "invalid_number"},
    ]


def test_it_is_told_where_a_number_may_be(numbers: Endpoint) -> None:
    texts = ["(415) 555-0100", "+442079460018", "+1 624 555 0123", "+1 800 555 0199", "Ada"]
    found = [(n["country"], n["region"], n["timeZones"]) for n in read(numbers, texts)]
    assert found[0] == ("US", "CA", ["America/Los_Angeles"])
    assert found[1] == ("GB", None, ["Europe/London"])
    # Newer than the number data, and without a place: anywhere in the country.
    for country, region, time_zones in found[2:4]:
        assert (country, region) == ("US", None)
        assert isinstance(time_zones, list)
        assert {"America/New_York", "Pacific/Honolulu"} <= set(time_zones)
    assert found[4] == (None, None, [])


def test_a_number_without_country_code_is_one_of_the_country(numbers: Endpoint) -> None:
    for country, to in (("GB", "+442079460018"), ("US", None), ("AQ", None), ("XX", None)):
        national, international = read(numbers, ["020 7946 0018", "+44 20 7946 0018"], country)
        assert (national["to"], international["to"]) == (to, "+442079460018")


def test_a_request_reads_500_texts(numbers: Endpoint) -> None:
    assert len(read(numbers, ["(415) 555-0100"] * 500)) == 500
    assert read(numbers, []) == []


def test_one_long_text_does_not_refuse_the_others(numbers: Endpoint) -> None:
    long, good = read(numbers, ["1" * 10_000, "(415) 555-0100"])
    assert (long["problem"], good["to"]) == ("invalid_number", "+14155550100")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"texts": []}, "country is missing."),
        ({"country": "", "texts": []}, "country is missing."),
        ({"country": "us", "texts": []}, "country must be the two capital letters"),
        ({"country": "001", "texts": []}, "country must be the two capital letters"),
        ({"country": 1, "texts": []}, "country must be a text."),
        ({"country": "US"}, "texts must be a list of texts."),
        ({"country": "US", "texts": "415 555 0100"}, "texts must be a list of texts."),
        ({"country": "US", "texts": [4155550100]}, "texts must be a list of texts."),
        ({"country": "US", "texts": [None]}, "texts must be a list of texts."),
        ({"country": "US", "texts": ["1"] * 501}, "texts has 501 texts, and 500 are the most."),
    ],
)
def test_a_malformed_request_names_the_field(numbers: Endpoint, body: object, message: str) -> None:
    answer = numbers.browser(body)
    assert answer.status_code == 400
    error = answer.get_json()["error"]
    assert error["code"] == "invalid_request"
    assert message in error["message"]


@pytest.mark.parametrize("token", [None, "garbage", access_token(exp=1)])
def test_only_a_signed_in_rep_is_answered(numbers: Endpoint, token: str | None) -> None:
    answer = numbers.browser({"country": "US", "texts": []}, token=token)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (401, "unauthenticated")


def test_only_our_own_pages_are_answered(numbers: Endpoint) -> None:
    for origin in (None, "https://evil.example.com"):
        answer = numbers.browser({"country": "US", "texts": []}, origin=origin)
        assert (answer.status_code, answer.get_json()["error"]["code"]) == (
            403,
            "unauthorized_domain",
        )


def test_twilios_test_numbers_are_numbers_in_development_alone(canned: CannedServer) -> None:
    for settings, problem in (({}, "invalid_number"), ({"HENK_ENV": "development"}, None)):
        (number,) = read(load("numbers_fn", **settings), ["+15005550006"])
        assert number["problem"] == problem


def test_nothing_that_was_sent_is_logged(
    numbers: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    read(numbers, ["(415) 555-0100 Ada"])
    logged = "".join(capsys.readouterr())
    assert "/api/twilio/numbers" in logged
    assert "415" not in logged
    assert "Ada" not in logged
