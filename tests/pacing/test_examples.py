"""The examples in docstrings are true."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("module", ["abandonment", "decide", "queueing"])
def test_examples_in_docstrings_hold(module):
    result = doctest.testmod(import_module(f"pacing.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
