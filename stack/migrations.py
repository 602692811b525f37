"""Brings a database up to `supabase/migrations` and `supabase/seed.sql`."""

import hashlib
import json
from pathlib import Path

import psycopg

from functions.setup import shell
from functions.setup.migrations import push as push_command
from functions.setup.migrations import without_env
from functions.setup.settings import Database
from stack.errors import StackError
from stack.settings import CHECKOUT

_SEED = "seed.sql"


class Migrations:
    """The SQL files of one checkout, and which of them a database already has.

    `applied_path` has a hash of every file that was applied. So a start without new files is fast,
    and a migration that was edited afterwards is noticed. It is deleted with the data.
    """

    def __init__(self, applied_path: Path | None = None, supabase_dir: Path | None = None) -> None:
        self._supabase_dir = supabase_dir or CHECKOUT / "supabase"
        self._applied_path = applied_path

    def apply(self, url: str) -> None:
        """Applies what is missing, as the user of `url` (`postgres`, as on a hosted project).

        Raises StackError with the message of the Supabase CLI or Postgres if a statement fails, and
        if a migration was edited or deleted after it was applied.
        """
        wanted = self._hashes()
        applied = self._applied()
        migrations = {name: digest for name, digest in wanted.items() if name != _SEED}
        stale = sorted(
            name
            for name, digest in applied.items()
            if name != _SEED and migrations.get(name) != digest
        )
        if stale:
            others = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
            raise StackError(
                f"The local database was built from another version of {stale[0]}{others}.\n"
                "Run `make reset` to build it again."
            )
        if migrations.keys() - applied.keys():
            push(url, self._supabase_dir)
            applied = {**applied, **migrations}
            self._remember(applied)
        if _SEED in wanted and applied.get(_SEED) != wanted[_SEED]:
            self._seed(url)
            self._remember({**applied, _SEED: wanted[_SEED]})

    def _hashes(self) -> dict[str, str]:
        files = sorted((self._supabase_dir / "migrations").glob("*.sql"))
        seed = self._supabase_dir / _SEED
        if seed.exists():
            files.append(seed)
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    def _applied(self) -> dict[str, str]:
        if self._applied_path is None or not self._applied_path.exists():
            return {}
        applied: dict[str, str] = json.loads(self._applied_path.read_text(encoding="utf-8"))
        return applied

    def _remember(self, applied: dict[str, str]) -> None:
        if self._applied_path is not None:
            text = json.dumps(applied, indent=2, sort_keys=True) + "\n"
            self._applied_path.write_text(text, encoding="utf-8")

    def _seed(self, url: str) -> None:
        try:
            with psycopg.connect(url) as connection:
                connection.execute((self._supabase_dir / _SEED).read_bytes())
        except psycopg.Error as error:
            raise StackError(f"supabase/{_SEED} does not apply: {error}") from None


def push(url: str, supabase_dir: Path | None = None) -> None:
    """`supabase db push` to the database at `url`, as in production.

    Raises StackError with the CLI's output if it fails.
    """
    project = (supabase_dir or CHECKOUT / "supabase").parent
    program = CHECKOUT / "node_modules" / ".bin" / "supabase"
    if not program.exists():
        raise StackError(f"There is no Supabase CLI in {program}: run `npm ci --ignore-scripts`.")
    command = push_command(
        Database.at(url), "--yes", directory=without_env(project), program=(str(program),)
    )
    try:
        shell.run(command)
    except shell.CommandFailed as error:
        raise StackError(f"The migrations do not apply:\n{error.said}") from None
