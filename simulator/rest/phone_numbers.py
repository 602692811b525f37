"""The account's numbers: those bought from Twilio, and verified caller IDs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION, Account
from simulator.rest.frame import ACCOUNT, Json, Routes, page_of, rfc_2822, sid_of, uri_of


async def _list_numbers(network: PhoneNetwork, request: web.Request) -> web.Response:
    account = network.account
    bought = account.numbers - account.verified
    return _number_page(account, request, "incoming_phone_numbers", bought, _number_json)


async def _list_caller_ids(network: PhoneNetwork, request: web.Request) -> web.Response:
    account = network.account
    return _number_page(account, request, "outgoing_caller_ids", account.verified, _caller_id_json)


def _number_page(
    account: Account,
    request: web.Request,
    name: str,
    numbers: Iterable[str],
    to_json: Callable[[Account, str], Json],
) -> web.Response:
    wanted = request.query.get("PhoneNumber")
    found = [to_json(account, number) for number in sorted(numbers) if wanted in (None, "", number)]
    return page_of(request, name, found)


def _number_json(account: Account, number: str) -> Json:
    """An IncomingPhoneNumber."""
    sid = sid_of("PN", number)
    return {
        "sid": sid,
        "account_sid": account.sid,
        "phone_number": number,
        "friendly_name": number,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "status": "in-use",
        "beta": False,
        "address_requirements": "none",
        "api_version": API_VERSION,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "uri": uri_of(account, f"IncomingPhoneNumbers/{sid}"),
    }


def _caller_id_json(account: Account, number: str) -> Json:
    """An OutgoingCallerId: a verified number that was not bought from Twilio."""
    sid = sid_of("PN", number)
    return {
        "sid": sid,
        "account_sid": account.sid,
        "phone_number": number,
        "friendly_name": number,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "uri": uri_of(account, f"OutgoingCallerIds/{sid}"),
    }


ROUTES: Routes = (
    ("GET", f"{ACCOUNT}/IncomingPhoneNumbers.json", _list_numbers),
    ("GET", f"{ACCOUNT}/OutgoingCallerIds.json", _list_caller_ids),
)
