"""What a configuration says of FreeSWITCH, checked before anybody is called; and a campaign that is dialed over it."""

from collections import Counter
from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import MockClock

from adapters.freeswitch.causes import Q850, SWITCH_FAULTS, outcome_of_name
from adapters.freeswitch.settings import FreeswitchSettings, ServerSettings
from adapters.journal_memory import MemoryJournal
from dialer.app import Ports, open_engine
from dialer.clock import WallClock
from dialer.commands.telephony import freeswitch_servers, freeswitch_trunk, is_freeswitch, is_real, open_switches
from dialer.commands.telephony import run_phones as keep_phones
from dialer.commands.trunk import check
from dialer.config import Config, ConfigError, load_config
from dialer.disposition import Disposition, NetworkOutcome
from dialer.record_codec import decode_all
from dialer.records import Disposed
from tests.adapters.asterisk.lab_campaign import START_AT, Lists
from tests.adapters.freeswitch.peer import Fate, Peer

FATES = (
    Fate(3.0, 1.0),  # a person
    Fate(4.0, 12.0),  # a machine
    Fate(2.0, cause="USER_BUSY", sip_status=486),
    Fate(1.0, cause="UNALLOCATED_NUMBER", sip_status=404),
)

RULES = """pack trial.house 2026.1
  clock Asia/Seoul
  contact attempt

rule house.day  "하루"  "A day"
  policy   manual 1
  at most  2 attempts a day per person
rule house.opt-out  "거부"  "Opted out"
  policy   manual 2
  stop when person.opted_out

sequence house.tries  "재시도"  "Tries"
  numbers  mobile
  after    busy 30 seconds, twice | congested 3 seconds, twice | failed 3 seconds, twice
           no_answer 20 minutes, twice | machine stop | rejected stop | cut_off stop | abandoned stop
           out_of_service drop number | agent_lost stop
  end      6 attempts a day
"""

TEXT = """
title = { ko = "시험", en = "Trial" }
time_zone = "Asia/Seoul"
own_numbers = ["+8215990101"]

[servers.pbx]
address = "127.0.0.1:PORT"
secret_env = "PBX_SECRET"
lines = 20

[[trunks]]
name = "carrier"
kind = "freeswitch"
server = "pbx"
lines = 20
calls_per_s = 10

[[campaigns]]
id = "trial"
name = { ko = "시험", en = "Trial" }
purpose = "telesales"
caller_id = "+8215990101"
rules = ["trial.rules"]
assume_clean = true

[campaigns.list]
path = "people.csv"
columns = { person_id = "id" }
numbers = [{ column = "mobile", kind = "mobile" }]

[floor]
endpoint = "user/{phone}"
robot = { talk_s = 4, wrap_up_s = 1, disposition = "right_party" }
agents = [{ id = "kim", phone = "1001", campaigns = ["trial"] }, { id = "lee", phone = "1002", campaigns = ["trial"] }]
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("PBX_SECRET", "s3cret")
    return write(tmp_path, 8021)


def write(folder: Path, port: int) -> Config:
    (folder / "trial.toml").write_text(TEXT.replace("PORT", str(port)), encoding="utf-8")
    return load_config(folder / "trial.toml")


def test_trunks_lead_to_the_freeswitch_they_name(config):
    servers = freeswitch_servers(config)
    assert is_real(config)
    assert is_freeswitch(config)
    assert freeswitch_trunk(config.trunks[0], servers).server is servers["pbx"]


def test_two_kinds_of_switches_are_not_mixed(config):
    other = attrs.evolve(config.trunks[0], name="other", kind="asterisk")
    with pytest.raises(ConfigError, match="one kind of switch"):
        is_real(attrs.evolve(config, trunks=(*config.trunks, other)))


def test_servers_limits_and_secrets_are_checked(config, monkeypatch):
    with pytest.raises(ConfigError, match="20 lines together, and it may have 5"):
        freeswitch_servers(attrs.evolve(config, servers={"pbx": {**config.servers["pbx"], "lines": 5}}))
    with pytest.raises(ConfigError, match="no server `pbx9`; there are pbx"):
        freeswitch_trunk(attrs.evolve(config.trunks[0], server="pbx9"), freeswitch_servers(config))
    with pytest.raises(ConfigError, match="not recorded"):
        freeswitch_servers(attrs.evolve(config, floor={**config.floor, "record": True}))
    monkeypatch.delenv("PBX_SECRET")
    with pytest.raises(ConfigError, match="PBX_SECRET is empty"):
        freeswitch_servers(config)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"endpoint": "sofia/gateway/trunk/1"}, "where the number goes"),
        ({"endpoint": "sofia/gateway/trunk/{number},user/1"}, "endpoint"),
        ({"sound": "a.wav"}, "where the message's name goes"),
        ({"number_format": "national"}, "region"),
        ({"headers": {"X-A": "a,b=c"}}, "commas"),
        ({"headers": {"X A": "a"}}, "header"),
    ],
)
def test_what_could_change_the_order_to_call_is_refused(settings, fault):
    with pytest.raises(ValueError, match=fault):
        FreeswitchSettings(**settings)


@pytest.mark.parametrize(
    ("address", "host", "port"), [("pbx.local:8021", "pbx.local", 8021), ("[::1]:8022", "::1", 8022)]
)
def test_address_is_host_and_port(address, host, port):
    settings = ServerSettings(address=address, secret_env="X")
    assert (settings.host, settings.port) == (host, port)


@pytest.mark.parametrize(
    ("name", "sip", "outcome"),
    [
        ("USER_BUSY", None, NetworkOutcome.BUSY),
        ("NO_ANSWER", None, NetworkOutcome.NO_ANSWER),
        ("NO_USER_RESPONSE", 480, NetworkOutcome.NO_ANSWER),
        ("CALL_REJECTED", 603, NetworkOutcome.REJECTED),
        ("UNALLOCATED_NUMBER", 404, NetworkOutcome.INVALID_NUMBER),
        ("NUMBER_CHANGED", 410, NetworkOutcome.INVALID_NUMBER),
        ("NORMAL_TEMPORARY_FAILURE", 503, NetworkOutcome.CONGESTED),
        ("RECOVERY_ON_TIMER_EXPIRE", 408, NetworkOutcome.NO_ANSWER),
        ("RECOVERY_ON_TIMER_EXPIRE", None, NetworkOutcome.CONGESTED),
        ("GATEWAY_DOWN", None, NetworkOutcome.TRUNK_LOST),
        ("SOMETHING_NEW", None, NetworkOutcome.CONGESTED),
    ],
)
def test_causes_are_told_apart(name, sip, outcome):
    assert outcome_of_name(name, sip) is outcome
    assert not set(Q850) & SWITCH_FAULTS


def dispositions(store: MemoryJournal) -> Counter[Disposition]:
    records = decode_all(store.read())
    return Counter(one.disposition for one in records if isinstance(one, Disposed))


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["none", "cut", "killed"])
async def test_campaign_is_dialed_over_it_with_every_outcome(
    peer: Peer, autojump_clock: MockClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setenv("PBX_SECRET", "s3cret")
    (tmp_path / "trial.rules").write_text(RULES, encoding="utf-8")
    config = write(tmp_path, peer.port)
    people = [f"+821000000{n:03d}" for n in range(24)]
    for n, number in enumerate(people):
        peer.fates[number] = FATES[n % len(FATES)]
    store = MemoryJournal()
    lists = Lists({"trial": people})
    async with open_switches(config) as trunks:
        ports = Ports(trunks, lists, store)
        async with open_engine(config, ports, WallClock(START_AT)) as engine, trio.open_nursery() as nursery:
            nursery.start_soon(keep_phones, config, trunks, engine)
            nursery.start_soon(engine.run)
            await trio.sleep(12.5)
            assert engine.state.attempts, "somebody is on the line"
            if fault == "cut":
                peer.cut()
            elif fault == "killed":
                peer.die()
                await trio.sleep(3.0)
                await peer.rise()
            await trio.sleep(120.0)
            assert not engine.state.attempts, "every attempt is settled"
            engine.stop("the test is over")
            await trio.sleep(1.0)
            nursery.cancel_scope.cancel()
            engine.agents.log_out_all()
    assert peer.channels == {}
    dialed = Counter(one for one in peer.originated if one in people)
    assert set(dialed) == set(people)
    assert max(dialed.values()) <= 2, "the rules allow two attempts a day"
    found = dispositions(store)
    assert sum(found.values()) >= sum(dialed.values())
    if fault == "none":
        assert found[Disposition.RIGHT_PARTY] == 6
        assert found[Disposition.MACHINE] == 6
        assert found[Disposition.BUSY] == 12
        assert found[Disposition.INVALID_NUMBER] == 6


def test_check_says_step_by_step_that_nothing_answers(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.freeswitch.check._CONNECT_S", 0.1)
    monkeypatch.setattr("dialer.commands.telephony._CONNECT_S", 0.1)
    write(tmp_path, 1)
    assert check(tmp_path / "trial.toml") == 1
    said = capsys.readouterr().out
    assert "FAIL  connect to 127.0.0.1:1" in said
    assert "mod_event_socket" in said
