"""A database that has the migrations, made once a run. Making it takes as long as the rest of a
stack's start, and copying it a tenth of a second."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from functions.setup import env_file
from stack import Postgres
from stack.migrations import Migrations
from stack.settings import CHECKOUT, Settings
from tests.stacks import free_port_base

PASSWORD = "test-password"
# A copy of the database `postgres` in the server of the fixture of that name, where no test writes.
UNTOUCHED = "untouched"


@dataclass(frozen=True)
class Cluster:
    """A stack's directory with a database that has what bootstrap and migrations make, without the
    seed. Its only key is the database's password: each stack makes up the others."""

    directory: Path

    def copied_to(self, local_dir: Path) -> Path:
        """Gives ``local_dir`` the database, and returns it."""
        local_dir.mkdir(parents=True, exist_ok=True)
        # As root, Postgres runs as another user, who owns its files.
        subprocess.run(["cp", "-a", f"{self.directory}/.", local_dir], check=True)
        return local_dir


def made_in(shared: Path) -> Cluster:
    """The cluster of this run. Whichever process asks first makes it; ``shared`` is a directory of
    them all."""
    directory = shared / "cluster"
    with (shared / "cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            unfinished = shared / "unfinished-cluster"
            shutil.rmtree(unfinished, ignore_errors=True)
            _make(unfinished)
            unfinished.rename(directory)
    return Cluster(directory)


def _make(directory: Path) -> None:
    settings = Settings(directory, free_port_base())
    directory.mkdir()
    env_file.write(settings.keys_path, {"DATABASE_PASSWORD": PASSWORD})
    project = directory / "supabase"
    shutil.copytree(CHECKOUT / "supabase", project, ignore=shutil.ignore_patterns("seed.sql", ".*"))
    with Postgres(settings.data_dir, settings.postgres_port, PASSWORD, fsync=False) as server:
        server.bootstrap()
        Migrations(settings.applied_path, project).apply(server.url(user="postgres"))
    shutil.rmtree(project)
