"""The whole stack: starts its parts in order, watches them, stops them in reverse."""

import fcntl
import os
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import IO

import psycopg

from functions.setup import env_file
from functions.setup.addresses import STATUS_OVERRIDES, VOICE_OVERRIDES, address
from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack import keys, supabase_lite
from stack.errors import StackError
from stack.keys import Keys
from stack.migrations import Migrations
from stack.postgres import Postgres
from stack.processes import Process, require_free_ports
from stack.settings import (
    CHECKOUT,
    DEMO_EMAIL,
    DEMO_PASSWORD,
    SCHEDULER_ACCOUNT,
    Hosted,
    Settings,
)

_READY_SECONDS = 60.0
# What a killed stack leaves behind ends by itself, in this time.
_LEFTOVER_SECONDS = 15.0


class Stack:
    """A running stack, as a context manager.

    `env` then holds what clients need to attach, as written to `stack.env`; `postgres` is the
    database server (None where the project is hosted). `check()` tells whether all still runs.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda text: None) -> None:
        """`say` is told what is being done, for people to read."""
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

        Raises StackError, with everything stopped again, if a part does not come up.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops everything, last started first; `stack.env` goes before anything else."""
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
        self._lock = _lock(settings)
        killed = settings.stack_env_path.exists()
        settings.stack_env_path.unlink(missing_ok=True)
        made_up = keys.load(settings.keys_path)

        wanted = {
            "the server of the functions": settings.functions_port,
            "the simulator": settings.simulator_port,
            "the Calls page": settings.calls_page_port,
            "the scheduler": settings.scheduler_port,
        }
        if settings.hosted is None:
            self.postgres = Postgres(
                settings.data_dir,
                settings.postgres_port,
                made_up.database_password,
                log_path=settings.logs_dir / "postgres.log",
                fsync=settings.fsync,
            )
            killed = self.postgres.recover() or killed
            wanted["Postgres"] = settings.postgres_port
            wanted["Supabase (REST and Auth)"] = settings.supabase_port
        require_free_ports(
            wanted, settings.port_base, patience=_LEFTOVER_SECONDS if killed else 0.0
        )

        demo: Mapping[str, str] = {}
        caller_ids = ""
        if settings.hosted is not None:
            demo, caller_ids = settings.hosted.demo, settings.hosted.caller_ids
        elif self.postgres is not None:
            self._start_database(self.postgres, made_up)
            demo, caller_ids = _demo_data(self.postgres)
        env = self._client_env(made_up, demo)
        self._start_simulator(made_up, caller_ids)
        self._start_functions(made_up, env)
        self._start_scheduler()
        self._start_calls_page(env)
        self._wait_until_ready(env)
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
        supabase_lite.prepare(postgres, made_up)
        self._processes.append(supabase_lite.start(settings, postgres, made_up))

    def _start_simulator(self, made_up: Keys, caller_ids: str) -> None:
        settings = self.settings
        webhooks = settings.public_base_url
        environ = {
            **os.environ,
            **_twilio(made_up),
            "SIMULATOR_HOST": "127.0.0.1",
            "SIMULATOR_PORT": str(settings.simulator_port),
            "SIMULATOR_VOICE_URL": address(webhooks, "twiml") + VOICE_OVERRIDES,
            "SIMULATOR_STATUS_CALLBACK": address(webhooks, "status") + STATUS_OVERRIDES,
            "SIMULATOR_CALLER_IDS": caller_ids,
        }
        if settings.time_scale is not None:
            environ["SIMULATOR_TIME_SCALE"] = settings.time_scale
        self._processes.append(
            Process(
                "The simulator",
                [sys.executable, "-m", "simulator"],
                log_path=settings.logs_dir / "simulator.log",
                env=environ,
                cwd=CHECKOUT,
            )
        )

    def _start_functions(self, made_up: Keys, env: Mapping[str, str]) -> None:
        settings = self.settings
        hosted = settings.hosted
        environ = {
            **os.environ,
            **_twilio(made_up),
            "HENK_ENV": "development",
            "SUPABASE_URL": settings.supabase_url,
            "SUPABASE_PUBLISHABLE_KEY": env["SUPABASE_PUBLISHABLE_KEY"],
            **(_hosted_jwts(hosted) if hosted else _own_jwts(made_up, settings.supabase_url)),
            "PUBLIC_BASE_URL": settings.public_base_url,
            "TWILIO_API_URL": settings.simulator_url,
            "SCHEDULER_ISSUER": settings.scheduler_url,
            **self._scheduled(),
        }
        # A hosted project without a shared secret signs with keys of its own.
        environ.pop("SUPABASE_JWT_SECRET", None)
        if "SUPABASE_JWT_SECRET" in env:
            environ["SUPABASE_JWT_SECRET"] = env["SUPABASE_JWT_SECRET"]
        self._processes.append(
            Process(
                "The functions' server",
                [
                    sys.executable,
                    "-m",
                    "functions.local_server",
                    f"--port={settings.functions_port}",
                ],
                log_path=settings.logs_dir / "functions.log",
                env=environ,
                cwd=CHECKOUT,
            )
        )

    def _scheduled(self) -> dict[str, str]:
        """What scheduler and function have to agree on."""
        return {
            "SCHEDULER_AUDIENCE": f"{self.settings.public_base_url}/reconcile",
            "SCHEDULER_SERVICE_ACCOUNT": SCHEDULER_ACCOUNT,
        }

    def _start_scheduler(self) -> None:
        settings = self.settings
        self._processes.append(
            Process(
                "The scheduler",
                [
                    sys.executable,
                    "-m",
                    "stack.scheduler",
                    f"--port={settings.scheduler_port}",
                    f"--every={settings.schedule_seconds}",
                ],
                log_path=settings.logs_dir / "scheduler.log",
                env={**os.environ, **self._scheduled()},
                cwd=CHECKOUT,
            )
        )

    def _start_calls_page(self, env: Mapping[str, str]) -> None:
        settings = self.settings
        environ = {
            **os.environ,
            **{
                name: env[name]
                for name in (
                    "SUPABASE_URL",
                    "SUPABASE_PUBLISHABLE_KEY",
                    "FUNCTIONS_URL",
                    "DEMO_EMAIL",
                )
                if name in env
            },
            "SIMULATOR_SIGNALLING": f"localhost:{settings.simulator_port}",
            # Supabase Lite has none.
            "SUPABASE_REALTIME": "off" if settings.hosted is None else "on",
        }
        self._processes.append(
            Process(
                "The Calls page",
                [
                    sys.executable,
                    "-m",
                    "stack.calls_page",
                    f"--port={settings.calls_page_port}",
                ],
                log_path=settings.logs_dir / "calls_page.log",
                env=environ,
                cwd=CHECKOUT,
            )
        )

    def _client_env(self, made_up: Keys, demo: Mapping[str, str]) -> dict[str, str]:
        settings = self.settings
        env = {"SUPABASE_URL": settings.supabase_url}
        if settings.hosted is not None:
            env["SUPABASE_PUBLISHABLE_KEY"] = settings.hosted.publishable_key
            if settings.hosted.jwt_secret is not None:
                env["SUPABASE_JWT_SECRET"] = settings.hosted.jwt_secret
        else:
            env["SUPABASE_PUBLISHABLE_KEY"] = made_up.supabase_publishable_key
            env["SUPABASE_SECRET_KEY"] = made_up.supabase_secret_key
            env["SUPABASE_JWT_SECRET"] = made_up.supabase_jwt_secret
        if self.postgres is not None:
            env["DATABASE_URL"] = self.postgres.url()
            # As whom migrations run.
            env["SUPABASE_DB_URL"] = self.postgres.url(user="postgres")
        env |= {
            "FUNCTIONS_URL": settings.functions_url,
            "PUBLIC_BASE_URL": settings.public_base_url,
            "SIMULATOR_URL": settings.simulator_url,
            "CALLS_PAGE_URL": settings.calls_page_url,
            "SCHEDULER_URL": settings.scheduler_url,
            "TWILIO_API_URL": settings.simulator_url,
            **_twilio(made_up),
        }
        return env | dict(demo)

    def _wait_until_ready(self, env: Mapping[str, str]) -> None:
        settings = self.settings
        waiting: dict[str, str | None] = {
            # Any answer shows that the handlers are mounted: a GET is answered 405.
            f"{settings.functions_url}/api/twilio/token": None,
            f"{settings.simulator_url}/health": None,
            f"{settings.calls_page_url}/health": None,
            f"{settings.scheduler_url}/oauth2/v3/certs": None,
        }
        if settings.hosted is None:
            # The list of tables comes from the database, so it shows that Lite reaches it.
            waiting[f"{settings.supabase_url}/rest/v1/"] = env["SUPABASE_SECRET_KEY"]
        deadline = time.monotonic() + _READY_SECONDS
        while True:
            self.check()
            waiting = {url: key for url, key in waiting.items() if not _answers(url, key)}
            if not waiting:
                return
            if time.monotonic() > deadline:
                raise StackError(
                    f"No answer from {', '.join(waiting)} within {_READY_SECONDS:.0f} s. "
                    f"See {settings.logs_dir}."
                )
            time.sleep(0.05)


def reset(settings: Settings) -> None:
    """Deletes the data, keys and logs. Raises StackError while a stack runs on them."""
    if not settings.local_dir.exists():
        return
    lock = _lock(settings)
    try:
        Postgres(settings.data_dir, settings.postgres_port, "").recover()
        for directory in (settings.data_dir, settings.logs_dir):
            if directory.exists():
                shutil.rmtree(directory)
        for path in (settings.applied_path, settings.keys_path, settings.stack_env_path):
            path.unlink(missing_ok=True)
        settings.lock_path.unlink(missing_ok=True)
    except OSError as error:
        raise StackError(f"Cannot delete everything in {settings.local_dir}: {error}") from None
    finally:
        lock.close()


def is_running(settings: Settings) -> bool:
    """Whether a stack of these settings runs and answers."""
    if not settings.stack_env_path.exists():
        return False
    try:
        _lock(settings).close()
    except StackError:
        return True
    return False


def _lock(settings: Settings) -> IO[str]:
    """Takes the local directory for this process. The system lets go of it however we end."""
    lock = settings.lock_path.open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        pid = lock.read().strip()
        lock.close()
        raise StackError(
            f"A stack already runs from {settings.local_dir} (pid {pid or 'unknown'}). Use it, "
            "stop it with Ctrl-C, or start another beside it: HENK_LOCAL_DIR, HENK_PORT_BASE."
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _twilio(made_up: Keys) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": made_up.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": made_up.twilio_auth_token,
        "TWILIO_API_KEY_SID": made_up.twilio_api_key_sid,
        "TWILIO_API_KEY_SECRET": made_up.twilio_api_key_secret,
        "TWILIO_TWIML_APP_SID": made_up.twilio_twiml_app_sid,
    }


def _own_jwts(made_up: Keys, supabase_url: str) -> dict[str, str]:
    key = SigningKey.from_secret(made_up.supabase_jwt_secret)
    return {name: mint(key, supabase_url, role=role) for name, role in ROLES.items()}


def _hosted_jwts(hosted: Hosted) -> dict[str, str]:
    return {
        "SUPABASE_WEBHOOK_JWT": hosted.webhook_jwt,
        "SUPABASE_RECONCILER_JWT": hosted.reconciler_jwt,
    }


def _demo_data(postgres: Postgres) -> tuple[dict[str, str], str]:
    """The demo sign-in with its business, and every caller ID, comma-separated."""
    with psycopg.connect(postgres.url()) as connection:
        business = connection.execute(
            "select members.business_id::text from public.business_members as members"
            " join auth.users as users on users.id = members.user_id where users.email = %s",
            [DEMO_EMAIL],
        ).fetchone()
        numbers = connection.execute("select phone_number from public.phone_numbers").fetchall()
    if business is None:
        raise StackError(
            f"The database has no business of {DEMO_EMAIL}: supabase/seed.sql makes one. "
            "Run `make reset` to start over."
        )
    demo = {
        "DEMO_EMAIL": DEMO_EMAIL,
        "DEMO_PASSWORD": DEMO_PASSWORD,
        "DEMO_BUSINESS_ID": str(business[0]),
    }
    return demo, ",".join(str(number) for (number,) in numbers)


def _answers(url: str, key: str | None) -> bool:
    request = urllib.request.Request(url, headers={"apikey": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=5):
            return True
    except urllib.error.HTTPError as error:
        # 503 while it cannot reach the database yet.
        return error.code < 500
    except OSError:
        return False
