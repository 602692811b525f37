"""A stack for this folder only, to be broken. Its functions reach Supabase and Twilio's REST API
through proxies that spoil requests when they are told to, and its database keeps what it
acknowledged when it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import pytest

from stack import Settings, Stack
from tests.clusters import Cluster
from tests.faults.proxy import Proxy, proxying
from tests.stacks import settings_in


@dataclass(frozen=True)
class BehindProxy(Settings):
    proxy_url: str = ""

    @property
    def supabase_url(self) -> str:
        return self.proxy_url


@dataclass(frozen=True)
class Breakable:
    """The stack and what stands between its functions and Supabase."""

    stack: Stack
    proxy: Proxy
    twilio: Proxy


@pytest.fixture(scope="package")
def everything(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breakable]:
    local_dir = cluster.copied_to(tmp_path_factory.mktemp("faults"))
    usual = settings_in(local_dir, time_scale=0.02)
    with proxying(usual.supabase_port) as proxy, proxying(usual.simulator_port) as twilio:
        values = {field.name: getattr(usual, field.name) for field in fields(usual)}
        values |= {"fsync": True, "outside_twilio": twilio.url}
        with Stack(BehindProxy(**values, proxy_url=proxy.url)) as stack:
            yield Breakable(stack, proxy, twilio)


@pytest.fixture
def stack(everything: Breakable) -> Stack:
    return everything.stack


@pytest.fixture
def proxy(everything: Breakable) -> Iterator[Proxy]:
    yield everything.proxy
    everything.proxy.heal()


@pytest.fixture
def twilio(everything: Breakable) -> Iterator[Proxy]:
    yield everything.twilio
    everything.twilio.heal()
