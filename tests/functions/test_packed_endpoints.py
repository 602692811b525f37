"""A packed endpoint runs on its own: in a new virtual environment with only its own requirements,
under functions-framework, and under gunicorn as docs/hosting.md says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from functions import bundle
from functions.bundle import ROOT, Endpoint
from functions.doctor import smoke
from functions.packer import pack
from tests.authorities import trusting_as_usual
from tests.endpoints import ENVIRONMENT
from tests.stacks import free_port_base

ENDPOINTS = {endpoint.folder: endpoint for endpoint in bundle.endpoints()}
HOSTING = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
(GUNICORN,) = re.findall(r"^gunicorn .*\\\n.*$", HOSTING, re.M)
START_SECONDS = 60.0


@dataclass(frozen=True)
class Packed:
    """An endpoint's packed folder, and the programs of a virtual environment of its own."""

    endpoint: Endpoint
    folder: Path
    programs: Path
    bytecode: Path

    @property
    def framework(self) -> list[str]:
        return [
            f"{self.programs}/functions-framework",
            f"--source={self.folder}/main.py",
            f"--target={self.endpoint.function}",
        ]

    def settings(self) -> dict[str, str]:
        """Exactly what bundle.toml says that the endpoint is given."""
        names = (*self.endpoint.variables, *self.endpoint.secrets)
        return {name: ENVIRONMENT[name] for name in names} | {
            "HENK_VERSION": "a-version",
            "THREADS": str(self.endpoint.concurrency),
            "PYTHONPYCACHEPREFIX": str(self.bytecode),
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packed")


@pytest.fixture(scope="module", params=ENDPOINTS)
def packed(request: pytest.FixtureRequest, place: Path) -> Packed:
    """One endpoint after the other, at the same place. So Python finds what it compiled of the same
    files for the endpoint before, which takes longer than all else here."""
    directory = place / "endpoint"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    endpoint = ENDPOINTS[request.param]
    pack(endpoint).write(directory / "packed")

    def uv(*arguments: str) -> None:
        subprocess.run(
            # The system's certificates, as pip has them: a registry may be behind somebody's proxy.
            [Path(sys.executable).with_name("uv"), *arguments, "--quiet", "--system-certs"],
            check=True,
            cwd=directory,
            env={**trusting_as_usual(), "VIRTUAL_ENV": f"{directory}/environment"},
        )

    uv("venv", "--python", sys.executable, "environment")
    # Packages that the lock does not name are not installed.
    uv("pip", "install", "--require-hashes", "--no-deps", "-r", "packed/requirements.txt")
    programs = directory / "environment" / "bin"
    return Packed(endpoint, directory / "packed", programs, place / "bytecode")


@contextmanager
def running(argv: Sequence[str], directory: Path, settings: dict[str, str]) -> Iterator[str]:
    """The address of a server that these arguments start."""
    port = free_port_base()
    with subprocess.Popen(
        argv,
        cwd=directory,
        env={"PATH": os.environ["PATH"], "PORT": str(port), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        deadline = time.monotonic() + START_SECONDS
        try:
            while True:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/")
                    break
                except httpx.HTTPError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        process.terminate()
                        pytest.fail(process.communicate()[0])
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_it_answers_its_smoke_test_under_functions_framework(
    packed: Packed, tmp_path: Path
) -> None:
    # From an empty working directory.
    with running(packed.framework, tmp_path, packed.settings()) as url:
        smoke.check(packed.endpoint, url + packed.endpoint.path, "a-version")


def test_it_answers_its_smoke_test_under_gunicorn(packed: Packed) -> None:
    assert 'target="token"' in GUNICORN
    command = GUNICORN.replace('target="token"', f'target="{packed.endpoint.function}"')
    shell = ["sh", "-c", f"exec {packed.programs}/{command}"]
    with running(shell, packed.folder, packed.settings()) as url:
        smoke.check(packed.endpoint, url + packed.endpoint.path, "a-version")
        # The health checks of the guide.
        assert httpx.options(url + packed.endpoint.path).status_code == 204
        assert httpx.get(url + packed.endpoint.path).status_code in (401, 405)


def test_the_hosting_guide_starts_gunicorn_the_same_way_everywhere() -> None:
    (service,) = re.findall(r"^ExecStart=/srv/token/venv/bin/(gunicorn .*\\\n.*)$", HOSTING, re.M)
    (container,) = re.findall(r"^CMD (.*)$", HOSTING, re.M)

    def without_address(command: str) -> list[str]:
        return shlex.split(re.sub(r"\\\n| --bind \S+", "", command))

    expected = without_address(GUNICORN)
    assert without_address(service) == expected
    assert json.loads(container) == expected


def test_with_a_setting_missing_it_does_not_start_and_names_it(
    packed: Packed, tmp_path: Path
) -> None:
    settings = packed.settings()
    missing = (*packed.endpoint.variables, *packed.endpoint.secrets)[-1]
    del settings[missing]
    done = subprocess.run(
        packed.framework,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PORT": str(free_port_base()), **settings},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert done.returncode != 0
    assert f"{missing} is missing" in done.stderr


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=ENDPOINTS)
def test_the_hosting_guide_names_its_settings(endpoint: Endpoint) -> None:
    def listed(names: tuple[str, ...]) -> str:
        return " ".join(f"`{name}`" for name in names)

    row = (
        f"| `{endpoint.folder}` | `{endpoint.function}` | `{endpoint.path}`"
        f" | {listed((*endpoint.variables, *endpoint.secrets))}"
        f" | {listed(endpoint.optional_secrets)} |"
    )
    assert row in HOSTING
