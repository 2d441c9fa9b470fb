"""The parts say a lot when they are broken on purpose; tests read their records instead."""

import pytest

from dialer.log import set_up_logging


@pytest.fixture(autouse=True)
def quiet() -> None:
    set_up_logging(is_json=False, level="critical")
