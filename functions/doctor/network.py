"""Explains in a few words why an answer is missing: DNS, TLS, nothing listens, too slow."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import httpx
import psycopg
import requests

from functions.doctor.causes import DNS
from functions.doctor.check import Finding, failed
from functions.setup.proxies import Proxy, ProxyUnusable, proxy_of

# For one request. Some examinations make two or three.
TIMEOUT_SECONDS = 8.0

OUTAGES = (httpx.HTTPError, requests.RequestException, psycopg.Error, OSError)
_UNKNOWN_NAME = "DNS does not know the name"
_NO_PROXY = "Let the proxy run, or correct the variable; unset it where no proxy is needed"


def outage(error: BaseException, no_answer: str, *, cause: str = "") -> Finding:
    """The failure that an answer is missing. ``no_answer`` says what to do if the host is to blame.
    Outages with the same advice have the same cause, unless another ``cause`` is named."""
    asked = host(error)
    said = explain(error)
    if isinstance(error, ProxyUnusable):
        return failed("", said, "Other hosts are asked through it; this machine is not", cause=said)
    if proxy := _guilty_proxy(error):
        said = f"No answer from the proxy {proxy.host}, which {proxy.variable} names: {said}"
        return failed(proxy.host, said, _NO_PROXY, cause=f"proxy {proxy.host}")
    unknown = said == _UNKNOWN_NAME or "resolve host" in said or "translate host" in said
    return failed(
        asked,
        f"{f'No answer from {asked}: ' if asked else ''}{said}",
        no_answer,
        cause=DNS if unknown else cause or no_answer,
    )


def _guilty_proxy(error: BaseException) -> Proxy | None:
    """The proxy that did not take a request, if one should have."""
    blamed = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, requests.ConnectionError)
    if not isinstance(error, blamed):
        return None
    try:
        return proxy_of(str(error.request.url)) if error.request else None
    except (RuntimeError, ProxyUnusable):
        return None


def host(error: BaseException) -> str:
    """The host that was asked. Empty if it is not known."""
    if isinstance(error, psycopg.Error):
        return "Postgres"
    if isinstance(error, requests.RequestException):
        return urlsplit(getattr(error.request, "url", None) or "").netloc
    try:
        return error.request.url.netloc.decode() if isinstance(error, httpx.HTTPError) else ""
    except RuntimeError:
        return ""


def explain(error: BaseException) -> str:
    """What happened. The address is left out, because the caller names it."""
    if isinstance(error, psycopg.Error):
        return _postgres(error)
    if isinstance(error, ProxyUnusable):
        return str(error)
    for cause in _causes(error):
        match cause:
            case socket.gaierror():
                return _UNKNOWN_NAME
            case ssl.SSLCertVerificationError():
                return f"TLS: {cause.verify_message.rstrip('.') or 'the certificate is not valid'}"
            case ssl.SSLError():
                return f"TLS: {cause.reason or 'the handshake failed'}"
            case ConnectionRefusedError():
                return "the connection was refused: nothing listens there"
            case TimeoutError() | httpx.TimeoutException() | requests.Timeout():
                return "no answer in time"
            case (
                ConnectionError()
                | httpx.RemoteProtocolError()
                | requests.exceptions.ChunkedEncodingError()
            ):
                return "the connection was closed before the end of an answer"
            case requests.exceptions.InvalidJSONError():
                return str(cause)
            case OSError() if cause.strerror:
                return cause.strerror
    return type(error).__name__


def _causes(error: BaseException) -> list[BaseException]:
    """The error and the errors that led to it: libraries wrap what the system said."""
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) and before not in chain:
        chain.append(before)
    return chain


def _postgres(error: psycopg.Error) -> str:
    """libpq's message without the address before it and the advice after it."""
    line = str(error).strip().partition("\n")[0]
    for mark in ("FATAL:", "ERROR:", "failed: "):
        if mark in line:
            line = line.rpartition(mark)[2]
    return line.strip() or type(error).__name__
