"""`python -m stack run|reset|call|functions`, behind the targets of `make` with these names."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from functions.setup.env_file import EnvFileError
from stack import call as calling
from stack import cycle, functions, record, transfer
from stack.errors import StackError
from stack.local_dir import reset
from stack.settings import COLLEAGUE_EMAIL, Settings
from stack.stack import Stack


class _Stopped(Exception):
    """A signal asked this process to end."""


def main() -> int:
    """Runs one command; returns the exit status: 0, 1 for a failure, 2 for wrong arguments."""
    arguments = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        settings = Settings.load()
        for note in settings.notes:
            print(f"Note: {note}.", file=sys.stderr)
        match arguments.command:
            case "run":
                return _run(settings)
            case "reset":
                reset(settings)
                print(f"Deleted the local data in {settings.local_dir}.")
                return 0
            case "functions":
                functions.main(settings, arguments.port, arguments.env, os.environ)
            case _:
                return calling.main(settings, arguments.to, arguments.base, arguments.form)
    except (StackError, EnvFileError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except _Stopped:
        print("Stopped.", flush=True)
        return 0 if arguments.command == "run" else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stack", description="The local stack.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything and wait for Ctrl-C")
    commands.add_parser("reset", help="delete the local data")
    call = commands.add_parser("call", help="place a call as the demo rep and check its row")
    call.add_argument("--to", default=calling.DEFAULT_TO, help="the number to dial")
    how = call.add_mutually_exclusive_group()
    how.add_argument(
        "--transfer", choices=transfer.FORMS, dest="form", help="hand the lead to a colleague"
    )
    how.add_argument(
        "--record",
        action="store_const",
        const=record.FORM,
        dest="form",
        help="record the call and listen to it",
    )
    how.add_argument(
        "--queue",
        action="store_const",
        const=cycle.FORM,
        dest="form",
        help="call two leads of the demo's queue",
    )
    call.add_argument("--base", help="the address of the functions, if not the stack's (http://…)")
    alone = commands.add_parser("functions", help="the functions alone, for the running stack")
    alone.add_argument("--port", type=_port, required=True, help="where to listen on this machine")
    alone.add_argument(
        "--env", type=Path, metavar="FILE", help="settings that win over the stack's"
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _stop(number: int, frame: object) -> None:
    # A second Ctrl-C must not interrupt the stopping.
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(again, signal.SIG_IGN)
    raise _Stopped


def _run(settings: Settings) -> int:
    started = time.monotonic()
    print("Starting Henk Voice …", flush=True)
    with Stack(settings, say=lambda text: print(text, flush=True)) as stack:
        print(_summary(stack, time.monotonic() - started), flush=True)
        while True:
            stack.check()
            time.sleep(0.5)


def _summary(stack: Stack, seconds: float) -> str:
    env = stack.env
    hosted = stack.settings.hosted is not None
    lines = [
        f"Everything answers, after {seconds:.0f} s.",
        "",
        f"  Calls page  {env['CALLS_PAGE_URL']}",
        f"  API docs    {env['CALLS_PAGE_URL']}/api-docs/",
        f"  Functions   {env['FUNCTIONS_URL']}/api/twilio/…",
        f"  Supabase    {env['SUPABASE_URL']}{'  (hosted, from .env)' if hosted else ''}",
        f"  Simulator   {env['SIMULATOR_URL']}",
    ]
    if not hosted:
        lines.append(f"  E-mails     {env['SUPABASE_URL']}/mails")
    if "DATABASE_URL" in env:
        lines.append(f"  Postgres    127.0.0.1:{stack.settings.postgres_port}")
    if "DEMO_EMAIL" in env:
        lines.append(f"  Sign in as  {env['DEMO_EMAIL']} / {env.get('DEMO_PASSWORD', '')}")
    if stack.settings.colleague and not hosted:
        lines.append(f"  Colleagues  {COLLEAGUE_EMAIL} answers by herself; manager@henk.test in a")
        lines.append("              private window is a phone that you answer (the same password)")
    lines += [
        "",
        f"All addresses and keys are in {stack.settings.stack_env_path}",
        "Place a call from another terminal: make call",
        "Stop with Ctrl-C; the data stays. `make reset` deletes it.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
