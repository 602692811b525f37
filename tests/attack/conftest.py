"""Fixtures of several attacks: an HTTP client, and functions whose Supabase project counts
requests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.attack.deployment import Project, functions


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all requests, because making a client takes longer than a request."""
    # A server waits for open connections when it stops.
    with httpx.Client(timeout=60, headers={"Connection": "close"}) as client:
        yield client


@pytest.fixture(scope="session")
def project() -> Iterator[Project]:
    made = Project()
    with made.serving():
        yield made


@pytest.fixture(scope="session")
def address(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of functions that use ``project``."""
    with functions(project.settings(), tmp_path_factory.mktemp("functions")) as address:
        yield address
