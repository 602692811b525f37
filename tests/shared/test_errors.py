"""The errors that browsers rely on. Their causes are for the log and not for the answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared import errors
from tests.error_table import TABLE


def subclasses(base: type[errors.RequestError]) -> Iterator[type[errors.RequestError]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_every_error_has_the_status_and_code_of_the_contract() -> None:
    found = {
        (error.__name__, error.status, error.code)
        for error in subclasses(errors.RequestError)
        # Other modules give them messages.
        if error.__module__ == errors.__name__
    }
    assert found == TABLE


@pytest.mark.parametrize("error", [errors.PhoneSystemError, errors.DatabaseUnavailable])
def test_a_cause_is_kept_out_of_the_message(
    error: type[errors.PhoneSystemError | errors.DatabaseUnavailable],
) -> None:
    raised = error("TWILIO_AUTH_TOKEN is wrong")
    assert raised.detail == "TWILIO_AUTH_TOKEN is wrong"
    assert "TWILIO" not in raised.message
    assert raised.message


def test_a_temporary_error_says_when_to_try_again() -> None:
    assert errors.DatabaseUnavailable("x").retry_after
    assert errors.SignInUnavailable("x").retry_after
    assert errors.TwilioUnavailable("x").retry_after
    assert errors.TwilioBusy(17).retry_after == 17
    assert errors.PhoneSystemError("x").retry_after is None
