"""The server and the database that migrations find, without the REST and Auth servers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stack import Postgres, StackError
from stack.processes import Process
from tests.stacks import free_port_base


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    # Only its owner may enter it, like root's own directories.
    directory = tmp_path_factory.mktemp("private")
    directory.chmod(0o700)
    with Postgres(directory / "data", free_port_base(), "password", fsync=False) as postgres:
        postgres.bootstrap()
        yield postgres


@pytest.fixture
def as_postgres(server: Postgres) -> Iterator[psycopg.Connection]:
    """A connection as the user of migrations, in a transaction that is rolled back."""
    with psycopg.connect(server.url(user="postgres")) as connection:
        yield connection
        connection.rollback()


def test_it_is_postgres_17_and_not_run_by_root(server: Postgres) -> None:
    with psycopg.connect(server.url()) as connection:
        assert connection.info.server_version // 10000 == 17
    owner = (server.data_dir / "PG_VERSION").stat().st_uid
    assert owner != 0
    assert os.geteuid() in (0, owner)


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace("password@", "wrong@"))


def test_data_outlives_a_restart_and_a_stale_pid_file(tmp_path: Path) -> None:
    port = free_port_base()
    with (
        Postgres(tmp_path / "data", port, "password", fsync=False) as postgres,
        psycopg.connect(postgres.url()) as connection,
    ):
        connection.execute("create table kept (n integer)")
    # As after a crash: the number is now that of another process, here of our own.
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path / 'data'}\n")
    with (
        Postgres(tmp_path / "data", port, "password", fsync=False) as postgres,
        psycopg.connect(postgres.url()) as connection,
    ):
        connection.execute("insert into kept values (1)")


def test_half_a_cluster_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "half").write_text("initdb was killed here")
    with Postgres(tmp_path / "data", free_port_base(), "password", fsync=False):
        pass


def test_data_of_other_keys_says_what_to_do(tmp_path: Path) -> None:
    port = free_port_base()
    with Postgres(tmp_path / "data", port, "password", fsync=False):
        pass
    with pytest.raises(StackError, match="make reset"):
        Postgres(tmp_path / "data", port, "another", fsync=False).start()


def test_a_server_that_cannot_start_says_why(server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="could not create any TCP/IP sockets"):
        Postgres(tmp_path / "data", server.port, "password", fsync=False).start()


def test_a_server_that_outlived_its_stack_is_ended_first(tmp_path: Path) -> None:
    port = free_port_base()
    survivor = Postgres(tmp_path / "data", port, "password", fsync=False)
    survivor.start()
    with Postgres(tmp_path / "data", port, "password", fsync=False) as postgres:
        with pytest.raises(StackError, match="Postgres stopped"):
            survivor.check()
        with psycopg.connect(postgres.url()) as connection:
            connection.execute("select 1")
    assert isinstance(survivor._process, Process)
    survivor.stop()


def test_bootstrapping_again_changes_nothing(server: Postgres) -> None:
    def catalog() -> list[tuple[object, ...]]:
        with psycopg.connect(server.url()) as connection:
            return connection.execute(
                "select 'role', rolname::text, rolcanlogin::text, rolconfig::text from pg_roles"
                " union all select 'function', oid::regprocedure::text, prosrc, proacl::text"
                " from pg_proc where pronamespace = 'auth'::regnamespace"
                " union all select 'relation', oid::regclass::text, null, relacl::text"
                " from pg_class where relnamespace = 'auth'::regnamespace order by 1, 2"
            ).fetchall()

    before = catalog()
    server.bootstrap()
    assert catalog() == before


def test_further_databases_share_the_roles(server: Postgres) -> None:
    server.create_database("another")
    with psycopg.connect(server.url("another", user="postgres")) as connection:
        connection.execute("insert into auth.users (id) values (gen_random_uuid())")


def test_migrations_run_without_superuser_rights(as_postgres: psycopg.Connection) -> None:
    row = as_postgres.execute(
        "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles"
        " where rolname = current_user"
    ).fetchone()
    assert row == (False, True, True, True)


def test_a_migration_can_make_a_role_that_a_jwt_may_name(as_postgres: psycopg.Connection) -> None:
    as_postgres.execute("create role some_webhook nologin")
    as_postgres.execute("grant some_webhook to authenticator")
    may_become = as_postgres.execute(
        "select pg_has_role('authenticator', 'some_webhook', 'set'),"
        " pg_has_role('authenticator', 'some_webhook', 'usage')"
    ).fetchone()
    assert may_become == (True, False)


def test_a_new_table_is_granted_to_nobody(as_postgres: psycopg.Connection) -> None:
    as_postgres.execute("create table public.fresh (n integer)")
    granted = as_postgres.execute(
        "select array_agg(role) filter (where has_table_privilege(role, 'public.fresh',"
        " 'select, insert, update, delete, truncate, references, trigger'))"
        " from unnest(array['anon', 'authenticated', 'service_role']) as role"
    ).fetchone()
    assert granted == (None,)


def test_a_migration_can_refer_to_users_and_hash_passwords(
    as_postgres: psycopg.Connection,
) -> None:
    as_postgres.execute("create table public.notes (user_id uuid references auth.users (id))")
    as_postgres.execute("select crypt('x', gen_salt('bf', 4))")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("request.jwt.claim.sub", "d0000000-0000-4000-8000-000000000001"),
        ("request.jwt.claims", '{"sub": "d0000000-0000-4000-8000-000000000001"}'),
    ],
)
def test_auth_uid_reads_both_forms_of_claims(
    as_postgres: psycopg.Connection, setting: str, value: str
) -> None:
    as_postgres.execute("select set_config(%s, %s, true)", [setting, value])
    as_postgres.execute("set local role anon")
    row = as_postgres.execute("select auth.uid()::text").fetchone()
    assert row == ("d0000000-0000-4000-8000-000000000001",)
