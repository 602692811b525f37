"""What all resources of the REST API share: errors, pages, formats.

Source: twilio.com/docs/usage/twilios-response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from typing import cast
from urllib.parse import urlencode

from aiohttp import web

from simulator.calls.network import PhoneNetwork
from simulator.protocol.account import API_VERSION, Account, HttpMethod

MAX_PAGE_SIZE = 1000
_DEFAULT_PAGE_SIZE = 50

ACCOUNT = f"/{API_VERSION}/Accounts/{{account_sid}}"
"""The path of an account, below which its resources are."""

Json = dict[str, object]
Handler = Callable[[PhoneNetwork, web.Request], Awaitable[web.Response]]
Routes = Sequence[tuple[str, str, Handler]]
"""Method, path and handler of each request that a resource takes."""


class ApiError(Exception):
    """An error document: https://www.twilio.com/docs/api/errors."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers: dict[str, str] = {}


def not_found(request: web.Request) -> ApiError:
    """The error of a resource that does not exist."""
    return ApiError(404, 20404, f"The requested resource {request.path} was not found")


class Form(dict[str, str]):
    """The fields of a form. Of a field that is there more than once, the last value counts."""

    lists: Mapping[str, Sequence[str]]
    """All values of each field."""

    def words(self, name: str) -> Sequence[str]:
        """The values of a list: a field for each, or one field with spaces between them."""
        return [word for value in self.lists.get(name, ()) for word in value.split()]

    def truth(self, name: str, *, default: bool) -> bool:
        """A boolean. Twilio takes everything but `true` for false."""
        return self[name].lower() == "true" if self.get(name) else default

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number, brought into its range. Raises ApiError."""
        text = self.get(name) or str(default)
        if not text.isascii() or not text.isdigit():
            raise ApiError(400, 20001, f"{name} must be a number")
        return min(max(int(text), low), high)

    def method(self, name: str) -> HttpMethod:
        """An HTTP method, POST if it is not given. Raises ApiError."""
        given = self.get(name) or "POST"
        if given not in ("GET", "POST"):
            raise ApiError(400, 20001, f"{name} must be GET or POST")
        return cast("HttpMethod", given)


async def form_of(request: web.Request) -> Form:
    """The fields of a form."""
    posted = await request.post()
    lists = {
        name: [value for value in posted.getall(name) if isinstance(value, str)] for name in posted
    }
    form = Form({name: values[-1] for name, values in lists.items() if values})
    form.lists = lists
    return form


def page_of(request: web.Request, name: str, found: Sequence[Json]) -> web.Response:
    """The page of ``found`` that the query asks for. Raises ApiError."""
    size = _clamped(request, "PageSize", _DEFAULT_PAGE_SIZE, 1, MAX_PAGE_SIZE)
    page = _clamped(request, "Page", 0, 0, 100_000)
    start = page * size
    shown = found[start : start + size]

    def uri(number: int) -> str:
        query = {**request.query, "PageSize": str(size), "Page": str(number)}
        if number:
            # Twilio requires PageToken beside Page. Here it has no other purpose.
            query["PageToken"] = f"PT{number}"
        return f"{request.path}?{urlencode(query)}"

    if page and request.query.get("PageToken") != f"PT{page}":
        raise ApiError(400, 20006, "Page size must be requested with a PageToken")
    return web.json_response(
        {
            name: list(shown),
            "page": page,
            "page_size": size,
            "start": start,
            "end": max(start, start + len(shown) - 1),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "next_page_uri": uri(page + 1) if start + size < len(found) else None,
            "previous_page_uri": uri(page - 1) if page else None,
        }
    )


def _clamped(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise ApiError(400, 20001, f"{name} must be a number")
    return min(max(int(text), low), high)


def within(query: Mapping[str, str], name: str, moment: datetime) -> bool:
    """Whether ``moment`` passes the filters of a time. A bound is a day or a moment in UTC, and
    passes its own filter."""
    day = moment.date().isoformat()
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    def in_form_of(bound: str) -> str:
        return text if "T" in bound else day

    exactly, before, after = (query.get(f"{name}{sign}") for sign in ("", "<", ">"))
    return (
        (not exactly or in_form_of(exactly) == exactly)
        and (not before or in_form_of(before) <= before)
        and (not after or in_form_of(after) >= after)
    )


def rfc_2822(moment: datetime) -> str:
    """``Tue, 24 Nov 2026 09:00:00 +0000``: whole seconds in UTC."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def sid_of(prefix: str, text: str) -> str:
    """A SID that is always the same for the same ``text``."""
    return prefix + md5(text.encode(), usedforsecurity=False).hexdigest()


def uri_of(account: Account, path: str) -> str:
    """The `uri` of a resource of the account."""
    return f"/{API_VERSION}/Accounts/{account.sid}/{path}.json"
