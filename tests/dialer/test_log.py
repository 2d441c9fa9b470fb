"""The log: no event without a name in the list, and nothing personal."""

import ast
import json
from pathlib import Path

import pytest
import structlog

from dialer.log import EVENTS, set_up_logging

DIALER = Path(__file__).parents[2] / "dialer"
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log", "msg"}


def logged_events(path):
    """The first argument of every call on a logger in a source file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
        ):
            yield path.name, node.args[0], {one.arg for one in node.keywords}


CALLS = [call for path in sorted(DIALER.rglob("*.py")) for call in logged_events(path)]


def test_every_event_in_the_sources_is_listed_by_a_literal_name():
    names = {argument.value if isinstance(argument, ast.Constant) else ast.dump(argument) for _, argument, _ in CALLS}
    assert names
    assert names <= EVENTS


def test_nothing_personal_is_bound_in_the_sources():
    for file, _, keys in CALLS:
        assert not keys & {"e164", "number", "name", "person", "phone", "balance", "balance_minor"}, file


@pytest.fixture
def said(capsys):
    """Reads what was said as JSON."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def a_logger():
    """Set up now: the stream of the moment is the one that is written to."""
    set_up_logging(is_json=True, level="debug")
    return structlog.get_logger()


def test_event_is_one_line_with_its_level_and_time(said):
    a_logger().info("engine_started", campaigns=["c"])
    (event,) = said()
    assert (event["event"], event["level"], event["campaigns"]) == ("engine_started", "info", ["c"])
    assert event["timestamp"].endswith("Z")


def test_personal_keys_are_withheld_and_the_log_says_so(said):
    a_logger().info("attempt_ended", e164="+821012345678", balance_minor=5, attempt_id="c-1")
    (event,) = said()
    assert event["attempt_id"] == "c-1"
    assert event["withheld"] == ["balance_minor", "e164"]
    assert not {"e164", "balance_minor"} & set(event)


def test_personal_keys_bound_by_context_are_withheld_too(said):
    with structlog.contextvars.bound_contextvars(phone="+821012345678", campaign_id="c"):
        a_logger().info("campaign_changed")
    (event,) = said()
    assert (event["campaign_id"], event["withheld"]) == ("c", ["phone"])


def test_event_without_anything_personal_says_nothing_of_it(said):
    a_logger().info("engine_stopped", records=3)
    assert "withheld" not in said()[0]


def test_failure_carries_its_traceback(said):
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        a_logger().exception("attempt_failed")
    assert "RuntimeError: a bug" in said()[0]["exception"]


def test_level_decides_what_is_said(capsys):
    set_up_logging(is_json=True, level="warning")
    structlog.get_logger().info("engine_started")
    structlog.get_logger().warning("stop_requested")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["stop_requested"]


def test_lines_for_people_are_plain_text(capsys):
    set_up_logging(is_json=False)
    structlog.get_logger().info("engine_started", campaigns=["c"])
    line = capsys.readouterr().err
    assert "engine_started" in line
    assert "\x1b[" not in line
