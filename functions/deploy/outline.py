"""What a deployment would do, as far as that is known when somebody cannot be asked: no gcloud, no
account, no network, no settings. `./deploy.sh --dry-run` shows it.

It is the plan for a project that has nothing yet. Each part says whether it is certain, or on whose
answer it depends.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from functions.deploy import callers, plan, preparation, rollout, scheduler
from functions.deploy.deployment import Deployment
from functions.deploy.plan import SecretPlan, Target
from functions.packer import Pack, PackError, pack
from functions.setup import gcloud, migrations, twiml_app
from functions.setup.gcloud import NotSignedIn, TooOld
from functions.setup.google_project import Project, Secret
from functions.setup.settings import Database, Given, Operator
from functions.setup.shell import Command, CommandFailed, CommandTimedOut, Run, ToolMissing
from functions.setup.twiml_app import App, TwilioFailed, Webhooks
from shared import settings

T = TypeVar("T")

# A gcloud without a network tries for minutes.
_TIMEOUT_SECONDS = 20.0
# Stands in commands for what only Google knows.
_PROJECT_NUMBER = "PROJECT_NUMBER"
_NO_ANSWER = (
    ToolMissing,
    NotSignedIn,
    TooOld,
    CommandFailed,
    CommandTimedOut,
    TwilioFailed,
    OSError,
)
_WHO = {
    "gcloud": "Google Cloud",
    "database": "the database",
    "Twilio": "Twilio",
    "settings": "the settings",
}


@dataclass
class Known:
    """What the project, the database and Twilio answer. None if they did not."""

    project: Project | None = None
    pending: list[str] | None = None
    app: App | None = None
    # Who did not answer → why.
    unknown: dict[str, str] = field(default_factory=dict)


def with_stand_ins(given: Given) -> tuple[Operator, list[str]]:
    """The settings, where ``<NAME>`` stands for each that is missing or malformed, and the problems
    with them. Each problem begins with the name of its setting."""
    directory = given.path.parent
    env = settings.Environment(given.values)
    Operator.read(env, given.values, directory)
    names = [problem.partition(" ")[0] for problem in env.problems]
    filled = {**given.values, **{name: f"<{name}>" for name in names}}
    operator = Operator.read(settings.Environment(filled), filled, directory)
    if "SUPABASE_DB_URL" in names:
        address = "<SUPABASE_DB_URL without its password>"
        operator = replace(operator, database=Database(address, "", False))
    return operator, env.problems


def show(deployment: Deployment, problems: Sequence[str]) -> str:
    """Shows the plan. ``problems`` are those of the settings, each beginning with a name. Returns
    the last line of the dry run: what it could not find out."""
    say = deployment.steps.report.say
    try:
        packs = [pack(endpoint, deployment.checkout) for endpoint in deployment.endpoints]
    except PackError:
        # The code itself is why a deployment stops, and that was said.
        return _last_line(Known())
    say("\nAsking Google Cloud, the database and Twilio what they know …")
    known = _ask(deployment, {problem.partition(" ")[0] for problem in problems})
    project = known.project or _empty(deployment.operator)

    say("\nWhat ./deploy.sh would do. ✓ is certain, ? depends on an answer that is missing.")
    say("\n✓ The settings and the set-up are examined: a deployment stops at a problem.")
    _part(
        deployment,
        known,
        "gcloud",
        "What the project lacks is made",
        "each of these only if the project lacks it",
        lambda: preparation.prepare_project(deployment, project),
    )
    files = sorted((deployment.checkout / "supabase" / "migrations").glob("*.sql"))
    pending = [file.name for file in files] if known.pending is None else known.pending
    _part(
        deployment,
        known,
        "database",
        f"{len(pending)} migrations are applied",
        f"those of these {len(pending)} that the database lacks: {', '.join(pending)}",
        lambda: preparation.migrate(deployment, pending),
    )
    preparation.let_make_businesses(deployment)
    secrets = _secrets(deployment, known, project)
    _part(
        deployment,
        known,
        "gcloud settings",
        "Secrets are stored",
        "each of these only if Secret Manager has another value. Tokens are made again if they"
        f" have fewer than {plan.RENEW_BELOW_DAYS} days left",
        lambda: _store(deployment, project, secrets),
    )
    if known.app is None:
        _part(
            deployment,
            known,
            "Twilio",
            "A TwiML App is made",
            "only if the account has none of this name",
            lambda: preparation.create_app(deployment),
        )
    app = known.app or App(preparation.NEW_APP, Webhooks("", ""))
    wanted = _targets(deployment, packs, known, project, secrets, app)
    _part(
        deployment,
        known,
        "gcloud settings Twilio",
        "Endpoints are deployed, beside those that serve",
        "each of these only if it does not serve this version already:"
        f" {', '.join(f'{each.endpoint.folder} {each.version}' for each in wanted)}",
        lambda: rollout.deploy_new(deployment, wanted),
    )
    say(
        "\n✓ Each that was deployed must pass its smoke test. Then all of them get the traffic, or"
        " none."
    )
    rollout.give_traffic(deployment, wanted, project.services)
    base_url = plan.public_base_url(deployment.operator, project)
    webhooks = twiml_app.wanted(base_url)
    if app.webhooks != webhooks:
        _part(
            deployment,
            known,
            "Twilio",
            "The TwiML App asks this deployment",
            "only if it asks other addresses",
            lambda: callers.tell_twilio(deployment, app, webhooks, wanted, base_url),
        )
    _part(
        deployment,
        known,
        "gcloud",
        "The scheduler runs what it must",
        "only if its job is missing or different",
        lambda: _tell_scheduler(deployment, project),
    )
    return _last_line(known)


def _tell_scheduler(deployment: Deployment, project: Project) -> None:
    secret = project.secrets.get(plan.SCHEDULER_SECRET, Secret()).value or ""
    jobs = plan.jobs(deployment.endpoints, project, {plan.SCHEDULER_SECRET: secret})
    scheduler.tell_scheduler(deployment, jobs, project, secret)


def _part(
    deployment: Deployment,
    known: Known,
    whom: str,
    certain: str,
    depends: str,
    commands: Callable[[], object],
) -> None:
    """One part of the plan, with its commands. ``whom`` names those whose answers it depends on."""
    missing = [_WHO[each] for each in whom.split() if each in known.unknown]
    if missing:
        said = f"\n? {certain}. This depends on {' and '.join(missing)}: {depends}."
    else:
        said = f"\n✓ {certain}:"
    deployment.steps.report.say(said)
    commands()


def _last_line(known: Known) -> str:
    if not known.unknown:
        return "\nNothing was changed: this was a dry run. ./deploy.sh would stop: see above."
    missing = [f"{_WHO[whom]} ({why})" for whom, why in known.unknown.items()]
    return (
        f"\nNothing was changed. This dry run is incomplete for lack of {', '.join(missing)}:"
        " ./deploy.sh would stop there."
    )


def _ask(deployment: Deployment, wrong: set[str]) -> Known:
    known = Known()
    if wrong:
        known.unknown["settings"] = f"{', '.join(sorted(wrong))} missing or wrong"

    def ask(whom: str, needs: set[str], question: Callable[[], T]) -> T | None:
        if missing := sorted(needs & wrong):
            known.unknown[whom] = f"not asked without {', '.join(missing)}"
            return None
        try:
            return question()
        except _NO_ANSWER as error:
            known.unknown[whom] = _reason(error)
            return None

    operator = deployment.operator
    run = _within(deployment.steps.run)
    reader = gcloud.Reader(run, operator.google_project, operator.region)
    known.project = ask(
        "gcloud",
        {"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_REGION"},
        lambda: reader.project(deployment.secret_names),
    )
    known.pending = ask(
        "database",
        {"SUPABASE_DB_URL"},
        lambda: migrations.pending(run, operator.database, deployment.checkout),
    )
    known.app = ask(
        "Twilio",
        {"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_TWIML_APP_SID"},
        lambda: twiml_app.find(deployment.twilio, operator.twilio.twiml_app_sid),
    )
    return known


def _reason(error: Exception) -> str:
    match error:
        case ToolMissing():
            return f"there is no program {error} here"
        case TooOld():
            return str(error)
        case NotSignedIn():
            return "gcloud is not signed in"
        case CommandFailed() if error.command.argv[0] == "gcloud" and gcloud.reaches_nobody(
            error.said
        ):
            return "gcloud does not reach Google"
        case CommandFailed() if gcloud.is_signed_out(error.said):
            return "gcloud is not signed in"
        case CommandTimedOut():
            return "no answer in time"
        case CommandFailed():
            return _what_failed(error.said)
        case _:
            return str(error).partition("\n")[0]


def _what_failed(said: str) -> str:
    """The line that says what went wrong. Advice can stand below it, and remarks above it."""
    lines = [line.strip() for line in said.splitlines() if line.strip()] or ["it says nothing"]
    telling = [line for line in lines if re.match(r"error|fail|fatal", line, re.IGNORECASE)]
    return (telling or lines[-1:])[0][:300].rstrip(".")


def _within(run: Run) -> Run:
    def limited(command: Command) -> str:
        return run(replace(command, timeout_seconds=_TIMEOUT_SECONDS))

    return limited


def _empty(operator: Operator) -> Project:
    """A project that has nothing yet."""
    return Project(
        id=operator.google_project,
        number=_PROJECT_NUMBER,
        region=operator.region,
        account="",
        apis=frozenset(),
        service_accounts=frozenset(),
        has_builder_role=False,
        has_repository=False,
        services={},
        secrets={},
        jobs={},
    )


def _secrets(deployment: Deployment, known: Known, project: Project) -> Mapping[str, SecretPlan]:
    """The secrets' versions. If it is not known which are new, all are, and values play no part."""
    if not {"gcloud", "settings"} & known.unknown.keys():
        values = plan.secret_values(deployment.operator, deployment.endpoints, project)
        for value in values.values():
            deployment.steps.report.redaction.add(value)
        return plan.secret_plans(values, project)
    names = {
        name
        for endpoint in deployment.endpoints
        for name in (
            *endpoint.secrets,
            *deployment.operator.given(tuple(endpoint.optional_secrets)),
            # deploy.sh makes this one.
            *({plan.SCHEDULER_SECRET} & set(endpoint.optional_secrets)),
        )
    }
    plans = {}
    for name in sorted(names):
        stored = project.secrets.get(name)
        number = (stored.number if stored else 0) + 1
        plans[name] = SecretPlan(name, "", number, is_new=True, is_first=stored is None)
    return plans


def _store(deployment: Deployment, project: Project, secrets: Mapping[str, SecretPlan]) -> None:
    preparation.store_secrets(deployment, secrets)
    preparation.let_read_secrets(deployment, project, secrets)


def _targets(
    deployment: Deployment,
    packs: Sequence[Pack],
    known: Known,
    project: Project,
    secrets: Mapping[str, SecretPlan],
    app: App,
) -> list[Target]:
    numbers = {name: secret.number for name, secret in secrets.items()}
    targets = plan.targets(deployment.operator, packs, project, numbers, app.sid, plan.answers)
    if not known.unknown:
        return targets
    # The second half of a version depends on the settings and on the versions of secrets.
    return [
        replace(
            target,
            version=(version := f"{target.pack.version}-SETTINGS"),
            variables={**target.variables, "HENK_VERSION": version},
        )
        for target in targets
    ]
