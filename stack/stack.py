"""The whole stack: starts its parts in order, watches them, stops them in reverse."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import IO

from functions.setup import env_file
from stack import demo_data, demo_history, demo_reports, keys, local_dir, supabase_lite
from stack.client_env import client_env
from stack.keys import Keys
from stack.migrations import Migrations
from stack.parts import (
    start_calls_page,
    start_colleague,
    start_functions,
    start_scheduler,
    start_simulator,
)
from stack.postgres import Postgres
from stack.processes import Process, require_free_ports
from stack.readiness import wait_until_ready
from stack.settings import Settings

# After a stack was killed, its processes end by themselves within this time.
_LEFTOVER_SECONDS = 15.0


class Stack:
    """A running stack, as a context manager.

    Inside it, `env` holds what clients need to attach, as written to `stack.env`; `postgres` is the
    database server (None if the Supabase project is hosted).
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda text: None) -> None:
        """`say` gets a line of text, for people to read, when something slow begins."""
        self.settings = settings
        self.env: dict[str, str] = {}
        self.postgres: Postgres | None = None
        self._say = say
        self._processes: list[Process] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts everything; returns once everything answers and `stack.env` is written.

        Raises StackError, with everything stopped again, if a part does not start.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Deletes `stack.env`, then stops everything, last started first."""
        if self._lock is not None:
            self.settings.stack_env_path.unlink(missing_ok=True)
        while self._processes:
            self._processes.pop().stop()
        if self.postgres is not None:
            self.postgres.stop()
            self.postgres = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def check(self) -> None:
        """Raises StackError with the end of its log if a part has stopped."""
        if self.postgres is not None:
            self.postgres.check()
        for process in self._processes:
            process.check()

    def _start(self) -> None:
        settings = self.settings
        settings.local_dir.mkdir(parents=True, exist_ok=True)
        self._lock = local_dir.lock(settings)
        was_killed = settings.stack_env_path.exists()
        settings.stack_env_path.unlink(missing_ok=True)
        made_up = keys.load(settings.keys_path)
        if settings.hosted is None:
            self.postgres = Postgres(
                settings.data_dir,
                settings.postgres_port,
                made_up.database_password,
                log_path=settings.logs_dir / "postgres.log",
                fsync=settings.fsync,
            )
            was_killed = self.postgres.recover() or was_killed
        require_free_ports(
            settings.ports, settings.port_base, patience=_LEFTOVER_SECONDS if was_killed else 0.0
        )

        demo: Mapping[str, str] = {}
        caller_ids = ""
        if settings.hosted is not None:
            demo, caller_ids = settings.hosted.demo, settings.hosted.caller_ids
        elif self.postgres is not None:
            self._start_database(self.postgres, made_up)
            demo, caller_ids = demo_data.read(self.postgres)
        env = client_env(settings, made_up, self.postgres, demo)
        with ThreadPoolExecutor(1) as meanwhile:
            history = settings.history and self.postgres
            year = meanwhile.submit(demo_reports.add, history) if history else None
            # One by one, so that `stop` knows those that run if the next does not start.
            self._processes.append(start_simulator(settings, made_up, caller_ids))
            self._processes.append(start_functions(settings, env))
            self._processes.append(start_scheduler(settings))
            self._processes.append(start_calls_page(settings, env))
            wait_until_ready(settings, env, self.check)
            if year and history:
                year.result()
                demo_history.add(history, env)
        # A hosted project has other people.
        if settings.colleague and settings.hosted is None:
            self._processes.append(start_colleague(settings, env))
        env_file.write(settings.stack_env_path, env)
        self.env = env

    def _start_database(self, postgres: Postgres, made_up: Keys) -> None:
        settings = self.settings
        if not settings.data_dir.exists():
            self._say("Creating the database …")
            settings.applied_path.unlink(missing_ok=True)
        postgres.start()
        postgres.bootstrap()
        Migrations(settings.applied_path).apply(postgres.url(user="postgres"))
        postgres.keep_time(settings.scale)
        supabase_lite.prepare(postgres, made_up)
        self._processes.append(supabase_lite.start(settings, postgres, made_up))
