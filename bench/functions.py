"""Measures the functions: cold start, memory, requests for each second of CPU time, round trips."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import load, requests, stub, subjects
from bench.environments import python_with
from bench.instance import Instance, ask
from bench.requests import BEGINNING, EVENT, Request
from bench.subjects import Subject
from functions.bundle import ROOT


@dataclass
class Figures:
    """The measurements of one function. Those not measured are empty."""

    # For each start, seconds from the creation of its process to its first whole answer.
    starts: list[float] = field(default_factory=list)
    # For each run, requests answered for each second of CPU time: what one core serves.
    rates: list[float] = field(default_factory=list)
    # For each run, bytes of memory after it.
    memory: list[float] = field(default_factory=list)

    @property
    def start(self) -> float:
        """The median cold start in seconds."""
        return median(self.starts)

    @property
    def rate(self) -> float:
        """The median of requests for each second of CPU time."""
        return median(self.rates)

    @property
    def occupied(self) -> float:
        """The median memory in bytes."""
        return median(self.memory)


@contextmanager
def project() -> Iterator[str]:
    """Runs the stub, and yields its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.stub"],
        cwd=ROOT,
        env={**os.environ, "STUB_JWKS": json.dumps(requests.JWKS)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def counted(stub_url: str) -> dict[str, int]:
    """The requests to the database since the last time, by path."""
    with urllib.request.urlopen(f"{stub_url}/counted") as answer:
        paths: dict[str, int] = json.load(answer)
    return {path: count for path, count in paths.items() if path.startswith("/rest/")}


def measure(scratch: Path, *, starts: int, runs: int, seconds: float) -> dict[str, Figures]:
    """Starts every function ``starts`` times, and loads it ``runs`` times for ``seconds``.

    The functions take turns, so that a disturbance of the machine reaches all of them.
    """
    figures: dict[str, Figures] = defaultdict(Figures)
    with project() as url:
        every = subjects.subjects(url, scratch / "packed")
        pythons = {
            subject.name: python_with(subject.requirements, scratch / "environments")
            for subject in every
        }
        # The first start is not measured: it reads the files from disk into the system's caches.
        for subject in every:
            with Instance(subject, pythons[subject.name]):
                pass
        for _ in range(starts):
            for subject in every:
                if subject.measure_start:
                    with Instance(subject, pythons[subject.name]) as instance:
                        figures[subject.name].starts.append(instance.started)
        for _ in range(runs):
            for subject in every:
                with Instance(subject, pythons[subject.name], core=_core()) as instance:
                    _load(subject, instance, figures[subject.name], seconds)
    return dict(figures)


def _load(subject: Subject, instance: Instance, figures: Figures, seconds: float) -> None:
    def run(for_seconds: float) -> int:
        return load.run(
            instance.port,
            subject.request.encoded(),
            subject.request.status,
            connections=subject.concurrency,
            seconds=for_seconds,
        )

    run(seconds / 4)
    before = instance.cpu_seconds()
    answered = run(seconds)
    figures.rates.append(answered / (instance.cpu_seconds() - before))
    figures.memory.append(instance.memory())


def _core() -> int | None:
    """A core for the function, if there are several; the load and the stub use the others."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores[0] if len(cores) > 1 else None


@dataclass(frozen=True)
class RoundTrips:
    """How often one request asks the database, and how often it may."""

    found: int
    budget: int


def round_trips(scratch: Path) -> dict[str, RoundTrips]:
    """The round trips of each kind of request. Each kind is sent once."""
    with project() as url:
        found: dict[str, RoundTrips] = {}
        for subject in subjects.subjects(url, scratch / "packed"):
            if subject.name not in _KINDS:
                continue
            python = python_with(subject.requirements, scratch / "environments")
            with Instance(subject, python) as instance:
                counted(url)
                for kind, (request, budget) in _KINDS[subject.name](url).items():
                    status = ask(instance.port, request.encoded())
                    if status != request.status:
                        raise RuntimeError(f"{kind} was answered {status}, not {request.status}")
                    found[kind] = RoundTrips(sum(counted(url).values()), budget)
    return found


# By kind: the request, and how often it may ask the database.
Kinds = dict[str, tuple[Request, int]]


def _of_token(url: str) -> Kinds:
    token = requests.access_token(url)
    return {
        "an access token": (requests.browser(token, {}), 1),
        "an access token, not signed in": (requests.browser(token + "x", {}, status=401), 0),
        "an access token, malformed": (
            requests.browser(token, {"businessId": "x"}, status=400),
            0,
        ),
    }


def _of_twiml(url: str) -> Kinds:
    path = "/api/twilio/twiml"
    test = {name: value for name, value in BEGINNING.items() if name != "To"}
    dialled = {**BEGINNING, "DialCallSid": requests.LEAD_SID, "DialCallStatus": "busy"}
    token = requests.access_token(url)
    return {
        "a call begins": (requests.webhook(path, "twiml", BEGINNING), 1),
        "a Dial ends": (requests.webhook(f"{path}?after=dial", "twiml?after=dial", dialled), 1),
        "a call is previewed": (requests.browser(token, {"To": "+14155552671"}, path=path), 1),
        "the Voice SDK's test call": (requests.webhook(path, "twiml", test), 0),
        "a call begins, forged": (requests.webhook(path, "status", BEGINNING, status=403), 0),
        "a call is previewed, malformed": (requests.browser(token, {}, path=path, status=400), 0),
    }


def _of_status(url: str) -> Kinds:
    path = "/api/twilio/status"
    read = requests.browser(requests.access_token(url), {}, path=path)
    query = f"{path}?conversationId={stub.CONVERSATION_ID}"
    return {
        "an event": (requests.webhook(path, "status", EVENT, status=204), 1),
        "a conversation is read": (Request("GET", query, read.headers, "", 200), 1),
        "an event, forged": (requests.webhook(path, "twiml", EVENT, status=403), 0),
        "a conversation is read, no id": (Request("GET", path, read.headers, "", 400), 0),
    }


def _of_numbers(url: str) -> Kinds:
    path, token = "/api/twilio/numbers", requests.access_token(url)
    texts = {"country": "US", "texts": ["(415) 555-2671"]}
    return {
        "numbers are read": (requests.browser(token, texts, path=path), 0),
        "numbers are read, malformed": (requests.browser(token, {}, path=path, status=400), 0),
    }


def _of_control(url: str) -> Kinds:
    path, token = "/api/twilio/control", requests.access_token(url)
    refused = requests.browser(token, subjects.HOLD, path=path, status=409)
    return {
        "a call that has ended is controlled": (refused, 1),
        "a call is controlled, malformed": (requests.browser(token, {}, path=path, status=400), 0),
    }


def _of_recording(url: str) -> Kinds:
    path, token = "/api/twilio/recording", requests.access_token(url)
    notice, answered = subjects.NOTICE, subjects.ANSWERED
    played = requests.browser(token, {}).headers
    query = f"{path}?conversationId={stub.CONVERSATION_ID}"
    return {
        "a notice is played": (requests.webhook(f"/api/twilio/{notice}", notice, answered), 1),
        "a notice, forged": (
            requests.webhook(f"/api/twilio/{notice}", "recording", answered, status=403),
            0,
        ),
        "a recording that is not there is played": (Request("GET", query, played, "", 404), 1),
        "the recorder finds nothing": (requests.scheduled(url, "recording"), 1),
    }


def _of_reports(url: str) -> Kinds:
    token, query = requests.access_token(url), subjects.REPORT
    return {
        "a report is read": (subjects.read(token, query), 1),
        "a report is read, malformed": (subjects.read(token, f"{query}&x=1", status=400), 0),
        "there is nothing to fold": (requests.scheduled(url, "reports"), 1),
    }


def _of_reconcile(url: str) -> Kinds:
    run = requests.scheduled(url, "reconcile")
    forged = Request("POST", run.path, {"Authorization": "Bearer x"}, "", 401)
    return {"the reconciler finds nothing": (run, 1), "the reconciler, forged": (forged, 0)}


_KINDS = {
    "token_fn": _of_token,
    "twiml_fn": _of_twiml,
    "status_fn": _of_status,
    "control_fn": _of_control,
    "numbers_fn": _of_numbers,
    "reconcile_fn": _of_reconcile,
    "recording_fn": _of_recording,
    "reports_fn": _of_reports,
}
