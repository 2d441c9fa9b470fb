"""Days are read from their journals; their logs would only bury a failure."""

import pytest

from dialer.log import set_up_logging


@pytest.fixture(autouse=True, scope="session")
def quiet() -> None:
    set_up_logging(is_json=False, level="critical")
