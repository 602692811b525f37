"""Signatures, compared with the test vectors that Twilio publishes."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from simulator.protocol.signature import sign, signed_url

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
    ("Caller", "+14158675309"),
]


def test_the_published_vector_of_a_call() -> None:
    assert sign("12345", URL, CALL) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_port_that_is_kept_is_signed() -> None:
    url = "https://mycompany.com:443/myapp.php?foo=1&bar=2"
    assert sign("12345", url, CALL) == "kvajT1Ptam85bY51eRf/AJRuM3w="


def test_repeated_fields_are_deduplicated_and_sorted() -> None:
    params = [
        ("Sid", "CA123"),
        ("SidAccount", "AC123"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
    ]
    assert sign("12345", URL, params) == "IK+Dwps556ElfBT0I3Rgjkr1wJU="


def test_the_vector_of_the_documentation() -> None:
    params = [
        (name, "+14158675310" if name in ("From", "Caller") else value) for name, value in CALL
    ]
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, params) == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://h.example:8443/a?b=%20c", "https://h.example/a?b=%20c"),
        ("http://h.example:8080/a", "http://h.example:8080/a"),
        ("https://user:pa%40ss@h.example/a", "https://h.example/a"),
        ("https://h.example/a?after=dial#rc=3&rp=ct,rt", "https://h.example/a?after=dial"),
        ("https://u:p@h.example:444/a#rc=1", "https://h.example/a"),
    ],
)
def test_the_parts_of_a_url_that_are_signed(configured: str, signed: str) -> None:
    assert signed_url(configured) == signed


def test_twilios_own_validator_accepts_blank_and_unicode_values() -> None:
    params = {"Called": "", "To": "Zoë & co", "From": "client:user_1"}
    url = "http://127.0.0.1:8080/api/twilio/twiml?after=dial"
    validator = RequestValidator("12345")
    assert validator.validate(url, params, sign("12345", signed_url(url), params.items()))
    assert not validator.validate(url, params, sign("12346", signed_url(url), params.items()))
