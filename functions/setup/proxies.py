"""The proxies of an operator's environment: `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY`, `no_proxy`.

Other hosts are asked through them. This machine is asked directly, whatever `no_proxy` says: a
proxy elsewhere has another 127.0.0.1.
"""

from __future__ import annotations

import functools
import importlib.util
import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

# As tools name this machine in no_proxy.
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_NO_PROXY = ("no_proxy", "NO_PROXY")


class ProxyUnusable(OSError):
    """The environment names a proxy that cannot be used. The message is a sentence without its full
    stop: which variable, why, and what to do. It shows no password."""


@dataclass(frozen=True)
class Proxy:
    """A proxy, and the variable that names it. ``host`` has no user name and no password."""

    variable: str
    url: str
    host: str

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, and not HTTP."""
        return self.url.lower().startswith("socks")


def is_this_machine(url: str) -> bool:
    """Whether the host of this address is the machine that we run on."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


def proxy_of(url: str) -> Proxy | None:
    """The proxy through which the environment wants this address to be asked. None for this machine
    and for hosts that ``no_proxy`` names.

    Raises ProxyUnusable.
    """
    parts = urlsplit(url)
    if is_this_machine(url) or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    kinds = (parts.scheme, "all")
    proxies = getproxies()
    kind = next((kind for kind in kinds if proxies.get(kind)), None)
    if kind is None:
        return None
    variable = next(
        (name for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY") if os.environ.get(name)),
        "the system's proxy setting",
    )
    return _usable(variable, proxies[kind])


def client(*urls: str, timeout: httpx.Timeout | float) -> httpx.Client:
    """A client for these addresses, each asked directly or through its proxy.

    Raises ProxyUnusable.
    """
    tls = _tls()
    mounts: dict[str, httpx.BaseTransport] = {}
    for url in urls:
        proxy = proxy_of(url)
        if proxy:
            parts = urlsplit(url)
            mounts[f"{parts.scheme}://{parts.hostname}"] = httpx.HTTPTransport(
                verify=tls, proxy=httpx.Proxy(proxy.url)
            )
    # Left to itself, httpx makes every proxy of the environment ready, and fails if it cannot.
    return httpx.Client(verify=tls, timeout=timeout, mounts=mounts, trust_env=False)


def sparing_this_machine(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for another program: with this machine in ``no_proxy``."""
    spared = dict(environ)
    if not any(name.lower().endswith("_proxy") for name in spared):
        return spared
    listed = [each.strip() for name in _NO_PROXY for each in spared.get(name, "").split(",")]
    value = ",".join(dict.fromkeys([*filter(None, listed), *_THIS_MACHINE]))
    return spared | dict.fromkeys(_NO_PROXY, value)


# Cached, because it takes longer than many a request.
@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _usable(variable: str, url: str) -> Proxy:
    if "://" not in url:
        url = f"http://{url}"
    remedy = f"Correct it, or unset {variable} where no proxy is needed"
    try:
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise ProxyUnusable(
            f"{variable} is not the address of a proxy. (In its password, write # as %23, @ as %40"
            f" and / as %2F.) {remedy}"
        ) from None
    if not parts.hostname:
        raise ProxyUnusable(f"{variable} names no host. {remedy}")
    if parts.scheme in ("socks5", "socks5h"):
        missing = [
            package
            for package, module in (("socksio", "socksio"), ("PySocks", "socks"))
            if importlib.util.find_spec(module) is None
        ]
        if missing:
            raise ProxyUnusable(
                f"{variable} names a SOCKS proxy ({host}), and Python's library for those is not"
                f" installed. Install it: .venv/bin/python -m pip install {' '.join(missing)}; or"
                f" unset {variable} where no proxy is needed"
            )
    elif parts.scheme not in ("http", "https"):
        raise ProxyUnusable(
            f"{variable} names a proxy of the kind {parts.scheme}://, which is not supported:"
            f" http, https and socks5 are. {remedy}"
        )
    return Proxy(variable, url, host)
