"""`paceline doctor` finds what would stop a run, and says what to do; a lock is held while a process lives."""

import socket
import struct
import threading
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bench.crash_world import make_world
from bench.restart import made_records
from dialer.commands import doctor as module
from dialer.commands.doctor import doctor
from dialer.commands.locking import held_by, lock_journal
from dialer.commands.snapshots import backup, snapshot
from dialer.commands.stores import open_journal
from dialer.config import ConfigError
from dialer.record_codec import encode


@pytest.fixture
def config_path(tmp_path):
    return make_world(tmp_path, accounts=3, agents=1, has_carrier=False)


def write_journal(folder, attempts=20):
    lines = [encode(one) for one in made_records(attempts, accounts=5)]
    with closing(open_journal("day.journal", folder)) as store:
        store.append_nowait(lines)
    return len(lines)


def told(capsys, config_path, **options):
    """What the doctor says, by the thing it says it of; and the exit code."""
    code = 0
    try:
        doctor(config_path, **options)
    except SystemExit as leaving:
        code = leaving.code
    lines = capsys.readouterr().out.splitlines()
    findings = [line.split(maxsplit=1) for line in lines if line[:1].strip() and ": " in line]
    return {rest.split(":")[0]: (state, rest) for state, rest in findings}, code


def test_healthy_configuration_is_called_healthy(capsys, config_path):
    found, code = told(capsys, config_path)
    assert code == 0
    assert {what for what, (state, _) in found.items() if state == "fault"} == set()
    assert found["trunk t"][0] == "warning"  # nobody is called by a simulated one
    assert found["rules of collect"][0] == found["disk"][0] == found["time zones"][0] == "ok"


def test_journal_and_its_snapshot_are_looked_into(capsys, tmp_path, config_path):
    count = write_journal(tmp_path)
    snapshot(str(tmp_path / "day.journal"), config_path)
    found, code = told(capsys, config_path)
    assert code == 0
    assert f"{count:,} records" in found["journal"][1]
    assert f"of the first {count:,} records" in found["snapshot"][1]


def test_damaged_snapshot_is_a_warning_and_damaged_rules_are_a_fault(capsys, tmp_path, config_path):
    write_journal(tmp_path)
    with closing(open_journal("day.journal", tmp_path)) as store:
        store._put_snapshot(5, b"damaged")
    (tmp_path / "house.rules").write_text("rule nonsense")
    found, code = told(capsys, config_path)
    assert code == 1
    assert found["snapshot"][0] == "warning"
    assert found["rules of collect"][0] == "fault"


def test_missing_list_and_silent_carrier_are_faults(capsys, tmp_path):
    config_path = make_world(tmp_path, accounts=3, agents=1)
    (tmp_path / "list.csv").unlink()
    found, code = told(capsys, config_path)
    assert code == 1
    assert found["list of collect"][0] == found["trunk t"][0] == "fault"


def test_full_disk_is_a_fault(capsys, config_path, monkeypatch):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 20}))
    _, code = told(capsys, config_path)
    assert code == 1


@pytest.mark.parametrize(("ahead_s", "state"), [(0.0, "ok"), (-30.0, "fault")])
def test_clock_is_held_against_a_time_server(capsys, config_path, ahead_s, state):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10.0)

        def answer():
            _, asker = server.recvfrom(64)
            now_s = datetime.now(UTC).timestamp() + ahead_s + 2_208_988_800
            server.sendto(40 * b"\0" + struct.pack("!II", int(now_s), int(now_s % 1 * 2**32)), asker)

        thread = threading.Thread(target=answer)
        thread.start()
        found, _ = told(capsys, config_path, time_server=f"127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert found["clock"][0] == state


def test_journal_that_a_process_dials_from_is_not_given_to_another(tmp_path):
    path = tmp_path / "day.journal"
    assert held_by(path) is None
    with lock_journal(path, take_over=False, drain_s=1.0):
        assert held_by(path) is not None
        with pytest.raises(ConfigError, match="--take-over"), lock_journal(path, take_over=False, drain_s=1.0):
            pass
    assert held_by(path) is None
    with lock_journal(path, take_over=True, drain_s=1.0):
        pass


def test_backup_is_whole_and_never_overwrites(capsys, tmp_path, config_path):
    count = write_journal(tmp_path)
    copy = tmp_path / "copy.journal"
    with closing(open_journal("day.journal", tmp_path)) as store:
        store.append_nowait([])
        backup(str(tmp_path / "day.journal"), copy)
        original = list(store.read())
    assert f"{count:,} records" in capsys.readouterr().out
    with closing(open_journal("copy.journal", tmp_path)) as store:
        assert list(store.read()) == original
    with pytest.raises(ConfigError, match="exists already"):
        backup(str(tmp_path / "day.journal"), copy)
    with pytest.raises(ConfigError, match="pg_dump"):
        backup("postgresql://x/y", copy)
