"""Which webhooks come from Twilio: Twilio's published examples, and changes of them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from flask import Request
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.test import EnvironBuilder

from shared import errors
from shared.parsing import MAX_FIELDS, Form
from shared.settings import TwilioWebhooks
from shared.twilio_signature import TwilioAuthenticator
from tests.endpoints import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    FORM,
    NEXT_AUTH_TOKEN,
    PUBLIC_BASE_URL,
    sign,
)

URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
DUPLICATES = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]
DOCUMENTED = CALL | {"From": "+14158675310", "Caller": "+14158675310"}
FIELDS = [("AccountSid", ACCOUNT_SID), ("CallSid", "CA1")]


def webhooks(*auth_tokens: str, base_url: str = PUBLIC_BASE_URL) -> TwilioAuthenticator:
    tokens = auth_tokens or (AUTH_TOKEN,)
    settings_ = TwilioWebhooks(ACCOUNT_SID, tokens, base_url)
    return TwilioAuthenticator(settings_, "status")


def request_of(
    body: str | bytes, signature: str | None, query: str = "", **headers: str
) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if signature is not None:
        named["X-Twilio-Signature"] = signature
    builder = EnvironBuilder(
        "/api/twilio/status", method="POST", data=body, content_type=FORM, headers=Headers(named)
    )
    environ = builder.get_environ()
    environ["QUERY_STRING"] = query
    return Request(environ)


def form_of(
    fields: list[tuple[str, str]],
    *,
    signed: list[tuple[str, str]] | None = None,
    query: str = "",
    signed_query: str | None = None,
    auth_token: str = AUTH_TOKEN,
    base_url: str = PUBLIC_BASE_URL,
    signed_base_url: str | None = None,
    **headers: str,
) -> Form:
    """The form that an endpoint gets. The fields, the query or the address of the request may
    differ from those that were signed."""
    signed_query = query if signed_query is None else signed_query
    url = f"{signed_base_url or base_url}/status" + (f"?{signed_query}" if signed_query else "")
    signature = sign(auth_token, url, fields if signed is None else signed)
    request = request_of(urlencode(fields), signature, query, **headers)
    return webhooks(base_url=base_url).authenticate(request)


@pytest.mark.parametrize(
    ("url", "fields", "signature"),
    [
        (URL, list(CALL.items()), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        (
            URL.replace("mycompany.com", "mycompany.com:443"),
            list(CALL.items()),
            "kvajT1Ptam85bY51eRf/AJRuM3w=",
        ),
        (URL, DUPLICATES, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
        (
            URL.replace("mycompany.com", "example.com"),
            list(DOCUMENTED.items()),
            "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        ),
    ],
)
def test_a_published_vector_is_signed(
    url: str, fields: list[tuple[str, str]], signature: str
) -> None:
    assert sign("12345", url, fields) == signature
    assert webhooks("12345").is_signed(url, MultiDict(fields), signature)
    assert not webhooks("12346").is_signed(url, MultiDict(fields), signature)
    assert not webhooks("12345").is_signed(url + "3", MultiDict(fields), signature)
    assert not webhooks("12345").is_signed(url, MultiDict(fields[1:]), signature)


def test_a_signed_form_is_handed_over() -> None:
    assert form_of(FIELDS).to_dict() == dict(FIELDS)


def test_only_the_primary_and_the_next_auth_token_count() -> None:
    both = webhooks(AUTH_TOKEN, NEXT_AUTH_TOKEN)
    form: Form = MultiDict(FIELDS)
    assert both.is_signed(URL, form, sign(AUTH_TOKEN, URL, FIELDS))
    assert both.is_signed(URL, form, sign(NEXT_AUTH_TOKEN, URL, FIELDS))
    assert not both.is_signed(URL, form, sign("third", URL, FIELDS))
    assert not webhooks().is_signed(URL, form, sign(NEXT_AUTH_TOKEN, URL, FIELDS))


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        " ",
        "garbage",
        "====",
        "\xff\xfe\xe9",
        "=" * 5000,
        sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status", FIELDS)[:-1],
        sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status", FIELDS).lower(),
        sign("", f"{PUBLIC_BASE_URL}/status", FIELDS),
    ],
)
def test_no_other_signature_is_accepted(signature: str | None) -> None:
    with pytest.raises(errors.InvalidSignature):
        webhooks().authenticate(request_of(urlencode(FIELDS), signature))


@settings(max_examples=100, deadline=None, database=None)
@given(st.text())
def test_no_text_is_a_signature(signature: str) -> None:
    signature = signature.encode("utf-8", "ignore").decode("latin-1")
    assert not webhooks().is_signed(URL, MultiDict(FIELDS), signature)


@pytest.mark.parametrize(
    "value",
    ["", " ", "+14158675309", "a b", "a+b", "ünïcödé ☎ 電話", "a\x00b", "a&b=c", "100%", "\r\n"],
)
def test_any_value_arrives_as_it_was_signed(value: str) -> None:
    form = form_of([*FIELDS, ("Called", value)])
    assert form["Called"] == value


def test_a_space_may_come_as_plus_or_percent_20() -> None:
    fields = [*FIELDS, ("Name", "a b")]
    signature = sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status", fields)
    for body in (urlencode(fields), urlencode(fields, quote_via=quote)):
        assert webhooks().authenticate(request_of(body, signature))["Name"] == "a b"


def test_blank_parameters_count() -> None:
    fields = [*FIELDS, ("Called", ""), ("To", "")]
    assert form_of(fields)["Called"] == ""
    with pytest.raises(errors.InvalidSignature):
        form_of(fields, signed=[*FIELDS, ("Calling", "")])


def test_repeated_parameters_are_all_handed_over() -> None:
    form = form_of([*FIELDS, ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")])
    assert form.getlist("Digits") == ["5678", "1234", "1234"]


@pytest.mark.parametrize(
    "sent",
    [
        [*FIELDS, ("To", "+14155552671")],
        FIELDS[:1],
        [FIELDS[0], ("CallSid", "CA2")],
        [*FIELDS, ("CallSid", "CA2")],
        [FIELDS[0], ("callsid", "CA1")],
    ],
)
def test_a_form_that_was_changed_is_refused(sent: list[tuple[str, str]]) -> None:
    with pytest.raises(errors.InvalidSignature):
        form_of(sent, signed=FIELDS)


@pytest.mark.parametrize(
    "query", ["b=2&a=1", "a=%2B1", "a=%2b1", "a=+&b", "=&&", "a=1&a=1", "q=%C3%BC%00"]
)
def test_a_query_is_signed_exactly_as_it_was_sent(query: str) -> None:
    assert form_of(FIELDS, query=query)


@pytest.mark.parametrize(
    ("sent", "signed"),
    [("a=1&b=2", "b=2&a=1"), ("a=%2b1", "a=%2B1"), ("after=dial", ""), ("", "after=dial")],
)
def test_another_query_than_the_signed_one_is_refused(sent: str, signed: str) -> None:
    with pytest.raises(errors.InvalidSignature):
        form_of(FIELDS, query=sent, signed_query=signed)


def test_the_address_that_a_request_claims_does_not_matter() -> None:
    assert form_of(
        FIELDS,
        Host="10.0.0.7:8080",
        X_Forwarded_Host="evil.example.com",
        X_Forwarded_Proto="http",
        X_Forwarded_Port="81",
        Forwarded="host=evil.example.com;proto=http",
    )


def test_a_signature_for_the_address_that_a_request_claims_is_refused() -> None:
    with pytest.raises(errors.InvalidSignature):
        form_of(
            FIELDS,
            signed_base_url="https://evil.example.com/api/twilio",
            Host="evil.example.com",
            X_Forwarded_Host="evil.example.com",
        )


def test_a_signature_for_another_endpoint_is_refused() -> None:
    signature = sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/twiml", FIELDS)
    with pytest.raises(errors.InvalidSignature):
        webhooks().authenticate(request_of(urlencode(FIELDS), signature))


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("https://h.example/api", "https://h.example/api"),
        ("https://h.example/api", "https://h.example:443/api"),
        ("https://h.example:443/api", "https://h.example/api"),
        ("https://h.example:8443/api", "https://h.example/api"),
        ("https://h.example:8443/api", "https://h.example:8443/api"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api"),
        ("http://127.0.0.1/api", "http://127.0.0.1:80/api"),
        ("http://127.0.0.1:80/api", "http://127.0.0.1/api"),
        ("http://[::1]:8080/api", "http://[::1]:8080/api"),
    ],
)
def test_a_port_is_signed_as_twilio_signs_it(configured: str, signed: str) -> None:
    assert form_of(FIELDS, base_url=configured, signed_base_url=signed)


@pytest.mark.parametrize(
    ("configured", "signed"),
    [
        ("http://127.0.0.1:8080/api", "http://127.0.0.1/api"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:80/api"),
        ("https://h.example/api", "https://h.example:8443/api"),
        ("https://h.example/api", "http://h.example/api"),
        ("https://h.example/api", "https://h.example:80/api"),
    ],
)
def test_another_port_or_scheme_is_refused(configured: str, signed: str) -> None:
    with pytest.raises(errors.InvalidSignature):
        form_of(FIELDS, base_url=configured, signed_base_url=signed)


@pytest.mark.parametrize(
    "fields",
    [
        [("CallSid", "CA1")],
        [("AccountSid", ""), ("CallSid", "CA1")],
        [("AccountSid", "AC" + "f" * 32), ("CallSid", "CA1")],
        [("AccountSid", ACCOUNT_SID.lower()), ("CallSid", "CA1")],
        [("AccountSid", ACCOUNT_SID + " "), ("CallSid", "CA1")],
    ],
)
def test_another_accounts_webhook_is_refused(fields: list[tuple[str, str]]) -> None:
    with pytest.raises(errors.InvalidSignature, match="AccountSid"):
        form_of(fields)


def test_only_a_signed_request_learns_that_the_account_is_wrong() -> None:
    with pytest.raises(errors.InvalidSignature, match="X-Twilio-Signature"):
        webhooks().authenticate(request_of("AccountSid=AC0", "garbage"))


def test_more_parameters_than_twilio_ever_sends_are_refused() -> None:
    most = [*FIELDS, *((f"Parameter{number}", "") for number in range(MAX_FIELDS - len(FIELDS)))]
    assert len(form_of(most)) == MAX_FIELDS
    with pytest.raises(errors.InvalidRequest, match=str(MAX_FIELDS)):
        form_of([*most, ("OneMore", "")])


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"%", b"%ZZ=%", b"\x00", b"&&&", b"=", "ü=ü".encode(), b"%FF=%FE"]
)
def test_a_body_that_is_not_a_form_is_refused(body: bytes) -> None:
    with pytest.raises(errors.InvalidSignature):
        webhooks().authenticate(request_of(body, sign(AUTH_TOKEN, f"{PUBLIC_BASE_URL}/status")))
