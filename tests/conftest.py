"""What tests of several folders share: a bare Supabase-like Postgres with the migrations, and the
whole local stack. Both are started once, when the first test asks."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator

import psycopg
import pytest
from xdist.remote import Producer

from functions.setup.proxies import sparing_this_machine
from shared import database
from stack import Postgres, Stack
from tests import authorities, clusters, distribution, reruns
from tests.canned_server import CANNED, CannedServer
from tests.clusters import Cluster
from tests.soak import Findings, attach_figures
from tests.stacks import free_port_base, settings_in


def pytest_configure(config: pytest.Config) -> None:
    """Each worker of pytest-xdist runs this too.

    A process in the background of a shell ignores Ctrl-C, and so does all that it starts; some
    tests press it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ask_this_machine_directly()
    authorities.trust_one()
    config.pluginmanager.register(reruns.Reruns())
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Findings())


def ask_this_machine_directly() -> None:
    """Tests ask servers of this machine, with httpx's own functions too. httpx makes every proxy of
    the environment ready, so one that cannot be used must go."""
    for name in [name for name in os.environ if name.lower() == "all_proxy"]:
        if "socks" in os.environ[name]:
            del os.environ[name]
    os.environ.update(sparing_this_machine(os.environ))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    reruns.allow(items)
    if hasattr(config, "workerinput"):
        distribution.sort(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> distribution.Groups:
    return distribution.Groups(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Sends figures with the report of the test, which a worker passes on."""
    report = yield
    attach_figures(report)
    return report


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Webhooks do not wait for a database that is away."""
    monkeypatch.setattr(database, "PAUSES", ())


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    """The server that endpoints under test ask: Supabase's REST API, and Twilio's if the test says
    so. A request that the test did not expect makes the test fail."""
    CANNED.start()
    CANNED.reset()
    yield CANNED
    unexpected = CANNED.unexpected
    CANNED.reset()
    assert unexpected == []


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Cluster:
    """The database that the databases of all stacks are copies of."""
    directory = tmp_path_factory.getbasetemp()
    is_worker = hasattr(request.config, "workerinput")
    return clusters.made_in(directory.parent if is_worker else directory)


@pytest.fixture(scope="session")
def postgres(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server whose database `postgres` has only what bootstrap and migrations make."""
    directory = cluster.copied_to(tmp_path_factory.mktemp("postgres"))
    with Postgres(
        directory / "postgres", free_port_base(), clusters.PASSWORD, fsync=False
    ) as server:
        with psycopg.connect(server.url("template1"), autocommit=True) as admin:
            # Nobody may be connected to a database that is copied.
            admin.execute(f"create database {clusters.UNTOUCHED} template postgres")
        yield server


@pytest.fixture(scope="session")
def connection(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """A superuser's connection. Postgres compiles functions anew for each connection, which takes
    longer than most tests."""
    # Without prepared statements, whose plans would be those of an earlier test.
    with psycopg.connect(postgres.url(), prepare_threshold=None) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def db(connection: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A superuser's connection in a transaction that is rolled back, with all settings of it."""
    yield connection
    connection.rollback()


@pytest.fixture(scope="session")
def stack(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole local stack, as `make run` starts it, with calls fifty times as fast as life."""
    local_dir = cluster.copied_to(tmp_path_factory.mktemp("stack"))
    with Stack(settings_in(local_dir, time_scale=0.02)) as running:
        yield running
