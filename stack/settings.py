"""Where a stack keeps its files, which ports it takes, and whether Supabase is hosted elsewhere."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.setup import env_file
from functions.setup.webhook_jwt import ROLES, SigningKey, mint
from stack.errors import StackError

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_PORT_BASE = 8080
PORTS_PER_STACK = 6
# How often the scheduler runs reconcile_fn, in seconds of simulated time.
SCHEDULE_SECONDS = 10.0

DEMO_EMAIL = "demo@henk.test"
DEMO_PASSWORD = "henk-demo-password"
SCHEDULER_ACCOUNT = "scheduler@henk.test"

# The last one is for the simulator, which lets a call show numbers of the Twilio account alone.
_HOSTED_REQUIRED = ("SUPABASE_PUBLISHABLE_KEY", "SIMULATOR_CALLER_IDS")


@dataclass(frozen=True)
class Hosted:
    """A Supabase project that is not ours to start (`.env`)."""

    supabase_url: str
    publishable_key: str
    webhook_jwt: str
    reconciler_jwt: str
    # Only projects that still sign with a shared secret have one.
    jwt_secret: str | None
    # E.164, comma-separated.
    caller_ids: str
    demo: Mapping[str, str]


@dataclass(frozen=True)
class Settings:
    """One stack. Stacks with different `local_dir` and `port_base` run side by side."""

    local_dir: Path
    port_base: int
    hosted: Hosted | None = None
    # Off, the database may lose its data when the machine dies: for tests.
    fsync: bool = True
    # How much faster than life simulated calls go; None leaves it to the simulator.
    time_scale: str | None = None
    # Whether the scheduler runs by the clock: tests run it when they want it.
    scheduled: bool = True

    @classmethod
    def load(
        cls,
        *,
        environ: Mapping[str, str] = os.environ,
        env_path: Path = CHECKOUT / ".env",
        local_dir: Path | None = None,
        port_base: int | None = None,
        fsync: bool = True,
        scheduled: bool = True,
    ) -> "Settings":
        """The settings of the environment and of `.env`; arguments win over both.

        Raises StackError for a port base that is none, or a hosted project that lacks keys.
        """
        variables = env_file.read(env_path)
        hosted = _hosted(variables, env_path)
        variables.update(environ)
        if local_dir is None:
            local_dir = Path(variables.get("HENK_LOCAL_DIR") or CHECKOUT / ".local")
        if port_base is None:
            port_base = _port_base(variables.get("HENK_PORT_BASE") or str(DEFAULT_PORT_BASE))
        return cls(
            local_dir=local_dir.absolute(),
            port_base=port_base,
            hosted=hosted,
            fsync=fsync,
            time_scale=variables.get("SIMULATOR_TIME_SCALE") or None,
            scheduled=scheduled,
        )

    @property
    def functions_port(self) -> int:
        """Where all functions answer."""
        return self.port_base

    @property
    def supabase_port(self) -> int:
        """Where the Supabase REST and Auth APIs answer."""
        return self.port_base + 1

    @property
    def postgres_port(self) -> int:
        """Where Postgres answers."""
        return self.port_base + 2

    @property
    def simulator_port(self) -> int:
        """Where the simulated phone network answers."""
        return self.port_base + 3

    @property
    def calls_page_port(self) -> int:
        """Where the Calls page is."""
        return self.port_base + 4

    @property
    def scheduler_port(self) -> int:
        """Where the scheduler's keys are."""
        return self.port_base + 5

    @property
    def functions_url(self) -> str:
        """Where the functions are, without their paths."""
        return f"http://127.0.0.1:{self.functions_port}"

    @property
    def public_base_url(self) -> str:
        """What Twilio's signatures are computed over."""
        return f"{self.functions_url}/api/twilio"

    @property
    def supabase_url(self) -> str:
        """The project's URL, hosted or local."""
        return self.hosted.supabase_url if self.hosted else f"http://127.0.0.1:{self.supabase_port}"

    @property
    def simulator_url(self) -> str:
        """Where the simulated phone network is."""
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def scheduler_url(self) -> str:
        """Where the scheduler is, which is who issues its tokens."""
        return f"http://127.0.0.1:{self.scheduler_port}"

    @property
    def schedule_seconds(self) -> float:
        """How often the scheduler runs by itself, in real seconds; 0 for never."""
        try:
            scale = float(self.time_scale or 1)
        except ValueError:
            # The simulator says what is wrong with it.
            scale = 1.0
        return max(1.0, SCHEDULE_SECONDS * scale) if self.scheduled else 0.0

    @property
    def calls_page_url(self) -> str:
        """Where people call. By name: the Voice SDK reaches the simulated network's signalling as
        localhost, too."""
        return f"http://localhost:{self.calls_page_port}"

    @property
    def stack_env_path(self) -> Path:
        """What any client needs to attach; there while everything answers."""
        return self.local_dir / "stack.env"

    @property
    def keys_path(self) -> Path:
        """The secrets that survive a restart."""
        return self.local_dir / "keys.env"

    @property
    def lock_path(self) -> Path:
        """Held by the one stack that runs from `local_dir`."""
        return self.local_dir / "lock"

    @property
    def data_dir(self) -> Path:
        """The database cluster."""
        return self.local_dir / "postgres"

    @property
    def applied_path(self) -> Path:
        """What was applied to the database: hashes of migrations and seed."""
        return self.local_dir / "applied.json"

    @property
    def logs_dir(self) -> Path:
        """One log a process, of its latest run."""
        return self.local_dir / "logs"


def _port_base(text: str) -> int:
    highest = 65535 - PORTS_PER_STACK + 1
    if not text.isdecimal() or not 1024 <= int(text) <= highest:
        raise StackError(f"HENK_PORT_BASE must be a number from 1024 to {highest}, not {text!r}")
    return int(text)


def _hosted(variables: Mapping[str, str], env_path: Path) -> Hosted | None:
    url = variables.get("SUPABASE_URL", "").rstrip("/")
    if not url:
        return None
    missing = [name for name in _HOSTED_REQUIRED if not variables.get(name)]
    jwt_secret = variables.get("SUPABASE_JWT_SECRET") or None
    jwts = {
        name: variables.get(name)
        or (mint(SigningKey.from_secret(jwt_secret), url, role=role) if jwt_secret else "")
        for name, role in ROLES.items()
    }
    missing += [name for name, value in jwts.items() if not value]
    if missing:
        raise StackError(
            f"{env_path} points at {url} and lacks {', '.join(missing)}. "
            "Add them, or remove SUPABASE_URL to use the local Supabase."
        )
    return Hosted(
        supabase_url=url,
        publishable_key=variables["SUPABASE_PUBLISHABLE_KEY"],
        webhook_jwt=jwts["SUPABASE_WEBHOOK_JWT"],
        reconciler_jwt=jwts["SUPABASE_RECONCILER_JWT"],
        jwt_secret=jwt_secret,
        caller_ids=variables["SIMULATOR_CALLER_IDS"],
        demo={name: value for name, value in variables.items() if name.startswith("DEMO_")},
    )
