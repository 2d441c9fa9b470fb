from collections.abc import Iterator

import pytest

from tests.lab.lab import Lab, running_lab


@pytest.fixture(scope="session")
def started_lab() -> Iterator[Lab]:
    with running_lab() as lab:
        yield lab


@pytest.fixture
def lab(started_lab: Lab) -> Lab:
    """The worker's lab with all its parts up, whatever the last test did to it."""
    started_lab.up()
    started_lab.forget_log()
    return started_lab
