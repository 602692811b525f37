"""deploy.sh as an operator runs it: the Supabase CLI on Postgres, the simulator's Twilio REST API,
and functions that run. Google Cloud is a model, and `gcloud` a program that asks the model."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import httpx
import psycopg
import pytest

from functions import bundle
from functions.bundle import ROOT
from functions.setup import twiml_app
from stack import Postgres, Stack
from tests.functions.deploy.cloud_run import Instances, front
from tests.functions.deploy.gcloud_program import program
from tests.functions.deploy.google_cloud import GoogleCloud, Refused, Revision
from tests.functions.deploy.lab import SETTINGS, copy_checkout
from tests.proxies import HOSTILE
from tests.stacks import free_port_base

# Settings of the local stack, because the doctor asks the Supabase project itself.
SUPABASE = ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_JWT_SECRET")
PASSWORD = "the-password-of-the-database"
FOLDERS = [service.folder for service in bundle.services()]


@dataclass
class Site:
    """A checkout with its .env, and everything that it is deployed to."""

    checkout: Path
    cloud: GoogleCloud
    instances: Instances
    programs: Path
    database: Postgres
    twilio_api: str
    credentials: tuple[str, str]
    jwt_secret: str

    def run(
        self, *arguments: str, path: str = "", migrates: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Runs deploy.sh as from a shell that sets only what every shell sets. Tests that
        are not about migrations do without the Supabase CLI, which takes a second each time."""
        return subprocess.run(
            [self.checkout / "deploy.sh", *arguments],
            cwd="/",
            env=self.environment(path, migrates=migrates),
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def environment(self, path: str = "", *, migrates: bool = True) -> dict[str, str]:
        usual = f"{self.programs}:{os.environ['PATH']}"
        return {
            "PATH": path or (usual if migrates else f"{self.programs / 'no-migrations'}:{usual}"),
            "HOME": str(self.programs),
            "LC_ALL": "C.UTF-8",
            "SSL_CERT_FILE": os.environ["SSL_CERT_FILE"],
            **HOSTILE,
        }

    def configure(self, **settings: str) -> None:
        """Adds settings to .env. Later lines win."""
        with (self.checkout / ".env").open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in settings.items())

    def migrations(self) -> set[str]:
        """The migrations that the database has, by version."""
        with psycopg.connect(self.database.url()) as connection:
            return {
                version
                for (version,) in connection.execute(
                    "select version from supabase_migrations.schema_migrations"
                )
            }

    def versions(self) -> Mapping[str, str | None]:
        """The version that each endpoint answers with at its public address."""
        return {
            folder: httpx.post(self.cloud.url(folder.replace("_", "-"))).headers["X-Henk-Version"]
            for folder in FOLDERS
        }

    def starts(self, revision: Revision) -> bool:
        """Whether a revision listens, as Cloud Run finds out before it is ready."""
        return bool(self.instances.port(revision, self.cloud.environment_of(revision)))

    def answer_to_job(self, job: dict[str, object]) -> int:
        """What the function that runs answers to the scheduler. Nobody here can sign as Google."""
        target = cast(dict[str, dict[str, str]], job["httpTarget"])
        token = "e30.e30.SIGNATURE_REMOVED_BY_GOOGLE"
        headers = {"Authorization": f"Bearer {token}", **target.get("headers", {})}
        service = str(job["name"]).rpartition("/")[2]
        # A run that a busy machine makes fail is begun again, as the next minute's run does.
        for _ in range(10):
            status = httpx.post(self.cloud.url(service), headers=headers, timeout=60).status_code
            if status < 500:
                break
        return status

    def app(self) -> dict[str, str]:
        """Twilio's only App of our name."""
        account = self.credentials[0]
        answer = httpx.get(
            f"{self.twilio_api}/2010-04-01/Accounts/{account}/Applications.json",
            params={"FriendlyName": twiml_app.NAME},
            auth=self.credentials,
        )
        (app,) = answer.json()["applications"]
        return dict(app)


def forget_calls(stack: Stack) -> None:
    """The function that the scheduler runs has nothing to do with the calls of other tests."""
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        connection.execute("delete from private.unsettled_calls")
        connection.execute("update private.reconciliation set paused_until = now()")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, stack: Stack) -> Iterator[Site]:
    directory = tmp_path_factory.mktemp("site")
    checkout, programs = directory / "checkout", directory / "bin"
    (programs / "no-migrations").mkdir(parents=True)
    # In place of npx: the database lacks no migration.
    (programs / "no-migrations" / "npx").write_text("#!/bin/sh\n", encoding="utf-8")
    (programs / "no-migrations" / "npx").chmod(0o755)
    (directory / "deployed").mkdir()
    copy_checkout(checkout)
    shutil.copytree(
        ROOT / "functions", checkout / "functions", ignore=shutil.ignore_patterns("__pycache__")
    )
    for file in ("deploy.sh", "Makefile", "requirements.txt", "package.json", "package-lock.json"):
        shutil.copy2(ROOT / file, checkout / file)
    for installed in (".venv", "node_modules"):
        (checkout / installed).symlink_to(ROOT / installed)

    instances = Instances()
    clouds: list[GoogleCloud] = []
    data = tmp_path_factory.mktemp("postgres") / "data"
    try:
        with (
            Postgres(data, free_port_base(), PASSWORD, fsync=False) as database,
            front(clouds, instances) as base_url,
        ):
            database.bootstrap()
            cloud = GoogleCloud(directory / "deployed", base_url)
            clouds.append(cloud)
            credentials = (stack.env["TWILIO_ACCOUNT_SID"], stack.env["TWILIO_AUTH_TOKEN"])
            forget_calls(stack)
            with program(cloud, programs):
                made = Site(
                    checkout,
                    cloud,
                    instances,
                    programs,
                    database,
                    stack.env["TWILIO_API_URL"],
                    credentials,
                    stack.env["SUPABASE_JWT_SECRET"],
                )
                made.configure(
                    **SETTINGS
                    | {
                        **{name: stack.env[name] for name in SUPABASE},
                        "SUPABASE_DB_URL": database.url(user="postgres"),
                        "TWILIO_ACCOUNT_SID": credentials[0],
                        "TWILIO_AUTH_TOKEN": credentials[1],
                        "TWILIO_API_KEY_SID": stack.env["TWILIO_API_KEY_SID"],
                        "TWILIO_API_KEY_SECRET": stack.env["TWILIO_API_KEY_SECRET"],
                        "TWILIO_API_URL": made.twilio_api,
                        "PUBLIC_BASE_URL": base_url + "/{name}-fn/api/twilio",
                    }
                )
                cloud.starts = made.starts
                cloud.leaves_signature = False
                cloud.asks = made.answer_to_job
                cloud.run_seconds = (0.0, 0.0)
                yield made
                with suppress(ValueError):
                    httpx.delete(
                        f"{made.twilio_api}/2010-04-01/Accounts/{credentials[0]}/Applications"
                        f"/{made.app()['sid']}.json",
                        auth=credentials,
                    ).raise_for_status()
    finally:
        instances.stop()


@pytest.fixture
def live(site: Site) -> Site:
    """The site with every endpoint deployed."""
    if not site.cloud.services:
        began = site.run()
        assert began.returncode == 0, began.stdout + began.stderr
    return site


def test_from_a_checkout_to_live_and_back(site: Site) -> None:
    """One test, because each step needs the one before."""
    dry = site.run("--dry-run")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert site.cloud.changes == []
    assert "npx supabase db push --yes" in dry.stdout

    began = site.run()
    assert began.returncode == 0, began.stdout + began.stderr
    files = (ROOT / "supabase" / "migrations").glob("*.sql")
    assert site.migrations() == {file.name.partition("_")[0] for file in files}
    first = site.versions()
    assert all(first.values())
    assert site.app()["voice_url"].startswith(f"{site.cloud.base_url}/twiml-fn")
    # The function that runs refuses the token without a signature, and accepts the secret.
    assert "reconcile-fn refuses the scheduler's token" in began.stdout
    assert "reconcile-fn accepts the scheduler by its secret" in began.stdout

    before = len(site.cloud.changes)
    again = site.run()
    assert again.returncode == 0, again.stdout + again.stderr
    assert len(site.cloud.changes) == before
    assert "Every endpoint serves this version already." in again.stdout

    with (site.checkout / "status_fn" / "main.py").open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    changed = site.run("--yes", migrates=False)
    assert changed.returncode == 0, changed.stdout + changed.stderr
    second = site.versions()
    assert {folder for folder in FOLDERS if second[folder] != first[folder]} == {"status_fn"}

    back = site.run("--rollback", migrates=False)
    assert back.returncode == 0, back.stdout + back.stderr
    assert site.versions() == first

    status = site.run("--status", migrates=False)
    assert status.returncode == 0, status.stdout + status.stderr
    assert "other code" in status.stdout

    said = "".join(done.stdout + done.stderr for done in (dry, began, again, changed, back, status))
    minted = site.cloud.secrets["SUPABASE_WEBHOOK_JWT"].versions
    secrets = (PASSWORD, site.jwt_secret, site.credentials[1], *minted)
    assert not [secret for secret in secrets if secret in said]
    kept = [file for file in site.checkout.rglob("*") if file.is_file() and file.name != ".env"]
    assert not [
        file
        for file in kept
        if not file.is_relative_to(ROOT) and any(s.encode() in file.read_bytes() for s in secrets)
    ]


def test_a_version_that_does_not_start_gets_no_traffic(live: Site) -> None:
    before = live.versions()
    main = live.checkout / "token_fn" / "main.py"
    good = main.read_text(encoding="utf-8")
    main.write_text(good + "\nraise RuntimeError('broken')\n", encoding="utf-8")

    stopped = live.run(migrates=False)
    main.write_text(good, encoding="utf-8")

    assert stopped.returncode == 1
    assert "✗ token_fn " in stopped.stdout
    assert "failed to start" in stopped.stdout
    assert "The old version goes on serving." in stopped.stdout
    assert live.versions() == before


def test_a_migration_that_fails_stops_before_anything_is_deployed(live: Site) -> None:
    before, deployed = live.migrations(), len(live.cloud.changes)
    broken = live.checkout / "supabase" / "migrations" / "20991231000000_broken.sql"
    broken.write_text("create table public.half (id int); select nobody_knows_this();", "utf-8")

    stopped = live.run()
    broken.unlink()

    assert stopped.returncode == 1
    assert "nobody_knows_this" in stopped.stdout
    assert "Correct the migration" in stopped.stdout
    assert (live.migrations(), len(live.cloud.changes)) == (before, deployed)
    with psycopg.connect(live.database.url()) as connection:
        assert connection.execute("select to_regclass('public.half')").fetchone() == (None,)


def test_a_wrong_set_up_stops_before_anything_is_read(site: Site) -> None:
    env = (site.checkout / ".env").read_text(encoding="utf-8")
    site.configure(TWILIO_AUTH_TOKEN="an-auth-token-of-nobody")

    stopped = site.run()
    (site.checkout / ".env").write_text(env, encoding="utf-8")

    assert stopped.returncode == 1
    assert "\n✗ twilio_credentials  " in stopped.stdout
    assert "  → " in stopped.stdout
    assert "Reading what is there" not in stopped.stdout
    assert "an-auth-token-of-nobody" not in stopped.stdout


def test_settings_that_are_wrong_are_all_named(site: Site) -> None:
    env = (site.checkout / ".env").read_text(encoding="utf-8")
    site.configure(GOOGLE_CLOUD_REGION="Europe", TWILIO_API_KEY_SID="SK1", SUPABASE_DB_URL="")

    stopped = site.run()
    (site.checkout / ".env").write_text(env, encoding="utf-8")

    assert stopped.returncode == 1
    for name in ("GOOGLE_CLOUD_REGION", "TWILIO_API_KEY_SID", "SUPABASE_DB_URL"):
        assert f"\n  - {name} " in stopped.stdout


def test_without_gcloud_it_says_so(site: Site) -> None:
    tools = "make", "node", "npx", "python3", "bash", "dirname", "env"
    directory = site.programs / "without"
    directory.mkdir()
    for tool in tools:
        (directory / tool).symlink_to(str(shutil.which(tool)))

    stopped = site.run(path=str(directory))

    assert stopped.returncode == 1
    assert "There is no program gcloud here." in stopped.stdout


def test_without_node_it_says_so_before_anything_else(site: Site) -> None:
    directory = site.programs / "no-node"
    directory.mkdir()
    for tool in ("make", "python3", "bash", "dirname", "env"):
        (directory / tool).symlink_to(str(shutil.which(tool)))

    stopped = site.run(path=str(directory))

    assert stopped.returncode == 1
    assert "There is no node here" in stopped.stderr


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGHUP])
def test_after_ctrl_c_or_a_closed_terminal_the_old_version_serves(
    live: Site, ends: signal.Signals
) -> None:
    before = live.versions()
    with (live.checkout / "token_fn" / "main.py").open("a", encoding="utf-8") as file:
        file.write(f"\nINTERRUPTED = {ends.value}\n")
    deploying, stopped = threading.Event(), threading.Event()

    def wait(argv: tuple[str, ...], when: str) -> None:
        if argv[:2] == ("run", "deploy") and when == "before":
            deploying.set()
            stopped.wait(300)
            raise Refused("gcloud is gone")

    live.cloud.on_change = wait
    with subprocess.Popen(
        [live.checkout / "deploy.sh"],
        env=live.environment(migrates=False),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert deploying.wait(300)
        os.killpg(process.pid, ends)
        said, _ = process.communicate(timeout=300)
    stopped.set()
    live.cloud.on_change = lambda argv, when: None

    assert process.returncode == 130
    assert "Interrupted." in said
    assert "Traceback" not in said
    assert live.versions() == before


def test_an_unknown_endpoint_is_a_wrong_argument(site: Site) -> None:
    stopped = site.run("--only", "nobody_fn")
    assert stopped.returncode == 2
    assert "token_fn" in stopped.stderr
