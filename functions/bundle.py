"""The list of endpoints, read from bundle.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FILE = ROOT / "functions" / "bundle.toml"


@dataclass(frozen=True)
class Endpoint:
    """One entry of bundle.toml, which explains the fields."""

    folder: str
    path: str
    function: str
    called_by: tuple[str, ...]
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...]
    variables: tuple[str, ...]
    memory: str
    timeout_seconds: int
    concurrency: int
    min_instances: int
    optional_variables: tuple[str, ...] = ()

    @property
    def is_page(self) -> bool:
        """Whether this serves the page, and not requests of it."""
        return "anybody" in self.called_by

    @property
    def has_public_address(self) -> bool:
        """Whether its callers reach it at PUBLIC_BASE_URL. The scheduler asks the address of Cloud
        Run."""
        return bool({"browser", "twilio"} & set(self.called_by))

    @property
    def is_public(self) -> bool:
        """Whether Cloud Run lets everybody reach it, because the function itself checks who calls.
        The scheduler's function checks it too: if Cloud Run did, it would remove the token's
        signature, and the function could not verify the token.
        https://cloud.google.com/run/docs/troubleshooting#signature-removed"""
        return bool({"browser", "twilio", "scheduler", "anybody"} & set(self.called_by))


def endpoints(file: Path = _FILE) -> list[Endpoint]:
    """All endpoints, in the order of the file. Raises TypeError if an entry has an unknown field or
    lacks one."""
    return [service for service in services(file) if not service.is_page]


def services(file: Path = _FILE) -> list[Endpoint]:
    """What is deployed: the endpoints, and what serves the page. Raises as ``endpoints`` does."""
    with file.open("rb") as stream:
        entries = tomllib.load(stream)
    for entry in entries.values():
        for name, value in entry.items():
            entry[name] = tuple(value) if isinstance(value, list) else value
    return [Endpoint(folder=folder, **entry) for folder, entry in entries.items()]
