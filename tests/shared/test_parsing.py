"""What is read from requests: fields of the right kind, and a message that names the field."""

from __future__ import annotations

import pytest

from shared import errors, parsing


@pytest.mark.parametrize("value", [7, True, [], {}, ["a"]])
def test_a_field_that_is_not_a_text_is_named(value: object) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"^LeadId must be a text\.$"):
        parsing.read_text({"LeadId": value}, "LeadId")


def test_a_very_long_field_is_named() -> None:
    assert parsing.read_text({"LeadId": "x" * parsing.MAX_TEXT}, "LeadId")
    with pytest.raises(errors.InvalidRequest, match=r"^LeadId is too long\.$"):
        parsing.read_text({"LeadId": "x" * (parsing.MAX_TEXT + 1)}, "LeadId")


@pytest.mark.parametrize("body", [{}, {"LeadId": None}, {"LeadId": ""}, {"LeadId": " \n"}])
def test_a_blank_field_counts_as_missing(body: dict[str, object]) -> None:
    assert parsing.read_text(body, "LeadId") is None
    assert parsing.read_uuid(body, "LeadId") is None


@pytest.mark.parametrize("value", ["x", "7", "0" * 33, "c9b1a8f0-3c1e-4f0e-8a53-9d0a5b7e6f2g"])
def test_a_field_that_is_not_a_uuid_is_named(value: str) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"^businessId must be a UUID\.$"):
        parsing.read_uuid({"businessId": value}, "businessId")


def test_a_uuid_is_passed_on_in_its_usual_form() -> None:
    for form in ("{C9B1A8F0-3C1E-4F0E-8A53-9D0A5B7E6F22}", "c9b1a8f03c1e4f0e8a539d0a5b7e6f22"):
        assert str(parsing.parse_uuid(form, "x")) == "c9b1a8f0-3c1e-4f0e-8a53-9d0a5b7e6f22"


def test_what_postgres_cannot_store_is_replaced() -> None:
    assert parsing.make_storable("a\x00b\ud800c") == "a\ufffdb?c"
    assert parsing.make_storable("ünïcödé ☎ 😀") == "ünïcödé ☎ 😀"
