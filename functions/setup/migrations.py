"""`supabase db push`: the command that deploy.sh and the local stack run, and the list of
migrations that it would apply. https://supabase.com/docs/reference/cli/supabase-db-push"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from functions.bundle import ROOT
from functions.setup.settings import Database
from functions.setup.shell import Command, Run

# As an operator types it.
_NPX = ("npx", "supabase")


def push(
    database: Database,
    *arguments: str,
    directory: Path = ROOT,
    program: Sequence[str] = _NPX,
) -> Command:
    """The command for this database, without the password among its arguments.

    ``directory`` is the checkout whose `supabase/migrations` are pushed.
    """
    return Command(
        (
            *program,
            "db",
            "push",
            *arguments,
            f"--remote={database.address}",
            f"--workdir={directory}",
        ),
        environment={
            **database.environment,
            "DO_NOT_TRACK": "1",
            "SUPABASE_TELEMETRY_DISABLED": "1",
            "npm_config_update_notifier": "false",
        },
        # Here npx looks for the CLI, and the CLI for a .env.
        directory=directory,
    )


def without_env(checkout: Path) -> Path:
    """A folder inside ``checkout`` that has its `supabase/` and no `.env`. The CLI runs there,
    because it reads the `.env` of its folder by rules of its own and stops at what those do not
    allow, such as UTF-16."""
    folder = checkout / ".local" / "supabase-cli"
    inside = folder / "supabase"
    inside.mkdir(parents=True, exist_ok=True)
    for name in ("config.toml", "migrations", "seed.sql"):
        if (checkout / "supabase" / name).exists():
            # Another process may make the same links.
            with suppress(FileExistsError):
                (inside / name).symlink_to(Path("..", "..", "..", "supabase", name))
    return folder


def pending(run: Run, database: Database, directory: Path = ROOT) -> list[str]:
    """The file names of the migrations that the database lacks. Changes nothing.

    Raises shell.CommandFailed or shell.ToolMissing.
    """
    # The CLI writes the list to standard error.
    command = push(database, "--dry-run", directory=without_env(directory))
    listing = replace(command, with_stderr=True)
    return re.findall(r"\d{14}_\w+\.sql", run(listing))
