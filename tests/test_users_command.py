"""`paceline users`: who may sign in, from the command line."""

import io

import pytest

from adapters.web.audit import Audit
from adapters.web.database import open_database
from dialer.commands import users
from dialer.config import ConfigError

pytestmark = pytest.mark.slow  # Argon2 takes its time on purpose

DAY = """
title = { ko = "하루", en = "A day" }
time_zone = "Asia/Seoul"
own_numbers = ["02-120-0000"]
trunks = [{ name = "t", lines = 2, calls_per_s = 1.0 }]
[web]
store = "w.db"
[[campaigns]]
id = "sales"
name = { ko = "예금", en = "Deposits" }
purpose = "telesales"
caller_id = "02-120-0000"
rules = ["none.rules"]
list = { path = "none.csv", columns = { person_id = "id" }, fictitious_numbers = {} }
"""


@pytest.fixture
def day(tmp_path, monkeypatch):
    path = tmp_path / "day.toml"
    path.write_text(DAY, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\nanother horse battery\n"))
    return path


def call(*words):
    return users.app([str(one) for one in words], result_action="return_value", exit_on_error=False)


def test_an_operator_adds_lists_disables_and_gives_a_new_password_and_all_of_it_is_audited(day, capsys):
    call("add", day, "mina", "--role", "agent", "--role", "supervisor", "--campaign", "sales")
    call("disable", day, "mina")
    call("list", day)
    assert "mina  agent, supervisor  campaigns sales  disabled" in capsys.readouterr().out
    call("enable", day, "mina")
    call("password", day, "mina")
    rows = Audit(open_database(day.parent / "w.db"), lambda: 0.0).page(None, 9)
    assert [one.action for one in rows] == ["password", "enable", "disable", "add"]
    assert {one.via for one in rows} == {"command line"}


def test_a_name_that_is_not_there_is_refused_in_words(day):
    with pytest.raises(ConfigError, match="there is no user `nobody`"):
        call("disable", day, "nobody")
