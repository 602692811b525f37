"""Changes the simulated account, for tests of the doctor."""

from __future__ import annotations

from aiohttp import web

from simulator.control.frame import NETWORK, are_strings, invalid, json_object


async def _change_account(request: web.Request) -> web.Response:
    body = await json_object(request, {"status", "type", "balance", "verified"})
    account = request.app[NETWORK].account
    status, kind = body.get("status", account.status), body.get("type", account.type)
    balance, verified = body.get("balance", account.balance), body.get("verified")
    if status not in ("active", "suspended", "closed") or kind not in ("Full", "Trial"):
        raise invalid("status or type is not one that Twilio has")
    if not isinstance(balance, str):
        raise invalid("balance must be a string")
    if verified is not None and not are_strings(verified):
        raise invalid("verified must be a list of numbers")
    account.status, account.type, account.balance = status, kind, balance
    if verified is not None:
        account.numbers -= account.verified
        account.verified = set(verified)
        account.numbers |= account.verified
    return web.json_response({"status": status, "type": kind, "balance": balance})


ROUTES = (web.post("/simulator/account", _change_account),)
