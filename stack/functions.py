"""`make functions`: the functions' own server alone, with the settings of the running stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import httpx

from functions.setup import env_file
from functions.setup.proxies import sparing_this_machine
from shared import pasted
from shared import settings as function_settings
from stack.errors import StackError
from stack.functions_env import functions_env
from stack.local_dir import is_running
from stack.processes import port_is_free
from stack.settings import Settings

# What endpoints read if it is there, and no stack sets, or only some.
_OPTIONAL = (
    "TWILIO_AUTH_TOKEN_NEXT", "SCHEDULER_SECRET", "SUPABASE_STORAGE_URL", "HENK_VERSION",
)  # fmt: skip
# If one of these is another one, what Twilio has of calls and recordings is another's, too.
_TWILIO = ("TWILIO_API_URL", "TWILIO_ACCOUNT_SID")


def main(
    settings: Settings, port: int, env_path: Path | None, environ: Mapping[str, str]
) -> NoReturn:
    """Becomes the server on `port` of this machine.

    Variables of `environ` that are not empty win over what is filled in in the file `env_path`, and
    both over the stack.
    Raises StackError if no stack runs, if the port is in use, or if a setting is wrong, and
    EnvFileError if the file cannot be read.
    """
    if not is_running(settings):
        raise StackError(
            f"No stack runs from {settings.local_dir}, so there are no settings to take."
            " Start one in another terminal: make run"
        )
    if not port_is_free(port):
        raise StackError(
            f"Port {port} is in use. Choose another one: make functions PORT={_next(port)}"
        )
    env = env_file.read(settings.stack_env_path)
    given = _filled_in(env_file.read(env_path, must_exist=True)) if env_path else {}
    given |= {name: value for name, value in environ.items() if value}
    variables = functions_env(env, settings.hosted)
    names = [name for name in dict.fromkeys((*variables, *_OPTIONAL)) if name in given]
    variables = functions_env(env, settings.hosted, {name: given[name] for name in names})
    _check(variables)
    has_another_twilio = any(variables.get(name) != env.get(name) for name in _TWILIO)
    if has_another_twilio and variables["SUPABASE_URL"] == env["SUPABASE_URL"]:
        _take_over_schedule(env["SCHEDULER_URL"], port, variables["SCHEDULER_AUDIENCE"])
    print(_summary(port, variables, names), flush=True)
    os.execve(
        sys.executable,
        [sys.executable, "-m", "functions.local_server", f"--port={port}"],
        {**sparing_this_machine(environ), **variables},
    )


def _take_over_schedule(scheduler_url: str, port: int, audience: str) -> None:
    """The stack's own functions would look for these calls and recordings in the simulated phone
    network, and not find them. Raises StackError."""
    body = {"url": f"http://127.0.0.1:{port}/api/twilio", "audience": audience}
    try:
        httpx.put(
            f"{scheduler_url}/functions", json=body, timeout=10, trust_env=False
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise StackError(
            f"The stack's scheduler does not answer at {scheduler_url}: {error}"
        ) from None


def _filled_in(variables: Mapping[str, str]) -> dict[str, str]:
    """The settings of a file without those that are blank or still have .env.example's text."""
    return {
        name: value
        for name, value in variables.items()
        if value.strip() and not pasted.is_example(value)
    }


def _next(port: int) -> int:
    return port + 10 if port + 10 < 65536 else port - 10


def _check(variables: Mapping[str, str]) -> None:
    """Raises StackError if the endpoints would not start, before the server does."""
    try:
        with function_settings.reading(variables) as env:
            deployment = function_settings.Deployment.read(env)
            supabase = function_settings.Supabase.read(env)
            function_settings.read_storage_url(env, supabase, deployment)
            function_settings.TwilioApiKey.read(env)
            function_settings.TwilioWebhooks.read(env)
            function_settings.TwilioRest.read(env, deployment)
            function_settings.Scheduler.read(env, deployment)
            function_settings.read_webhook_jwt(env)
            function_settings.read_reconciler_jwt(env)
            function_settings.read_recorder_jwt(env)
            function_settings.read_reporter_jwt(env)
    except function_settings.ConfigurationError as error:
        raise StackError(
            f"The functions cannot start: {'; '.join(error.problems)}. Correct this where it is"
            " set: in the environment, in ENV=FILE, or in the .env of `make run`."
        ) from None


def _summary(port: int, variables: Mapping[str, str], overridden: list[str]) -> str:
    """Where everything is, and which settings are not the stack's. Shows no secret."""
    lines = [
        f"  Functions      http://127.0.0.1:{port}/api/twilio/…",
        f"  Twilio asks    {variables['PUBLIC_BASE_URL']}/…  (PUBLIC_BASE_URL)",
        f"  Twilio's API   {variables.get('TWILIO_API_URL')}  (TWILIO_API_URL)",
        f"  Supabase       {variables['SUPABASE_URL']}  (SUPABASE_URL)",
        f"  Not the stack's: {', '.join(overridden) or 'nothing'}",
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)
