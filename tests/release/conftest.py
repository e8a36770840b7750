"""Servers for the tests of `release`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.release import fronts, projects, servers


@pytest.fixture
def pypiserver(tmp_path: Path) -> Iterator[servers.Index]:
    """An empty pypiserver of the test's own."""
    with servers.pypiserver(tmp_path / "pypiserver") as index:
        yield index


@pytest.fixture(scope="session")
def devpi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Devpi]:
    """One devpi-server for all tests (of a worker), since it takes seconds to start."""
    with servers.devpi(tmp_path_factory.mktemp("devpi")) as server:
        yield server


@pytest.fixture
def devpi(devpi_server: servers.Devpi) -> servers.Pair:
    """Two empty indexes of the test's own, which play test and production."""
    return devpi_server.pair()


@pytest.fixture
def tls_devpi(devpi_server: servers.Devpi, tmp_path: Path) -> Iterator[servers.Pair]:
    """The same behind TLS; their `ca` names the authority that has to be trusted."""
    pair = devpi_server.pair()
    with fronts.tls_front(devpi_server.url, tmp_path / "authority") as front:
        yield servers.Pair(test=pair.test.through(front), prod=pair.prod.through(front))


@pytest.fixture
def forward_proxy() -> Iterator[fronts.Proxy]:
    """A forward proxy that records what it is asked for."""
    with fronts.forward_proxy() as proxy:
        yield proxy


@pytest.fixture
def write_sample(tmp_path: Path) -> Callable[[projects.Sample], Path]:
    """Writes a sample as a tagged git repository and gives the project's folder."""
    return lambda sample: projects.write(sample, tmp_path / "samples")
