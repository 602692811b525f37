"""The database's migrations, by the Supabase CLI: https://supabase.com/docs/reference/cli"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from functions.bundle import ROOT
from functions.deploy.settings import Database
from functions.deploy.shell import Command, Run


def pending(run: Run, database: Database, directory: Path = ROOT) -> list[str]:
    """The migrations that the database lacks, by file name. Raises CommandFailed."""
    # The CLI lists them on standard error, as everything that is not data.
    listing = replace(command(database, "--dry-run", directory=directory), with_stderr=True)
    return re.findall(r"\d{14}_\w+\.sql", run(listing))


def command(database: Database, *arguments: str, directory: Path = ROOT) -> Command:
    """`supabase db push` to this database, without its password among the arguments."""
    return Command(
        (
            "npx",
            "supabase",
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
    )
