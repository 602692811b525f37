"""The endpoints: cold start, memory, requests a second, round trips."""

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

from bench import load, stub, subjects
from bench.instance import Instance, ask
from bench.subjects import Request, Subject
from functions.bundle import ROOT


@dataclass
class Figures:
    """Of one function."""

    # Seconds from the start of its process to its first full answer, one a start.
    starts: list[float] = field(default_factory=list)
    # Requests answered for each second of CPU time, one a run: what one core serves.
    rates: list[float] = field(default_factory=list)
    # Bytes after the load.
    memory: list[float] = field(default_factory=list)
    # Requests to the database for each request, by path.
    round_trips: dict[str, float] = field(default_factory=dict)

    @property
    def start(self) -> float:
        return median(self.starts)

    @property
    def rate(self) -> float:
        return median(self.rates)

    @property
    def occupied(self) -> float:
        return median(self.memory)


@contextmanager
def project() -> Iterator[str]:
    """The address of a running stub."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.stub"],
        cwd=ROOT,
        env={**os.environ, "STUB_JWKS": subjects.JWKS},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def counted(stub_url: str) -> dict[str, int]:
    """What the stub was asked since the last time, without what is no database."""
    with urllib.request.urlopen(f"{stub_url}/counted") as answer:
        paths: dict[str, int] = json.load(answer)
    return {path: count for path, count in paths.items() if path.startswith("/rest/")}


def measure(scratch: Path, *, starts: int, runs: int, seconds: float) -> dict[str, Figures]:
    """Every function ``starts`` times from cold, and ``runs`` times under load for ``seconds``.

    One function after the other and again from the beginning: what disturbs one disturbs all.
    """
    figures: dict[str, Figures] = defaultdict(Figures)
    with project() as url:
        every = subjects.subjects(url, scratch / "packed")
        pythons = {
            subject.name: subjects.environment(subject, scratch / "environments")
            for subject in every
        }
        # Once unmeasured: files are read from disk, and caches of the system filled.
        for subject in every:
            with Instance(subject, pythons[subject.name]):
                pass
        for _ in range(starts):
            for subject in every:
                with Instance(subject, pythons[subject.name]) as instance:
                    figures[subject.name].starts.append(instance.started)
        for _ in range(runs):
            for subject in every:
                with Instance(subject, pythons[subject.name], core=_core()) as instance:
                    _load(subject, instance, figures[subject.name], url, seconds)
    return dict(figures)


def _load(
    subject: Subject, instance: Instance, figures: Figures, stub_url: str, seconds: float
) -> None:
    def run(for_seconds: float) -> int:
        return load.run(
            instance.port,
            subject.request.encoded(),
            subject.request.status,
            connections=subject.concurrency,
            seconds=for_seconds,
        )

    run(seconds / 4)
    counted(stub_url)
    before = instance.cpu_seconds()
    answered = run(seconds)
    figures.rates.append(answered / (instance.cpu_seconds() - before))
    figures.memory.append(instance.memory())
    figures.round_trips = {
        path: round(count / answered, 3) for path, count in counted(stub_url).items()
    }


def _core() -> int | None:
    """A core for the function alone; whoever asks it, and the stub, take the others."""
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return cores[0] if len(cores) > 1 else None


def round_trips(scratch: Path) -> dict[str, int]:
    """How often the database is asked, by kind of request; each is sent once."""
    with project() as url:
        found: dict[str, int] = {}
        for subject in subjects.subjects(url, scratch / "packed"):
            if subject.name not in _KINDS:
                continue
            python = subjects.environment(subject, scratch / "environments")
            with Instance(subject, python) as instance:
                counted(url)
                for kind, request in _KINDS[subject.name](url).items():
                    status = ask(instance.port, request.encoded())
                    if status != request.status:
                        raise RuntimeError(f"{kind} was answered {status}, not {request.status}")
                    found[kind] = sum(counted(url).values())
    return found


def _of_token(url: str) -> dict[str, Request]:
    token = subjects.access_token(url)
    return {
        "an access token": subjects.browser(token, {}),
        "an access token, not signed in": subjects.browser(token + "x", {}, status=401),
        "an access token, malformed": subjects.browser(token, {"businessId": "x"}, status=400),
    }


def _of_twiml(url: str) -> dict[str, Request]:
    path = "/api/twilio/twiml"
    forged = subjects.webhook(path, "status", subjects.BEGINNING, status=403)
    test = {name: value for name, value in subjects.BEGINNING.items() if name != "To"}
    dialled = {**subjects.BEGINNING, "DialCallSid": subjects.LEAD_SID, "DialCallStatus": "busy"}
    token = subjects.access_token(url)
    return {
        "a call begins": subjects.webhook(path, "twiml", subjects.BEGINNING),
        "a Dial ends": subjects.webhook(f"{path}?after=dial", "twiml?after=dial", dialled),
        "a call is previewed": subjects.browser(token, {"To": "+14155552671"}, path=path),
        "the Voice SDK's test call": subjects.webhook(path, "twiml", test),
        "a call begins, forged": forged,
        "a call is previewed, malformed": subjects.browser(token, {}, path=path, status=400),
    }


def _of_status(url: str) -> dict[str, Request]:
    path = "/api/twilio/status"
    read = subjects.browser(subjects.access_token(url), {}, path=path)
    query = f"{path}?conversationId={stub.CONVERSATION_ID}"
    return {
        "an event": subjects.webhook(path, "status", subjects.EVENT, status=204),
        "a conversation is read": Request("GET", query, read.headers, "", 200),
        "an event, forged": subjects.webhook(path, "twiml", subjects.EVENT, status=403),
        "a conversation is read, no id": Request("GET", path, read.headers, "", 400),
    }


_KINDS = {"token_fn": _of_token, "twiml_fn": _of_twiml, "status_fn": _of_status}
