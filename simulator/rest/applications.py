"""Applications: TwiML Apps, which can be listed, created, read, changed and deleted."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import cast

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION, Account, HttpMethod, TwimlApp
from simulator.protocol.formats import is_web_address
from simulator.rest.frame import (
    ACCOUNT,
    ApiError,
    Json,
    Routes,
    form_of,
    not_found,
    page_of,
    rfc_2822,
    uri_of,
)

_FIELDS: Mapping[str, str] = {
    "FriendlyName": "friendly_name",
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
}
"""Parameters of an Application that the simulator keeps, and what they are called in answers."""

_UNUSED = (
    "message_status_callback",
    "sms_fallback_url",
    "sms_status_callback",
    "sms_url",
    "voice_fallback_url",
)


async def _list_apps(network: PhoneNetwork, request: web.Request) -> web.Response:
    account = network.account
    name = request.query.get("FriendlyName")
    found = [
        _app_json(account, app)
        for app in account.twiml_apps.values()
        if name in (None, "", app.friendly_name)
    ]
    return page_of(request, "applications", found)


async def _create_app(network: PhoneNetwork, request: web.Request) -> web.Response:
    app = TwimlApp(f"AP{uuid.uuid4().hex}", "", "")
    await _change(app, request)
    network.account.twiml_apps[app.sid] = app
    return web.json_response(_app_json(network.account, app), status=201)


async def _show_app(network: PhoneNetwork, request: web.Request) -> web.Response:
    return web.json_response(_app_json(network.account, _found(network, request)))


async def _update_app(network: PhoneNetwork, request: web.Request) -> web.Response:
    app = _found(network, request)
    await _change(app, request)
    return web.json_response(_app_json(network.account, app))


async def _delete_app(network: PhoneNetwork, request: web.Request) -> web.Response:
    del network.account.twiml_apps[_found(network, request).sid]
    return web.Response(status=204)


def _found(network: PhoneNetwork, request: web.Request) -> TwimlApp:
    app = network.account.twiml_apps.get(request.match_info["sid"])
    if app is None:
        raise not_found(request)
    return app


async def _change(app: TwimlApp, request: web.Request) -> None:
    """Change the fields that the form has. A wrong value raises ApiError and changes nothing."""
    given = {
        name: value
        for parameter, value in (await form_of(request)).items()
        if (name := _FIELDS.get(parameter))
    }
    for name, value in given.items():
        if name.endswith("_method") and value not in ("GET", "POST"):
            raise ApiError(400, 20001, f"{name} must be GET or POST")
        if name in ("voice_url", "status_callback") and value and not is_web_address(value):
            code = 21502 if name == "voice_url" else 21609
            raise ApiError(400, code, f"{name} is not a valid URL: {value}")
    for name, value in given.items():
        if name.endswith("_method"):
            setattr(app, name, cast("HttpMethod", value))
        else:
            setattr(app, name, value)


def _app_json(account: Account, app: TwimlApp) -> Json:
    """An Application."""
    return {
        "sid": app.sid,
        "account_sid": account.sid,
        "api_version": API_VERSION,
        "date_created": rfc_2822(account.made_at),
        "date_updated": rfc_2822(account.made_at),
        "friendly_name": app.friendly_name,
        "voice_url": app.voice_url or None,
        "voice_method": app.voice_method,
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": False,
        "status_callback": app.status_callback or None,
        "status_callback_method": app.status_callback_method,
        "sms_method": "POST",
        "sms_fallback_method": "POST",
        "public_application_connect_enabled": False,
        "uri": uri_of(account, f"Applications/{app.sid}"),
        **dict.fromkeys(_UNUSED),
    }


_APPS = f"{ACCOUNT}/Applications.json"
_APP = f"{ACCOUNT}/Applications/{{sid}}.json"
ROUTES: Routes = (
    ("GET", _APPS, _list_apps),
    ("POST", _APPS, _create_app),
    ("GET", _APP, _show_app),
    ("POST", _APP, _update_app),
    ("DELETE", _APP, _delete_app),
)
