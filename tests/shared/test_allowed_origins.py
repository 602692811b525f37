"""Whose pages may call: the three of callhenk.com, or exactly those that a setting names."""

from __future__ import annotations

import pytest

from shared import settings


def read(value: str) -> settings.Deployment:
    with settings.reading({"ALLOWED_ORIGINS": value}) as env:
        return settings.Deployment.read(env)


@pytest.mark.parametrize("unset", ["", "  "])
def test_without_the_setting_the_pages_of_henk_may_call(unset: str) -> None:
    deployment = read(unset)
    assert deployment.allows_origin("https://app.callhenk.com")
    assert not deployment.allows_origin("https://evil.com")


def test_with_it_exactly_those_may_call() -> None:
    deployment = read("https://calls.example.com, https://[2001:db8::1]:8443")
    assert deployment.allows_origin("https://calls.example.com")
    assert deployment.allows_origin("https://[2001:db8::1]:8443")
    for other in (
        "https://app.callhenk.com",
        "http://calls.example.com",
        "https://calls.example.com:8443",
        "https://evil.calls.example.com",
        "https://calls.example.com.evil.com",
        "https://CALLS.example.com",
        "null",
        "",
    ):
        assert not deployment.allows_origin(other)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("*", r"number 1 has a \*"),
        ("https://*.example.com", r"has a \*"),
        ("http://calls.example.com", "must start with https://"),
        ("calls.example.com", "must start with https://"),
        ("null", "must start with https://"),
        ("https://calls.example.com/", "must end after the host"),
        ("https://calls.example.com/app", "must end after the host"),
        ("https://calls.example.com?x", "must end after the host"),
        ("https://user@example.com", "must end after the host"),
        ("https://Calls.example.com", "small letters"),
        ("https://calls.example.com:443", ":443"),
        ("https://calls.example.com:0", "no host"),
        ("https://", "no host"),
        ("https://a b.com", "no host"),
        ("https://calls.example.com:65536", "port above 65535"),
        ("https://calls.example.com.", "end in a dot"),
        (f"https://{64 * 'a'}.com", "no host"),
        ("https://127.1", "no host"),
        ("https://0x7f", "no host"),
        ("https://[2001:db8:0::1]", "no host"),
        ("https://[::::]", "no host"),
        ("https://a.com https://b.com", "must end after the host"),
        ("https://a..com", "no host"),
        ("https://büro.example", "xn--"),
        ("https://a.com,", "number 2 is empty"),
        ("https://a.com,,https://b.com", "number 2 is empty"),
        (",".join(f"https://a{n}.com" for n in range(21)), "21 origins"),
        ("https://your-domain", "example's"),
    ],
)
def test_what_is_not_an_origin_is_refused(value: str, why: str) -> None:
    with pytest.raises(settings.ConfigurationError, match=f"ALLOWED_ORIGINS .*{why}"):
        read(value)
