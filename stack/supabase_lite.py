"""The Supabase REST, Auth and Storage APIs over the stack's Postgres, by npm's `@supabase/lite`."""

import os
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from functions.setup.proxies import sparing_this_machine
from stack.errors import StackError
from stack.keys import Keys
from stack.postgres import Postgres
from stack.processes import Process
from stack.settings import CHECKOUT, Settings

ROLE = "supabase_lite"
# More than the threads of the functions, fewer than the connections that Postgres allows.
POOL_SIZE = 48

_HERE = Path(__file__).parent


def prepare(postgres: Postgres, keys: Keys, database: str = "postgres") -> None:
    """Creates the role that Lite connects as. It can become other roles and cannot grant."""
    with psycopg.connect(postgres.url(database)) as connection:
        connection.execute((_HERE / "lite_role.sql").read_bytes())
        connection.execute(
            sql.SQL("alter role {} password {}").format(
                sql.Identifier(ROLE), sql.Literal(keys.database_password)
            )
        )


def start(settings: Settings, postgres: Postgres, keys: Keys) -> Process:
    """Starts the server. Run the migrations first: it reads the schema when it starts."""
    node = shutil.which("node")
    if node is None:
        raise StackError("There is no `node` on the PATH. The stack needs Node.js 20 or newer.")
    environ = {
        **sparing_this_machine(os.environ),
        "LITE_CONFIRM_ADDRESSES": "1" if settings.confirm_addresses else "0",
        "LITE_DATABASE_URL": postgres.url(user=ROLE),
        "LITE_JWT_SECRET": keys.supabase_jwt_secret,
        "LITE_PAGE_URL": settings.calls_page_url,
        "LITE_POOL_SIZE": str(POOL_SIZE),
        "LITE_PORT": str(settings.supabase_port),
        "LITE_PUBLISHABLE_KEY": keys.supabase_publishable_key,
        "LITE_SECRET_KEY": keys.supabase_secret_key,
        "LITE_STORAGE_DIR": str(settings.storage_dir),
        "LITE_URL": settings.supabase_url,
        "EXPERIMENTAL_STORAGE": "1",
        "LITE_TELEMETRY": "0",
        "DO_NOT_TRACK": "1",
    }
    return Process(
        "Supabase Lite",
        [node, str(_HERE / "lite.mjs")],
        log_path=settings.logs_dir / "supabase.log",
        env=environ,
        cwd=CHECKOUT,
    )
