"""The numbers that calls show. Twilio lets an account show numbers that it owns or has verified.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/voice/api/outgoing-caller-ids
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from twilio.rest import Client

from functions.doctor import database
from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.inputs import Inputs
from functions.doctor.twilio_account import client

# How many wrong numbers of businesses are named.
_SHOWN = 5
_PAGE_SIZE = 1000
_MAX_NUMBERS = 10_000

_OWN_IT = (
    "Buy one that can do voice, or verify one that you own: Twilio's console, Phone numbers (Buy a"
    " number; Verified caller IDs)"
)


def own_number(inputs: Inputs) -> Iterator[Finding]:
    """Whether calls can show TWILIO_PHONE_NUMBER."""
    number = inputs.operator.twilio.phone_number
    if number is None:
        yield skipped("", "Not examined: TWILIO_PHONE_NUMBER is not set")
        return
    twilio = client(inputs)
    # Twilio's filter also matches a part of a number.
    for owned in twilio.incoming_phone_numbers.list(phone_number=number, limit=20):
        if owned.phone_number == number:
            if _can_do_voice(owned):
                yield passed(number, f"{number} belongs to the account and can do voice")
            else:
                yield failed(
                    number, f"{number} belongs to the account, but cannot do voice", _OWN_IT
                )
            return
    verified = twilio.outgoing_caller_ids.list(phone_number=number, limit=20)
    if any(each.phone_number == number for each in verified):
        yield passed(number, f"{number} is a verified caller ID")
    else:
        yield failed(
            number, f"{number} does not belong to the account and is not verified", _OWN_IT
        )


def caller_ids(inputs: Inputs) -> Iterator[Finding]:
    """Whether calls can show every number that a business has."""
    try:
        wanted = database.column(
            inputs, "select distinct phone_number from public.phone_numbers order by 1"
        )
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        yield skipped("", "Not examined: the database has no phone_numbers yet, see migrations")
        return
    if not wanted:
        yield passed(
            "",
            "No business has a caller ID yet, so no business can call",
            "make caller-id NUMBER=+… BUSINESS=…: step 7 of docs/setup.md",
        )
        return
    voice, mute = _of_account(client(inputs))
    wrong = [number for number in wanted if number not in voice]
    for number in wrong[:_SHOWN]:
        yield failed(
            number,
            f"{number} is a business's caller ID, but "
            + (
                "cannot do voice"
                if number in mute
                else "does not belong to the account and is not verified"
            ),
            f"{_OWN_IT}. Or take it from the business, because calls that show it fail: make"
            f" caller-id NUMBER={number} BUSINESS=… TAKE=1",
        )
    if len(wrong) > _SHOWN:
        yield failed(
            "", f"{len(wrong) - _SHOWN} more caller IDs do not belong to the account", _OWN_IT
        )
    if not wrong:
        yield passed("", f"All {len(wanted)} caller IDs of businesses belong to the account")


def _of_account(twilio: Client) -> tuple[set[str], set[str]]:
    """The numbers that calls may show, and the numbers of the account that cannot do voice."""
    voice: set[str] = set()
    mute: set[str] = set()
    for owned in twilio.incoming_phone_numbers.list(limit=_MAX_NUMBERS, page_size=_PAGE_SIZE):
        (voice if _can_do_voice(owned) else mute).add(str(owned.phone_number))
    for verified in twilio.outgoing_caller_ids.list(limit=_MAX_NUMBERS, page_size=_PAGE_SIZE):
        voice.add(str(verified.phone_number))
    return voice, mute


def _can_do_voice(number: object) -> bool:
    capabilities = getattr(number, "capabilities", None)
    return isinstance(capabilities, dict) and capabilities.get("voice") is True
