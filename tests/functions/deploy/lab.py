"""A place to deploy to: small models of Google Cloud, a database's migrations and Twilio's
Applications. They run in this process, record what is asked of them, and fail on demand."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from functions import bundle
from functions.bundle import ROOT, Endpoint
from functions.deploy.deployment import Deployment
from functions.deploy.late_rights import Clock
from functions.deploy.release import deploy
from functions.deploy.report import Report
from functions.deploy.rollback import rollback
from functions.deploy.status import show_status
from functions.deploy.steps import DeployError, Steps
from functions.doctor import Check, smoke
from functions.doctor.token_form import TokenForm
from functions.setup.settings import Creation, Database, Operator
from functions.setup.shell import Command, CommandFailed
from tests import endpoints
from tests.functions.deploy.google_cloud import PROJECT, REGION, GoogleCloud, Refused

ACCOUNT = endpoints.ACCOUNT_SID
BUNDLE = bundle.endpoints()
DATABASE_PASSWORD = "the-password-of-the-database"

SETTINGS = {
    "GOOGLE_CLOUD_PROJECT": PROJECT,
    "GOOGLE_CLOUD_REGION": REGION,
    "SUPABASE_URL": endpoints.SUPABASE_URL,
    "SUPABASE_PUBLISHABLE_KEY": endpoints.PUBLISHABLE_KEY,
    "SUPABASE_JWT_SECRET": endpoints.JWT_SECRET,
    "SUPABASE_DB_URL": f"postgresql://postgres.henk:{DATABASE_PASSWORD}@db.henk.test:5432/postgres",
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": endpoints.AUTH_TOKEN,
    "TWILIO_API_KEY_SID": endpoints.API_KEY_SID,
    "TWILIO_API_KEY_SECRET": endpoints.API_KEY_SECRET,
}
SECRETS = (
    endpoints.JWT_SECRET,
    endpoints.AUTH_TOKEN,
    endpoints.API_KEY_SECRET,
    DATABASE_PASSWORD,
)

# Called before and after each change. It raises to let the change fail.
Fault = Callable[[str, str], None]


class Applications(HttpClient):  # type: ignore[misc]  # twilio has no types
    """Twilio's Applications: https://www.twilio.com/docs/usage/api/applications"""

    def __init__(self) -> None:
        super().__init__(None, False, None)
        self.apps: dict[str, dict[str, str | None]] = {}
        self.fault: Fault = lambda what, when: None

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        **ignored: object,
    ) -> Response:
        last = urlsplit(url).path.rpartition("/")[2].removesuffix(".json")
        if method == "GET":
            if last != "Applications":
                return self._answer(self.apps.get(last))
            name = (params or {}).get("FriendlyName")
            found = [app for app in self.apps.values() if app["friendly_name"] == name]
            return Response(200, json.dumps({"applications": found, "next_page_uri": None}))

        what = f"Twilio {method} {last}"
        self.fault(what, "before")
        if last == "Applications":
            last = f"AP{len(self.apps) + 1:032x}"
            self.apps[last] = {"sid": last, "voice_method": "POST"} | dict.fromkeys(
                ("voice_url", "status_callback")
            )
        given = {
            re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(): value
            for key, value in (data or {}).items()
            if value is not None
        }
        if last in self.apps:
            self.apps[last] |= {"status_callback_method": "POST"} | given
        answer = self._answer(self.apps.get(last))
        self.fault(what, "after")
        return answer

    def _answer(self, app: Mapping[str, str | None] | None) -> Response:
        if app is None:
            return Response(404, json.dumps({"code": 20404, "message": "not found", "status": 404}))
        return Response(200, json.dumps(app))


@dataclass
class Lab:
    """Everything a deployment touches. ``checkout`` is a copy to change at will."""

    cloud: GoogleCloud
    twilio: Applications
    checkout: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))
    # The migrations that the database has.
    applied: list[str] = field(default_factory=list)
    # Migrations that `supabase db push` loses without saying so.
    swallowed: list[str] = field(default_factory=list)
    # All changes, in their order.
    changes: list[str] = field(default_factory=list)
    fault: Fault = lambda what, when: None
    # In which form Supabase accepts tokens.
    token_form: TokenForm = field(default_factory=TokenForm)
    # What the deployment wrote about who may make a business.
    creations: list[Creation] = field(default_factory=list)
    # Raises Refused if an address of the database does not carry a dry run (True) or a push.
    refuses_database: Callable[[str, bool], None] = lambda address, dry_run: None
    # What the doctor finds. The doctor itself is tested elsewhere.
    findings: list[Check] = field(default_factory=list)
    output: str = ""
    left: list[str] = field(default_factory=list)
    confirm: Callable[[], bool] = lambda: True
    # What is deployed. The page is left out, because most tests are about the endpoints.
    bundle: list[Endpoint] = field(default_factory=lambda: BUNDLE)
    # How long a new address takes until it is known, and since when there is each.
    address_seconds: float = 0.0
    addresses: dict[str, float] = field(default_factory=dict)
    # What the deployment that runs has said so far.
    said: Callable[[], str] = lambda: ""
    # The seconds that a deployment has waited.
    waited: float = 0.0
    _waiting: threading.Lock = field(default_factory=threading.Lock)

    def deploy(self, *only: str, dry_run: bool = False) -> str:
        """Deploys, and returns what was said. Raises DeployError."""
        return self._run(deploy, only, dry_run)

    def rollback(self, *only: str) -> str:
        """Rolls back, and returns what was said. Raises DeployError."""
        return self._run(rollback, only)

    def status(self) -> str:
        """What `--status` says."""
        return self._run(show_status)

    def stops(self, *only: str) -> DeployError:
        """Deploys. This must stop, and the error is returned."""
        with pytest.raises(DeployError) as stopped:
            self.deploy(*only)
        return stopped.value

    def edit(self, folder: str, text: str) -> None:
        """Changes an endpoint's code, or with `shared` every endpoint's."""
        name = "main.py" if folder.endswith("_fn") else "web.py"
        with (self.checkout / folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    def serving(self) -> dict[str, str | None]:
        """The version at each endpoint's public address."""
        return {
            endpoint.folder: self.version_at(self.cloud.url(endpoint.folder.replace("_", "-")))
            for endpoint in self.bundle
        }

    def version_at(self, url: str) -> str | None:
        """The version that answers at an address of the model."""
        host = url.removeprefix(self.cloud.base_url).strip("/").split("/")[0]
        revision = self.cloud.revision_at(host)
        return revision.variables["HENK_VERSION"] if revision else None

    def snapshot(self) -> dict[str, object]:
        """Everything there is outside the checkout, for comparison."""
        return self.cloud.snapshot() | {
            "migrations": list(self.applied),
            "apps": {sid: dict(app) for sid, app in self.twilio.apps.items()},
        }

    def pending(self) -> list[str]:
        """The migrations that the database lacks."""
        files = sorted((self.checkout / "supabase" / "migrations").glob("*.sql"))
        return [file.name for file in files if file.name not in self.applied]

    def commands(self, *words: str) -> list[tuple[str, ...]]:
        """The recorded gcloud commands that begin with these words."""
        return [argv for argv in self.cloud.changes if argv[: len(words)] == words]

    def _run(
        self,
        what: Callable[[Deployment], None],
        only: Iterable[str] = (),
        dry_run: bool = False,
    ) -> str:
        stream = io.StringIO()
        self.said = stream.getvalue
        steps = Steps(
            Report(stream),
            self._command,
            dry_run,
            lambda: self.confirm(),
            self.left,
            Clock(lambda: self.waited, lambda seconds: self._sleep(seconds)),
        )
        self.left.clear()
        env = self.checkout / "no-such.env"
        deployment = Deployment(
            operator=Operator.load(env, self.settings),
            endpoints=[each for each in self.bundle if not only or each.folder in only],
            bundle=self.bundle,
            twilio=Client(ACCOUNT, endpoints.AUTH_TOKEN, http_client=self.twilio),
            steps=steps,
            checkout=self.checkout,
            examine=lambda operator: self.findings,
            write_creation=self._write_creation,
            find_token_form=lambda operator: self.token_form,
        )
        try:
            what(deployment)
        except DeployError as error:
            # As `python -m functions.deploy` says it.
            steps.report.say(f"{error}\n{error.fix}")
            raise
        finally:
            self.output = stream.getvalue()
        return self.output

    def _write_creation(self, database: Database, wanted: Creation) -> str:
        assert database.password == DATABASE_PASSWORD
        self.happens("who may make a business", "before")
        self.creations.append(wanted)
        return ""

    def _sleep(self, seconds: float) -> None:
        with self._waiting:
            self.waited += seconds

    def _command(self, command: Command) -> str:
        try:
            if command.argv[0] == "gcloud":
                return self.cloud.gcloud(command.argv[1:], command.stdin or "")
            return self._supabase(command)
        except Refused as refusal:
            raise CommandFailed(command, 1, str(refusal)) from None

    def _supabase(self, command: Command) -> str:
        assert command.environment["PGPASSWORD"] == DATABASE_PASSWORD
        (remote,) = (each for each in command.argv if each.startswith("--remote="))
        self.refuses_database(remote, "--dry-run" in command.argv)
        pending = self.pending()
        if "--dry-run" in command.argv:
            listed = "".join(f" • {name}\n" for name in pending)
            return f"Would push these migrations:\n{listed}" if command.with_stderr else ""
        self.happens("supabase db push", "before")
        self.applied += [name for name in pending if name not in self.swallowed]
        self.happens("supabase db push", "after")
        return ""

    def happens(self, what: str, when: str) -> None:
        """Records a change, and lets it fail if the test says so."""
        if when == "before":
            self.changes.append(what)
        self.fault(what, when)


def lab(directory: Path, monkeypatch: pytest.MonkeyPatch, checkout: Path | None = None) -> Lab:
    """A lab whose smoke tests ask the model itself, which is quick. Without ``checkout`` it has a
    copy of its own."""
    made = Lab(
        GoogleCloud(directory / "cloud", "https://run.test"),
        Applications(),
        checkout or directory / "c",
    )
    made.cloud.folder.mkdir(parents=True)
    made.cloud.now = lambda: made.waited
    made.twilio.fault = made.happens
    made.cloud.on_change = lambda argv, when: made.happens(" ".join(argv[:4]), when)
    if checkout is None:
        copy_code(made.checkout)
        copy_names_of_migrations(made.checkout)
    made.settings["PUBLIC_BASE_URL"] = ""

    def check(endpoint: Endpoint, url: str, version: str | None, **ignored: object) -> None:
        if made.waited < made.addresses.setdefault(url, made.waited) + made.address_seconds:
            raise smoke.SmokeTestFailed(f"{url} answers 404 without an error code")
        found = made.version_at(url)
        if "run.app" in url:
            # The address that Cloud Run gives a service, which the model does not serve.
            found = made.version_at(made.cloud.url(endpoint.folder.replace("_", "-")))
        if not found or version not in (None, found):
            raise smoke.SmokeTestFailed(
                f"{url} is version {found}, not {version}", is_ours=found is not None
            )

    monkeypatch.setattr(smoke, "check", check)
    return made


def twin(of: Lab, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab in which everything is as in another one. They share the checkout, which a deployment
    only reads, except its `build/`, which each one writes before it reads it."""
    made = lab(directory, monkeypatch, of.checkout)
    made.cloud.become(of.cloud)
    made.twilio.apps = copy.deepcopy(of.twilio.apps)
    made.settings = dict(of.settings)
    made.applied, made.changes = list(of.applied), list(of.changes)
    made.addresses, made.waited = dict(of.addresses), of.waited
    return made


def copy_checkout(directory: Path) -> None:
    """What a deployment reads of a checkout."""
    copy_code(directory)
    _copy("supabase", directory)
    _copy("web", directory)


def copy_code(directory: Path) -> None:
    for service in bundle.services():
        shutil.copytree(ROOT / service.folder, directory / service.folder)
    _copy("shared", directory)


def copy_names_of_migrations(directory: Path) -> None:
    """Nothing in this process reads what is in them."""
    migrations = directory / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    for file in (ROOT / "supabase" / "migrations").glob("*.sql"):
        (migrations / file.name).touch()


def _copy(name: str, directory: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / name, directory / name, ignore=ignored)
