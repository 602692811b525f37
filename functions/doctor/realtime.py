"""Whether Realtime's private topics obey the policy of the migrations: a member may follow the
calls of their business, and nobody else may. The doctor is both: it signs a token for a member and
one for a stranger, lets both join, and sends nothing.

https://supabase.com/docs/guides/realtime/protocol
https://supabase.com/docs/guides/realtime/authorization
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterator
from urllib.parse import urlencode

import aiohttp
import jwt

from functions.doctor.check import Finding, failed, passed, skipped
from functions.doctor.database import column
from functions.doctor.inputs import Inputs
from functions.setup import proxies

_TIMEOUT_SECONDS = 8.0
# Test tokens expire after this.
_TOKEN_SECONDS = 5 * 60
_HAS_REALTIME = """
select to_regclass('realtime.messages') is not null
and to_regclass('public.business_members') is not null
"""
_MEMBER = """
select business_id || ' ' || user_id from public.business_members order by business_id limit 1
"""
_POLL = "Pages then read the calls again every few seconds"
_FIX = (
    "Apply the migrations (./deploy.sh), and look at the policy of realtime.messages and at"
    " Supabase's dashboard, Realtime → Settings"
)


def look(inputs: Inputs) -> Iterator[Finding]:
    """One finding."""
    if column(inputs, _HAS_REALTIME) != ["True"]:
        yield passed("", f"The project has no Realtime. {_POLL}")
        return
    members = column(inputs, _MEMBER)
    if not members:
        yield passed("", "Not known yet: no business has a member who could follow its calls")
        return
    business, user = members[0].split()
    topic = f"business:{business}"
    proxy = proxies.proxy_of(f"{inputs.operator.supabase.url}/realtime/v1/websocket")
    if proxy and proxy.is_socks:
        yield skipped(
            topic,
            f"Not examined: websockets are not asked through a SOCKS proxy, which {proxy.variable}"
            " names",
        )
        return
    try:
        member, stranger = asyncio.run(_join_both(inputs, topic, user))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        yield failed(
            topic,
            f"Realtime does not answer: {type(error).__name__}. {_POLL}",
            "Is Realtime on? Supabase's dashboard, Realtime; status.supabase.com shows outages",
            because=("supabase_api", "supabase_publishable_key"),
        )
        return
    if stranger is None:
        yield failed(
            topic,
            "ALARM: Realtime lets somebody who is not a member follow the calls of a business",
            f"{_FIX}. Until then switch Realtime off there",
        )
    elif member is not None:
        yield failed(
            topic,
            f"Realtime does not let a member follow the calls: {member}. {_POLL}",
            _FIX,
            because=("supabase_api", "signing_keys", "clock", "migrations"),
        )
    else:
        yield passed(
            topic, "Realtime lets a member follow the calls of a business, and no stranger"
        )


async def _join_both(inputs: Inputs, topic: str, user: str) -> list[str | None]:
    """Why Realtime refuses the member and a stranger. None for one who may join."""
    async with aiohttp.ClientSession() as http:
        users = (user, str(uuid.uuid4()))
        joins = (_join(http, inputs, topic, _token(inputs, each)) for each in users)
        return list(await asyncio.wait_for(asyncio.gather(*joins), _TIMEOUT_SECONDS))


async def _join(http: aiohttp.ClientSession, inputs: Inputs, topic: str, token: str) -> str | None:
    supabase = inputs.operator.supabase
    query = urlencode({"apikey": supabase.publishable_key, "vsn": "1.0.0"})
    url = f"{supabase.url}/realtime/v1/websocket?{query}"
    proxy = proxies.proxy_of(url)
    async with http.ws_connect(url, proxy=proxy.url if proxy else None) as socket:
        await socket.send_json(
            {
                "topic": f"realtime:{topic}",
                "event": "phx_join",
                "ref": "1",
                "join_ref": "1",
                "payload": {"config": {"private": True}, "access_token": token},
            }
        )
        async for message in socket:
            said = message.json() if message.type == aiohttp.WSMsgType.TEXT else {}
            if said.get("event") == "phx_reply" and said.get("ref") == "1":
                payload = said.get("payload", {})
                if payload.get("status") == "ok":
                    return None
                return str(payload.get("response", {}).get("reason", "without a reason"))[:200]
    return "it closed the connection"


def _token(inputs: Inputs, user: str) -> str:
    """An access token as Supabase Auth makes it, for a session that does not exist."""
    key, now = inputs.operator.signing_key, int(time.time())
    claims = {
        "iss": f"{inputs.operator.supabase.url}/auth/v1",
        "aud": "authenticated",
        "role": "authenticated",
        "sub": user,
        "iat": now,
        "exp": now + _TOKEN_SECONDS,
    }
    headers = {"kid": key.key_id} if key.key_id else None
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers=headers)
