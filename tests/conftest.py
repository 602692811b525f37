"""What tests of several folders share: a bare Supabase-like Postgres with the migrations, and the
whole local stack. Both are started once, when the first test asks."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from stack import Settings, Stack
from stack.migrations import push
from stack.postgres import Postgres
from stack.settings import PORTS_PER_STACK


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def free_port_base() -> int:
    """The first of as many free ports in a row as a stack takes."""
    for base in range(20_000, 30_000, 10):
        with ExitStack() as listeners:
            try:
                for port in range(base, base + PORTS_PER_STACK):
                    listener = listeners.enter_context(socket.socket())
                    listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return base
    raise RuntimeError("no free ports")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server whose database `postgres` is bootstrap and migrations, and nothing else."""
    directory = tmp_path_factory.mktemp("postgres")
    with Postgres(directory / "data", free_port(), "test-password", fsync=False) as server:
        server.bootstrap()
        push(server.url(user="postgres"))
        yield server


@pytest.fixture
def db(postgres: Postgres) -> Iterator[psycopg.Connection]:
    """A superuser's connection in a transaction that is rolled back."""
    with psycopg.connect(postgres.url()) as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole local stack, as `make run` starts it, with calls fifty times as fast as life."""
    settings = Settings(
        local_dir=tmp_path_factory.mktemp("stack"),
        port_base=free_port_base(),
        fsync=False,
        time_scale="0.02",
    )
    with Stack(settings) as running:
        yield running
