"""Settings: what a file becomes, and the exact words about what cannot be meant."""

from pathlib import Path

import pytest

from dialer.call import CallLimits
from dialer.config import ConfigError, load_config
from pacing import PacingMode

DAY = """\
title = { ko = "하루", en = "A day" }
time_zone = "Asia/Seoul"
own_numbers = ["+8215990101"]

[[trunks]]
name = "seoul"
lines = 10
calls_per_s = 2

[[campaigns]]
id = "sales"
name = { ko = "판매", en = "Sales" }
purpose = "telesales"
caller_id = "+8215990101"
rules = ["kr.telesales"]
list = { path = "a.csv", columns = { person_id = "id" }, numbers = [{ column = "mobile" }] }
"""
CAMPAIGN_KEYS = (
    "assume_clean, caller_id, collector_kind, connect_s, id, list, machine_detection, name, pacing, preview_s, "
    "purpose, ring_s, rules, safe_harbor_message, tiers"
)
FOREIGN = (
    "campaign `sales` shows the caller id +8215990101, which is not among `own_numbers`; showing a number that is not "
    "one's own is an offence in Korea (전기통신사업법 art. 84-2)"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "day.toml"


def load(path, *changes, text=DAY):
    path.write_text(text, encoding="utf-8")
    return load_config(path, changes)


def refusal(path, *changes, text=DAY):
    """What is said of a file, without its name."""
    with pytest.raises(ConfigError) as refused:
        load(path, *changes, text=text)
    return str(refused.value).replace(f"{path}: ", "").split("\n")


def changed(old, new):
    assert old in DAY
    return DAY.replace(old, new)


# What a file becomes.


def test_file_becomes_settings_with_the_defaults_of_what_it_leaves_open(path):
    config = load(path)
    (campaign,) = config.campaigns
    assert (config.title.en, config.zone.key, config.folder) == ("A day", "Asia/Seoul", path.parent)
    assert config.trunks[0].calls_per_s == 2.0
    assert campaign.limits == CallLimits(24.0, 2.0, "safe-harbor", 60.0)
    assert campaign.pacing.mode is PacingMode.PROGRESSIVE
    assert (config.journal, config.drain_s) == ("paceline.journal", 600.0)


def test_pacer_is_told_what_the_campaign_says(path):
    text = changed('rules = ["kr.telesales"]', 'rules = ["kr.telesales"]\nconnect_s = 1.5\nring_s = 18')
    pacer = load(path, "campaigns.sales.pacing.mode=predictive", text=text).campaigns[0].pacer
    assert (pacer.mode, pacer.connect_s, pacer.ring_s, pacer.machine_detection) == (
        PacingMode.PREDICTIVE,
        1.5,
        18.0,
        True,
    )


def test_same_settings_have_the_same_hash_however_they_are_written(path):
    first = load(path).config_hash
    assert load(path, text="# a note\n" + DAY.replace("lines = 10", "lines    = 10")).config_hash == first
    assert load(path, "trunks.seoul.lines=11").config_hash != first
    assert load(path, "trunks.seoul.lines=10").config_hash == first


# Files that cannot be read.


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "day.toml")
    assert str(refused.value) == f"{tmp_path / 'day.toml'}: cannot be read (No such file or directory); check the path"


def test_file_in_another_encoding_is_named_with_the_byte(path):
    path.write_bytes('title = "하루"'.encode("cp949"))
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value) == f"{path}: is not UTF-8 (byte 9); save it as UTF-8"


def test_file_that_is_not_toml_is_named_with_the_line(path):
    assert refusal(path, text="x = = 1") == ["Invalid value (at line 1, column 5)"]


# Values that cannot be meant.


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lines = 10", 'lines = "10"', "trunks[0].lines: is not a whole number: '10'"),
        ("lines = 10", "lines = 1.5", "trunks[0].lines: is not a whole number: 1.5"),
        ("lines = 10", "lines = true", "trunks[0].lines: is not a whole number: True"),
        ("calls_per_s = 2", 'calls_per_s = "2"', "trunks[0].calls_per_s: is not a number: '2'"),
        ('name = "seoul"', "name = 1", "trunks[0].name: is not a text: 1"),
        ('"telesales"', '"telesales"\nassume_clean = 1', "campaigns[0].assume_clean: is not true or false: 1"),
        ('["kr.telesales"]', '"kr.telesales"', "campaigns[0].rules: is not a list: 'kr.telesales'"),
        ('["+8215990101"]', '"+8215990101"', "own_numbers: is not a list: '+8215990101'"),
        ('["+8215990101"]', "[8215990101]", "own_numbers[0]: is not a text: 8215990101"),
        ('{ ko = "하루", en = "A day" }', '"A day"', "title: is not a table: 'A day'"),
        ("\n[[trunks]]", "simulation = 3\n[[trunks]]", "simulation: is not a table"),
        (
            '"telesales"',
            '"telesales"\npacing = { mode = "wild" }',
            "campaigns[0].pacing.mode: `wild` is not one of preview, progressive, predictive",
        ),
        (
            '"telesales"',
            '"telesales"\npacing = { windows = [{ name = "day", limit = 2.0 }] }',
            "campaigns[0].pacing.windows[0]: limit must lie between 0 and 1, not 2.0",
        ),
        (
            '"telesales"',
            '"telesales"\nring_s = 14.9',
            "campaigns[0]: ring_s is 14.9, and a call must ring at least 15 s before it is given up",
        ),
        (
            '"telesales"',
            '"telesales"\nconnect_s = 0',
            "campaigns[0]: connect_s must be a positive number of seconds, not 0.0",
        ),
        ('time_zone = "Asia/Seoul"', 'time_zone = "Seoul"', "`Seoul` is not a time zone; write one like Asia/Seoul"),
        ('purpose = "telesales"\n', "", "campaigns[0].purpose: `purpose` is missing"),
        ('["+8215990101"]', '["+8215990102"]', FOREIGN),
    ],
)
def test_value_that_cannot_be_meant_is_refused_with_its_place(path, old, new, message):
    assert refusal(path, text=changed(old, new)) == [message]


def test_ringing_of_fifteen_seconds_is_enough(path):
    assert load(path, "campaigns.sales.ring_s=15").campaigns[0].ring_s == 15.0


def test_unknown_key_is_refused_with_the_known_ones(path):
    text = changed("lines = 10", "lines = 10\ncolour = 1").replace('"telesales"', '"telesales"\nring = 20')
    assert refusal(path, text=text) == [
        "trunks[0]: unknown key `colour`; known here: calls_per_s, dialing, kind, lines, name, server, socket",
        f"campaigns[0]: unknown key `ring`; known here: {CAMPAIGN_KEYS}",
    ]


def test_several_faults_are_reported_together(path):
    text = changed("lines = 10", "lines = 1.5").replace('purpose = "telesales"', "purpose = 7\nring_s = '24'")
    assert refusal(path, text=text) == [
        "trunks[0].lines: is not a whole number: 1.5",
        "campaigns[0].purpose: is not a text: 7",
        "campaigns[0].ring_s: is not a number: '24'",
    ]


def test_empty_file_lacks_everything_that_has_no_default(path):
    assert refusal(path, text="") == [
        f"{name}: `{name}` is missing" for name in ("title", "time_zone", "own_numbers", "trunks", "campaigns")
    ]


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("[[trunks]]", "[[campaigns]]", "the trunk `seoul` stands there twice; give each its own name"),
        ("[[campaigns]]", None, "the campaign `sales` stands there twice; give each its own name"),
    ],
)
def test_two_of_one_name_are_refused(path, start, end, message):
    table = DAY[DAY.index(start) : DAY.index(end) if end else None]
    assert refusal(path, text=DAY + table) == [message]


# Changes on the command line.


@pytest.mark.parametrize(
    ("change", "read", "value"),
    [
        ("campaigns.sales.ring_s=30", lambda config: config.campaigns[0].ring_s, 30.0),
        ("campaigns.sales.pacing.mode=predictive", lambda config: config.campaigns[0].pacing.mode.value, "predictive"),
        ("campaigns.sales.pacing.mode = preview ", lambda config: config.campaigns[0].pacing.mode.value, "preview"),
        ('campaigns.sales.purpose="collection"', lambda config: config.campaigns[0].purpose, "collection"),
        ("campaigns.sales.assume_clean=true", lambda config: config.campaigns[0].assume_clean, True),
        ('campaigns.sales.tiers=["A", "B"]', lambda config: config.campaigns[0].tiers, ("A", "B")),
        ("trunks.seoul.lines=5", lambda config: config.trunks[0].lines, 5),
        ("simulation.seed=7", lambda config: config.simulation, {"seed": 7}),
    ],
)
def test_change_reaches_the_setting_it_names(path, change, read, value):
    assert read(load(path, change)) == value


def test_later_change_wins(path):
    assert load(path, "drain_s=5", "drain_s=7").drain_s == 7.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("drain_s", "--set drain_s: write key=value, like campaigns.telesales.pacing.mode=progressive"),
        ("=5", "--set =5: write key=value, like campaigns.telesales.pacing.mode=progressive"),
        ("campaigns.nope.ring_s=20", "--set campaigns.nope.ring_s: there is no `nope`; there are sales"),
        ("trunks.busan.lines=5", "--set trunks.busan.lines: there is no `busan`; there are seoul"),
        ("title.ko.x=3", "--set title.ko.x: there is no table `title.ko`"),
        ("title.ko.x.y=3", "--set title.ko.x.y: `x` is below a single value"),
        ("campaigns.sales=3", "--set campaigns.sales: there is no table `campaigns`"),
        ("drain_s=soon", "drain_s: is not a number: 'soon'"),
        ("campaigns=3", "campaigns: is not a list: 3"),
    ],
)
def test_change_that_cannot_be_made_is_refused(path, change, message):
    assert refusal(path, change) == [message]


def test_example_of_the_repository_loads():
    day = Path(__file__).parents[2] / "examples/bank_day/day.toml"
    config = load_config(day)
    assert [one.id for one in config.campaigns] == ["telesales", "early", "late"]
