"""Where a stack keeps its files, which ports it uses, and whether it uses a hosted project."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.setup import env_file
from stack.errors import StackError
from stack.hosted import Hosted, from_variables

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_PORT_BASE = 8080
PORTS_PER_STACK = 6
# How often the scheduler runs its functions, in simulated seconds.
SCHEDULE_SECONDS = 10.0

DEMO_EMAIL = "demo@henk.test"
DEMO_PASSWORD = "henk-demo-password"
# The simulated colleague and the manager, who have the same password.
COLLEAGUE_EMAIL = "rep2@henk.test"
MANAGER_EMAIL = "manager@henk.test"
SCHEDULER_ACCOUNT = "scheduler@henk.test"


@dataclass(frozen=True)
class Settings:
    """One stack. Stacks with different `local_dir` and `port_base` run side by side."""

    local_dir: Path
    port_base: int
    hosted: Hosted | None = None
    # Off for tests: the database is faster, and may lose data if the machine stops.
    fsync: bool = True
    # Real seconds per simulated second, as text; None: the simulator's default.
    time_scale: str | None = None
    # Whether the scheduler calls by the clock. In tests it calls on request.
    scheduled: bool = True
    # Whether the simulated colleague is there. In tests only where they need her.
    colleague: bool = True
    # Whether the demo business has calls of the last days. Tests that count calls start without.
    history: bool = True
    # Whether the files of the page may change. Where they do not, browsers keep them.
    page_changes: bool = True
    # Whether who signs up must open the link of an e-mail first.
    confirm_addresses: bool = False
    # Where the functions ask Twilio's REST API, if not the simulator.
    outside_twilio: str | None = None
    # Where the functions ask Supabase Storage, if not the project.
    outside_storage: str | None = None
    # What may surprise in `.env`: sentences.
    notes: Sequence[str] = ()

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
        colleague: bool = True,
        history: bool = True,
        page_changes: bool = True,
    ) -> "Settings":
        """The settings of the environment and of `.env`. Arguments win over both.

        Raises StackError for a wrong port base, or a hosted project without its keys, and
        EnvFileError for a file that cannot be read.
        """
        file = env_file.load(env_path)
        variables = dict(file.variables)
        hosted = from_variables(variables, env_path)
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
            colleague=colleague,
            history=history,
            page_changes=page_changes,
            confirm_addresses=variables.get("CONFIRM_ADDRESSES") == "1",
            outside_twilio=variables.get("TWILIO_API_URL") or None,
            outside_storage=variables.get("SUPABASE_STORAGE_URL") or None,
            notes=file.notes,
        )

    @property
    def functions_port(self) -> int:
        """The port of all functions."""
        return self.port_base

    @property
    def supabase_port(self) -> int:
        """The port of the Supabase REST, Auth and Storage APIs."""
        return self.port_base + 1

    @property
    def postgres_port(self) -> int:
        """The port of Postgres."""
        return self.port_base + 2

    @property
    def simulator_port(self) -> int:
        """The port of the simulated phone network."""
        return self.port_base + 3

    @property
    def calls_page_port(self) -> int:
        """The port of the Calls page."""
        return self.port_base + 4

    @property
    def scheduler_port(self) -> int:
        """The port of the scheduler."""
        return self.port_base + 5

    @property
    def ports(self) -> dict[str, int]:
        """Every port that this stack needs, by what listens there."""
        ports = {
            "the server of the functions": self.functions_port,
            "the simulator": self.simulator_port,
            "the Calls page": self.calls_page_port,
            "the scheduler": self.scheduler_port,
        }
        if self.hosted is None:
            ports["Postgres"] = self.postgres_port
            ports["Supabase (REST, Auth and Storage)"] = self.supabase_port
        return ports

    @property
    def functions_url(self) -> str:
        """The address of the functions, without a path."""
        return f"http://127.0.0.1:{self.functions_port}"

    @property
    def public_base_url(self) -> str:
        """The beginning of the URLs over which Twilio computes signatures."""
        return f"{self.functions_url}/api/twilio"

    @property
    def supabase_url(self) -> str:
        """The address of the Supabase project, hosted or local."""
        return self.hosted.supabase_url if self.hosted else f"http://127.0.0.1:{self.supabase_port}"

    @property
    def storage_url(self) -> str:
        """The address of Supabase Storage for the functions: the project's, if not another."""
        return self.outside_storage or f"{self.supabase_url}/storage/v1"

    @property
    def simulator_url(self) -> str:
        """The address of the simulated phone network."""
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def twilio_api_url(self) -> str:
        """The address of Twilio's REST API for the functions: the simulator's, if not another."""
        return self.outside_twilio or self.simulator_url

    @property
    def scheduler_url(self) -> str:
        """The address of the scheduler, which is also the issuer of its tokens."""
        return f"http://127.0.0.1:{self.scheduler_port}"

    @property
    def schedule_seconds(self) -> float:
        """How often the scheduler runs by itself, in real seconds; 0 for never."""
        return max(1.0, SCHEDULE_SECONDS * self.scale) if self.scheduled else 0.0

    @property
    def scale(self) -> float:
        """How many real seconds a second of a call takes."""
        try:
            return float(self.time_scale or 1)
        except ValueError:
            # The simulator refuses it with a message.
            return 1.0

    @property
    def calls_page_url(self) -> str:
        """The address of the Calls page. It has the name localhost, by which the Voice SDK reaches
        the signalling of the simulator."""
        return f"http://localhost:{self.calls_page_port}"

    @property
    def stack_env_path(self) -> Path:
        """What a client needs to attach. The file exists while everything answers."""
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
        """Hashes of the migrations and the seed that were applied to the database."""
        return self.local_dir / "applied.json"

    @property
    def storage_dir(self) -> Path:
        """The bytes of Supabase Storage's objects."""
        return self.local_dir / "storage"

    @property
    def logs_dir(self) -> Path:
        """One log per process, of its latest run."""
        return self.local_dir / "logs"


def _port_base(text: str) -> int:
    highest = 65535 - PORTS_PER_STACK + 1
    if not text.isdecimal() or not 1024 <= int(text) <= highest:
        raise StackError(f"HENK_PORT_BASE must be a number from 1024 to {highest}, not {text!r}")
    return int(text)
