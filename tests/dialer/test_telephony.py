"""What a configuration says of switches and phones, checked before anybody is called."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from dialer.commands.telephony import asterisk_servers, asterisk_trunk, floor_settings, is_real
from dialer.config import Config, ConfigError, load_config

ROOT = Path(__file__).parents[2]
LAB = ROOT / "examples/lab/lab.toml"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("LAB_SECRET", "labsecret")
    return load_config(LAB)


def test_example_of_the_lab_leads_to_telephones(config):
    servers = asterisk_servers(config)
    assert is_real(config)
    assert asterisk_trunk(config.trunks[0], servers).server is servers["lab"]
    floor = floor_settings(config)
    assert floor is not None
    assert [one.phone for one in floor.agents] == ["1001", "1002", "1003", "1004"]


def test_only_the_kind_of_the_trunk_tells_a_simulated_run_from_a_real_one():
    assert not is_real(load_config(LAB, ["trunks.lab.kind=simulated"]))


def test_secret_that_is_not_there_is_named(monkeypatch):
    monkeypatch.delenv("LAB_SECRET", raising=False)
    with pytest.raises(ConfigError, match="LAB_SECRET is empty"):
        asterisk_servers(load_config(LAB))


def test_real_and_simulated_trunks_are_not_mixed(config):
    other = attrs.evolve(config.trunks[0], name="other", kind="simulated")
    with pytest.raises(ConfigError, match="never both"):
        is_real(attrs.evolve(config, trunks=(*config.trunks, other)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"lines": 10}, "50 lines together, and it may have 10"),
        ({"calls_per_s": 5.0}, "10 calls a second, and it may place 5"),
        ({"secret": "x"}, "unknown key `secret`"),
        ({"url": "http://me:pass@pbx/ari"}, "without user or password"),
    ],
)
def test_servers_limits_and_secrets_are_checked(config, change: dict[str, Any], fault: str):
    servers = {"lab": {**config.servers["lab"], **change}}
    with pytest.raises(ConfigError, match=fault):
        asterisk_servers(attrs.evolve(config, servers=servers))


def test_trunk_needs_a_server_that_is_there(config):
    with pytest.raises(ConfigError, match="no server `pbx9`; there are lab"):
        asterisk_trunk(attrs.evolve(config.trunks[0], server="pbx9"), asterisk_servers(config))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"keys": {"1": "busy"}}, "`busy` is nothing an agent can say"),
        ({"record_announcement": ""}, "without being told"),
        ({"agents": [{"id": "kim", "phone": "1", "campaigns": ["nix"]}]}, "kim works `nix`; there are trial"),
    ],
)
def test_floor_is_checked(config, change: dict[str, Any], fault: str):
    with pytest.raises(ConfigError, match=fault):
        floor_settings(attrs.evolve(config, floor={**config.floor, **change}))
