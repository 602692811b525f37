"""A deployment, from a checkout to live, and its undoing.

Nothing that serves is touched before everything new has answered its smoke test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from twilio.rest import Client

from functions import doctor
from functions.bundle import ROOT, Endpoint
from functions.deploy import cloud, migrations, plan, smoke, summary, twiml_app
from functions.deploy.changes import Changes
from functions.deploy.cloud import PREVIOUS, Project, Service
from functions.deploy.plan import Action, SecretPlan, Target
from functions.deploy.settings import Operator, service_name, short_name
from functions.deploy.steps import DeployError, Steps
from functions.deploy.traffic import Move, left_alone, move_all, moves_back
from functions.doctor import Check, rendering
from functions.packer import pack

# A tagged or freshly shifted address is known everywhere after some seconds.
SMOKE_TRIES = 10
# In place of the SID and the revision names that only come to be in a real run.
_NEW_APP = "AP" + 32 * "0"
_NEW_REVISION = "REVISION"


def examine_before(operator: Operator) -> list[Check]:
    """What the doctor finds before anything is deployed."""
    return doctor.examine(operator, stage="before", base_url=None, webhook_jwt=None)


@dataclass
class Deployment:
    """One run of deploy.sh."""

    operator: Operator
    # Those to deploy, and all there are.
    endpoints: Sequence[Endpoint]
    bundle: Sequence[Endpoint]
    twilio: Client
    steps: Steps
    checkout: Path = ROOT
    examine: Callable[[Operator], Sequence[Check]] = examine_before
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        project, region = self.operator.google_project, self.operator.region
        self._changes = Changes(project, region)
        self._reader = cloud.Reader(self.steps.run, project, region)
        self._secret_names = sorted(
            {
                name
                for endpoint in self.bundle
                for name in (*endpoint.secrets, *endpoint.optional_secrets)
            }
        )
        for name in self._secret_names:
            self.steps.report.conceal(self.operator.values.get(name, "").strip())
        self.steps.report.conceal(self.operator.database.password)

    def deploy(self) -> None:
        """From a checkout to live. Raises DeployError."""
        self._examine()
        with self.steps.reading():
            project = self._reader.project(self._secret_names)
            app = twiml_app.find(self.twilio, self.operator.twilio.twiml_app_sid)
            pending = migrations.pending(self.steps.run, self.operator.database, self.checkout)
            packs = [pack(endpoint, self.checkout) for endpoint in self.endpoints]
            values = plan.secret_values(self.operator, self.endpoints, project)
            for value in values.values():
                self.steps.report.conceal(value)
            secrets = plan.secret_plans(values, project)
            expected = {name: secret.number for name, secret in secrets.items()}

            def targets(numbers: Mapping[str, int], app_sid: str) -> list[Target]:
                return plan.targets(self.operator, packs, project, numbers, app_sid, plan.answers)

            app_sid = app.sid if app else _NEW_APP
            wanted = targets(expected, app_sid)
        base_url = plan.public_base_url(self.operator, project)
        webhooks = twiml_app.wanted(lambda name: plan.address(base_url, name))
        told = app is not None and app.webhooks == webhooks
        jobs = plan.jobs(self.endpoints, project)

        self.steps.report.say(summary.plan(project, pending, secrets, wanted, app, webhooks, jobs))
        nothing_new = all(target.action is Action.KEEP for target in wanted)
        if not (nothing_new and told and not pending and not jobs) and not self._confirmed():
            raise DeployError("Nothing was changed.", "Run ./deploy.sh again when you are ready.")

        self._prepare(project)
        self._migrate(pending)
        numbers = self._store(secrets)
        self._grant(project, secrets)
        app = app or self._create_app()
        if (numbers, app.sid) != (expected, app_sid):
            wanted = targets(numbers, app.sid)

        self._deploy_new(wanted)
        services = self._smoke(wanted, project)
        self._check_address(wanted, base_url)
        self._shift(wanted, services)
        if not told:
            self._point_app(app, webhooks, wanted, base_url)
        self._schedule(jobs, project)

        if any(target.service is None for target in wanted):
            self.steps.left.append(
                "Let the web app ask these addresses (docs/client-library.md), and give a business"
                " members and a caller ID (docs/setup.md, step 6)."
            )
        for name, account in plan.excess_readers(project, self.endpoints, values):
            command = self._changes.let_read_no_more(name, account)
            self.steps.left.append(
                f"{account} can still read {name}, which it is not given any more. When nobody will"
                f" roll back past this release: {command.shown}"
            )
        self.steps.report.say(
            summary.DRY_RUN
            if self.steps.dry_run
            else summary.result(wanted, base_url, app, plan.jwt_days(self.operator, values))
        )

    def rollback(self) -> None:
        """Gives the traffic back to what served before the latest release. Raises DeployError."""
        with self.steps.reading():
            services = self._reader.services()
        moves = moves_back(self.endpoints, services)
        if not moves:
            raise DeployError(
                f"There is nothing to go back to: no endpoint has a revision tagged {PREVIOUS}.",
                "`./deploy.sh --status` shows what there is.",
            )
        for move in moves:
            with self.steps.step(
                f"{move.endpoint.folder}: smoke test of {move.version or move.revision}",
                "What serves now goes on serving. Deploy a good version with ./deploy.sh.",
            ):
                smoke.check(
                    move.endpoint, services[service_name(move.endpoint)].tag_urls[PREVIOUS], None
                )
        move_all(moves, self.steps, self._changes, self._try)

    def status(self) -> None:
        """Says what serves, and whether it is this checkout's code. Raises DeployError."""
        with self.steps.reading():
            services = self._reader.services()
        for endpoint in self.endpoints:
            code = pack(endpoint, self.checkout).version
            self.steps.report.say(
                summary.status(endpoint, services.get(service_name(endpoint)), code)
            )

    # Steps, in their order.

    def _examine(self) -> None:
        with self.steps.reading("Examining the set-up"):
            failed = [check for check in self.examine(self.operator) if check.status == "fail"]
            if any(map(doctor.stops_deployment, failed)):
                raise DeployError(
                    f"The set-up is not sound:\n\n{rendering.as_lines(failed)}",
                    "Nothing was changed. `make doctor` examines it again.",
                )
        for check in failed:
            self.steps.left.append(f"{check.detail}. {check.fix}.")

    def _confirmed(self) -> bool:
        return self.steps.dry_run or self.steps.confirm()

    def _prepare(self, project: Project) -> None:
        fix = (
            "The account needs the roles of docs/setup.md, and the project a billing account. What"
            " was made just now can take Google a minute to know. Then run ./deploy.sh again."
        )
        missing = [api for api in cloud.APIS if api not in project.apis]
        if missing:
            with self.steps.step(f"APIs enabled: {', '.join(missing)}", fix):
                self.steps.change(self._changes.enable_apis(missing))
        accounts = {cloud.BUILDER: "Builds Henk's functions"} | {
            service_name(endpoint): f"Runs Henk's {endpoint.folder}" for endpoint in self.endpoints
        }
        if any("scheduler" in endpoint.called_by for endpoint in self.endpoints):
            accounts[cloud.SCHEDULER] = "Henk's scheduler"
        for name, purpose in accounts.items():
            if project.email(name) not in project.service_accounts:
                with self.steps.step(f"Service account {name}", fix):
                    self.steps.change(self._changes.create_service_account(name, purpose))
        if not project.has_builder_role:
            with self.steps.step(f"{cloud.BUILDER} may build", fix):
                self.steps.change(self._changes.allow_builds())
        if not project.has_repository:
            with self.steps.step("Repository for images", fix):
                self.steps.change(self._changes.create_repository())

    def _migrate(self, pending: list[str]) -> None:
        if pending:
            with self.steps.step(
                f"{len(pending)} migrations",
                "A migration that fails is rolled back whole, and those before it stay. The version"
                " that serves works with them. Mend the migration and run ./deploy.sh again.",
            ):
                self.steps.change(
                    migrations.command(self.operator.database, "--yes", directory=self.checkout)
                )

    def _store(self, secrets: Mapping[str, SecretPlan]) -> dict[str, int]:
        numbers = {}
        fix = "The account needs roles/secretmanager.admin. Then run ./deploy.sh again."
        for name, secret in secrets.items():
            numbers[name] = secret.number
            if secret.is_first:
                with self.steps.step(f"Secret {name}", fix):
                    self.steps.change(self._changes.create_secret(name))
            if secret.is_new:
                with self.steps.step(f"Secret {name}, version {secret.number}", fix):
                    stored = self.steps.change(self._changes.add_secret_version(name, secret.value))
                if stored is not None:
                    # Somebody else may have added one meanwhile.
                    numbers[name] = int(stored.strip().rpartition("/")[2])
        return numbers

    def _grant(self, project: Project, secrets: Mapping[str, SecretPlan]) -> None:
        for endpoint in self.endpoints:
            account = project.email(service_name(endpoint))
            for name in (*endpoint.secrets, *endpoint.optional_secrets):
                stored = project.secrets.get(name)
                if name in secrets and not (stored and account in stored.readers):
                    with self.steps.step(
                        f"{service_name(endpoint)} may read {name}",
                        "The account needs roles/secretmanager.admin. Then run ./deploy.sh again.",
                    ):
                        self.steps.change(self._changes.let_read(name, account))

    def _create_app(self) -> twiml_app.App:
        self.steps.show(f"Twilio: POST Applications.json FriendlyName={twiml_app.NAME!r}")
        if self.steps.dry_run:
            return twiml_app.App(_NEW_APP, twiml_app.Webhooks("", ""))
        with self.steps.step(f"TwiML App {twiml_app.NAME!r}", "Run ./deploy.sh again."):
            return twiml_app.create(self.twilio)

    def _deploy_new(self, wanted: list[Target]) -> None:
        new = [target for target in wanted if target.action is Action.DEPLOY]

        def deploy(target: Target) -> None:
            folder = self.checkout / "build" / target.endpoint.folder
            serves = bool(target.service and target.service.serving)
            with self.steps.step(
                f"{target.endpoint.folder} {target.version} deployed"
                f"{', without traffic' if serves else ''}",
                "The old version goes on serving. If it was built: what the function wrote is in"
                f" `{self._changes.read_logs(target.endpoint).shown}`. Rights that were given just"
                " now can take Google a minute. Then run ./deploy.sh again.",
            ):
                if not self.steps.dry_run:
                    target.pack.write(folder)
                self.steps.change(
                    self._changes.deploy(
                        target.endpoint,
                        folder,
                        target.tag,
                        target.variables,
                        target.secrets,
                        serves=serves,
                    )
                )

        # Builds take minutes and do not need each other. What is only shown stays in its order.
        with ThreadPoolExecutor(1 if self.steps.dry_run else max(1, len(new))) as pool:
            under_way = [pool.submit(deploy, target) for target in new]
        for each in under_way:
            each.result()

    def _smoke(self, wanted: list[Target], project: Project) -> Mapping[str, Service]:
        """Tests what was deployed, where it has no traffic yet; returns what is there now."""
        if self.steps.dry_run or all(target.action is Action.KEEP for target in wanted):
            return project.services
        with self.steps.reading("Reading what was deployed"):
            services = self._reader.services()
        for target in wanted:
            # The others answered while the plan was made.
            if target.action is Action.DEPLOY:
                name = service_name(target.endpoint)
                with self.steps.step(
                    f"{target.endpoint.folder}: smoke test",
                    "The old version goes on serving. What the new one wrote is in"
                    f" `{self._changes.read_logs(target.endpoint).shown}`",
                ):
                    url = services[name].tag_urls.get(target.tag) if name in services else None
                    if not url:
                        raise smoke.SmokeTestFailed(f"Cloud Run has no address for {target.tag}")
                    self._try(target.endpoint, url, target.version)
        return services

    def _check_address(self, wanted: list[Target], base_url: str) -> None:
        """Before traffic: where PUBLIC_BASE_URL is an address of the operator's own, it must lead
        to what serves, or Twilio would lose calls between the old address and the new."""
        if not self.operator.public_base_url or self.steps.dry_run:
            return
        for target in wanted:
            if target.action is Action.KEEP or not (target.service and target.service.serving):
                continue
            if not target.endpoint.has_public_address:
                continue
            url = plan.address(base_url, short_name(target.endpoint))
            with self.steps.step(
                f"{url} leads here",
                f"Let it lead to {target.service.url}, or take PUBLIC_BASE_URL out of .env."
                " The old version goes on serving.",
            ):
                smoke.check(target.endpoint, url, None)

    def _shift(self, wanted: list[Target], services: Mapping[str, Service]) -> None:
        moves = []
        for target in wanted:
            if target.action is Action.KEEP:
                continue
            service = services.get(service_name(target.endpoint))
            revision = (service.tags.get(target.tag) if service else None) or _NEW_REVISION
            tags = {target.tag: revision}
            if service and service.serving not in (None, revision):
                tags |= service.tags_when_replaced()
            moves.append(Move(target.endpoint, service, revision, tags, target.version))
        if moves:
            moved = {move.endpoint.folder for move in moves}
            others = [endpoint for endpoint in self.bundle if endpoint.folder not in moved]
            moves = [*left_alone(others, services), *moves]
        move_all(moves, self.steps, self._changes, self._try)

    def _point_app(
        self,
        app: twiml_app.App,
        webhooks: twiml_app.Webhooks,
        wanted: list[Target],
        base_url: str,
    ) -> None:
        versions = {target.endpoint.folder: target.version for target in wanted}
        for endpoint in self.bundle:
            if "twilio" in endpoint.called_by and not self.steps.dry_run:
                url = plan.address(base_url, short_name(endpoint))
                with self.steps.step(
                    f"{url} leads here",
                    "The new version serves, but Twilio was not told of it. Let that address lead"
                    f" to the service {service_name(endpoint)}, deployed, then run ./deploy.sh"
                    " again.",
                ):
                    self._try(endpoint, url, versions.get(endpoint.folder))
        self.steps.show(
            f"Twilio: POST Applications/{app.sid}.json VoiceUrl={webhooks.voice_url}"
            f" StatusCallback={webhooks.status_callback}"
        )
        if not self.steps.dry_run:
            with self.steps.step(
                f"TwiML App {app.sid} asks this deployment",
                "The new version serves, but Twilio was not told of it. Run ./deploy.sh again.",
            ):
                twiml_app.point(self.twilio, app.sid, webhooks)

    def _schedule(self, jobs: Mapping[str, cloud.Job], project: Project) -> None:
        for name, job in jobs.items():
            with self.steps.step(
                f"Scheduler: {name} every minute",
                "Everything is deployed and serves, but the scheduler was not told. The account"
                " needs roles/cloudscheduler.admin. Then run ./deploy.sh again.",
            ):
                self.steps.change(self._changes.schedule(name, job, exists=name in project.jobs))
        for name, stored in project.jobs.items():
            if stored.is_paused and stored.account == project.email(cloud.SCHEDULER):
                self.steps.left.append(
                    f"The scheduler's job {name} is paused. To go on:"
                    f" {self._changes.resume(name).shown}"
                )

    def _try(self, endpoint: Endpoint, url: str, version: str | None) -> None:
        smoke.check(endpoint, url, version, tries=SMOKE_TRIES, sleep=self.sleep)
