"""The account and its balance."""

from __future__ import annotations

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION, Account
from simulator.rest.frame import ACCOUNT, Json, Routes, rfc_2822


async def _show_account(network: PhoneNetwork, request: web.Request) -> web.Response:
    return web.json_response(_account_json(network.account))


async def _show_balance(network: PhoneNetwork, request: web.Request) -> web.Response:
    account = network.account
    return web.json_response(
        {"account_sid": account.sid, "balance": account.balance, "currency": "USD"}
    )


def _account_json(account: Account) -> Json:
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "friendly_name": "Simulated account",
        "status": account.status,
        "type": account.type,
        # Twilio shows the token. The simulator keeps it out of answers, which tests log.
        "auth_token": None,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "subresource_uris": {},
        "uri": f"/{API_VERSION}/Accounts/{account.sid}.json",
    }


PATH = f"{ACCOUNT}.json"
ROUTES: Routes = (
    ("GET", PATH, _show_account),
    ("GET", f"{ACCOUNT}/Balance.json", _show_balance),
)
