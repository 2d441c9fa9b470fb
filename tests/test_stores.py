"""Which store stands behind which address."""

from pathlib import Path

import pytest

from adapters.journal_sqlite import SqliteJournal
from dialer.commands.stores import is_file_address, journal_path, open_journal, open_leases
from dialer.config import ConfigError
from dialer.ports import StoreError


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("bank.journal", "/etc/bank/bank.journal"),
        ("/var/lib/bank.journal", "/var/lib/bank.journal"),
        ("sqlite://bank.journal", "/etc/bank/bank.journal"),
        ("sqlite:///var/lib/bank.journal", "/var/lib/bank.journal"),
    ],
)
def test_file_address_is_relative_to_its_folder_unless_absolute(address, path):
    assert is_file_address(address)
    assert journal_path(address, Path("/etc/bank")) == Path(path)


def test_file_is_opened_and_has_no_leases(tmp_path):
    store = open_journal("day.journal", tmp_path)
    assert isinstance(store, SqliteJournal)
    assert open_leases("day.journal", store) is None
    store.close()
    open_journal(f"sqlite://{tmp_path}/day.journal", must_exist=True).close()


def test_file_that_must_be_there_is_not_made(tmp_path):
    with pytest.raises(ConfigError, match=r"day\.journal: there is no such journal; check the path"):
        open_journal("day.journal", tmp_path, must_exist=True)
    assert list(tmp_path.iterdir()) == []


def test_address_of_another_kind_is_refused_without_what_follows_it():
    with pytest.raises(ConfigError) as refused:
        open_journal("mysql://user:secret@host/journal")
    assert str(refused.value) == (
        "mysql://: no journal can be kept there; write a path, sqlite://PATH or postgresql://HOST/DATABASE"
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_address_of_a_server_asks_that_server(scheme):
    with pytest.raises(StoreError, match=r"cannot be used as a journal .* check address, server and rights"):
        open_journal(f"{scheme}://nobody@/nothing?host=/nowhere")
