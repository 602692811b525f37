"""Log entries: each line is one JSON object, without secrets and whole phone numbers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from shared import logs
from tests.endpoints import AUTH_TOKEN, WEBHOOK_JWT, access_token


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    captured = capsys.readouterr()
    assert captured.err == ""
    line, end = captured.out.split("\n")
    assert end == ""
    entry = json.loads(line)
    assert isinstance(entry, dict)
    assert datetime.fromisoformat(entry.pop("time")).tzinfo == UTC
    return entry


def test_an_entry_is_one_json_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.write("ERROR", "first\nsecond\r\u2028third", {"status": 500, "text": 'a\n"b"', "no": None})
    assert written(capsys) == {
        "severity": "ERROR",
        "message": "first\nsecond\r\u2028third",
        "status": 500,
        "text": 'a\n"b"',
    }


@pytest.mark.parametrize(
    "number",
    [
        "+14155552671",
        "14155552671",
        "4155552671",
        "+1 (415) 555-2671",
        "415.555.2671",
        "(415) 555-2671",
        "+44 20 7946 0071",
        "%2B14155552671",
        "0049 30 12345671",
    ],
)
def test_of_a_phone_number_two_digits_are_left(number: str) -> None:
    text = logs.redact(f"called {number}, twice")
    assert number not in text
    assert "…71" in text
    assert sum(character.isdigit() for character in text) <= 4
    assert text.startswith("called ")
    assert text.endswith(", twice")


def test_all_of_several_numbers_are_masked() -> None:
    text = logs.redact("+14155552671 called +14155552672; (415) 555-2673")
    assert "555" not in text


@pytest.mark.parametrize(
    ("number", "masked"), [("+14155552671", "…71"), ("1234", "…"), ("", "…"), ("a12345", "…45")]
)
def test_a_masked_number_shows_its_end(number: str, masked: str) -> None:
    assert logs.mask_number(number) == masked


@pytest.mark.parametrize(
    "secret",
    [access_token(), WEBHOOK_JWT, AUTH_TOKEN, "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"],
)
def test_a_secret_is_replaced(secret: str) -> None:
    for text in (secret, f"Bearer {secret}", f'"{secret}",', f"x={secret}&y=1", f"({secret})"):
        redacted = logs.redact(text)
        assert secret not in redacted
        assert "[token]" in redacted or "[secret]" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "POST /api/twilio/status 503",
        "ReadTimeout while asking the REST API",
        "line 120, in verify",
    ],
)
def test_a_text_that_is_not_a_secret_stays_readable(text: str) -> None:
    assert logs.redact(text) == text


def test_ids_stay_searchable(capsys: pytest.CaptureFixture[str]) -> None:
    ids = {
        "call_sid": "CA12345678901234567890123456789012",
        "conversation_id": "12345678-1234-1234-1234-123456789012",
        "business_id": "12345678-1234-1234-1234-123456789013",
        "user_id": "12345678-1234-1234-1234-123456789014",
        "request_id": "1" * 32,
    }
    logs.write("INFO", "m", ids)
    assert written(capsys) == {"severity": "INFO", "message": "m"} | ids


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("request_id", "4155552671"),
        ("call_sid", "+14155552671"),
        ("conversation_id", "Grace Hopper"),
        ("user_id", "grace@navy.example"),
        ("block_reason", "Grace asked"),
        ("call_status", "hopper"),
    ],
)
def test_a_malformed_id_or_an_unknown_word_is_not_logged(
    name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.write("INFO", "m", {name: text})
    assert written(capsys)[name] == "[malformed]"


def test_a_secret_in_place_of_an_id_is_concealed(capsys: pytest.CaptureFixture[str]) -> None:
    logs.conceal(AUTH_TOKEN)
    logs.write("INFO", "m", {"request_id": AUTH_TOKEN})
    assert written(capsys)["request_id"] == "[secret]"


@pytest.mark.parametrize("address", ["grace.hopper+1@navy.example", "g%40navy.example"])
def test_an_e_mail_address_is_masked(address: str) -> None:
    assert logs.redact(f"from <{address}>, to={address}") == "from <[e-mail]>, to=[e-mail]"


def test_every_other_field_is_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    logs.write("INFO", "to +14155552671", {"reason": f"{AUTH_TOKEN} +14155552671"})
    assert written(capsys) == {
        "severity": "INFO",
        "message": "to …71",
        "reason": "[secret] …71",
    }


def test_a_secret_is_masked_in_a_text_that_was_logged_before() -> None:
    text = "the word is hunter2-and-more-of-it"
    assert logs.redact(text) == text
    logs.conceal("hunter2-and-more-of-it")
    assert logs.redact(text) == "the word is [secret]"
