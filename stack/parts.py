"""Starts the Python processes of a stack, each with its settings.

Postgres is in `postgres.py`, the Supabase APIs in `supabase_lite.py`.
"""

import os
import sys
from collections.abc import Mapping

from functions import bundle
from functions.setup.addresses import (
    STATUS_OVERRIDES,
    VOICE_OVERRIDES,
    build_address,
    short_name,
)
from functions.setup.proxies import sparing_this_machine
from stack.client_env import twilio_env
from stack.functions_env import functions_env, scheduler_env
from stack.keys import Keys
from stack.processes import Process
from stack.settings import CHECKOUT, COLLEAGUE_EMAIL, Settings

# What the Calls page's server hands on to the page.
_PAGE_VARIABLES = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "FUNCTIONS_URL", "DEMO_EMAIL")

# What the simulated colleague needs.
_COLLEAGUE_VARIABLES = (
    "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SIMULATOR_URL", "DEMO_BUSINESS_ID",
)  # fmt: skip


def start_simulator(settings: Settings, keys: Keys, caller_ids: str) -> Process:
    """The simulated phone network, with `caller_ids` (comma-separated) as its numbers."""
    webhooks = settings.public_base_url
    environ = {
        **twilio_env(keys),
        "SIMULATOR_HOST": "127.0.0.1",
        "SIMULATOR_PORT": str(settings.simulator_port),
        "SIMULATOR_VOICE_URL": build_address(webhooks, "twiml") + VOICE_OVERRIDES,
        "SIMULATOR_STATUS_CALLBACK": build_address(webhooks, "status") + STATUS_OVERRIDES,
        "SIMULATOR_CALLER_IDS": caller_ids,
    }
    if settings.time_scale is not None:
        environ["SIMULATOR_TIME_SCALE"] = settings.time_scale
    return _start("The simulator", settings, "simulator", ["simulator"], environ)


def start_functions(settings: Settings, env: Mapping[str, str]) -> Process:
    """The server of all functions, with the variables of `env` (`stack.env`) that they need."""
    return _start(
        "The functions' server",
        settings,
        "functions",
        ["functions.local_server", f"--port={settings.functions_port}"],
        functions_env(env, settings.hosted),
        # Without it, the project signs access tokens with keys of its own.
        without=("SUPABASE_JWT_SECRET",),
    )


def start_scheduler(settings: Settings) -> Process:
    """The scheduler, which runs every endpoint that one calls."""
    module = [
        "stack.scheduler",
        f"--port={settings.scheduler_port}",
        f"--every={settings.schedule_seconds}",
        *(short_name(each) for each in bundle.endpoints() if "scheduler" in each.called_by),
    ]
    environ = scheduler_env(settings.public_base_url)
    return _start("The scheduler", settings, "scheduler", module, environ)


def start_calls_page(settings: Settings, env: Mapping[str, str]) -> Process:
    """The server of the Calls page, with the variables of `env` (`stack.env`) that it needs."""
    environ = {
        **{name: env[name] for name in _PAGE_VARIABLES if name in env},
        "SIMULATOR_SIGNALLING": f"localhost:{settings.simulator_port}",
        # Supabase Lite has no Realtime.
        "SUPABASE_REALTIME": "off" if settings.hosted is None else "on",
    }
    module = ["stack.calls_page", f"--port={settings.calls_page_port}"]
    if not settings.page_changes:
        module.append("--files-stay")
    return _start("The Calls page", settings, "calls_page", module, environ)


def start_colleague(settings: Settings, env: Mapping[str, str]) -> Process:
    """The simulated colleague, with the variables of `env` (`stack.env`) that she needs."""
    environ = {
        **{name: env[name] for name in _COLLEAGUE_VARIABLES},
        "COLLEAGUE_EMAIL": COLLEAGUE_EMAIL,
        "COLLEAGUE_PASSWORD": env["DEMO_PASSWORD"],
    }
    return _start("The colleague", settings, "colleague", ["stack.colleague"], environ)


def _start(
    name: str,
    settings: Settings,
    log: str,
    module: list[str],
    environ: Mapping[str, str],
    without: tuple[str, ...] = (),
) -> Process:
    """Runs `module` with `environ` added to our environment, less the variables of `without`."""
    ours = sparing_this_machine(os.environ)
    inherited = {key: value for key, value in ours.items() if key not in without}
    return Process(
        name,
        [sys.executable, "-m", *module],
        log_path=settings.logs_dir / f"{log}.log",
        env={**inherited, **environ},
        cwd=CHECKOUT,
    )
