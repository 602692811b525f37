"""What several attacks use: a client, and functions in front of a project that counts."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.attack.deployment import Project, functions


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    """One client for all requests: a new one each would cost more than what it asks."""
    # Servers that stop wait for connections that are kept.
    with httpx.Client(timeout=15, headers={"Connection": "close"}) as client:
        yield client


@pytest.fixture(scope="session")
def project() -> Iterator[Project]:
    made = Project()
    with made.serving():
        yield made


@pytest.fixture(scope="session")
def address(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where functions answer that use ``project``."""
    with functions(project.settings(), tmp_path_factory.mktemp("functions")) as address:
        yield address
