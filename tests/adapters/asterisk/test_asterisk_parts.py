"""The parts that need no switch: greetings judged, numbers written, settings checked, causes told apart."""

import pytest

from adapters.asterisk.settings import AsteriskSettings, ServerSettings
from adapters.switches.detection import DetectionSettings, GreetingJudge
from adapters.switches.numbers import number_writer
from adapters.switches.outcomes import outcome_of
from adapters.switches.secret import SettingsError, read_secret
from dialer.disposition import NetworkOutcome
from dialer.ports import Greeting, PeerError
from dialer.records import AnsweredBy

SETTINGS = DetectionSettings(silence_s=0.6, person_s=1.8, first_word_s=2.0)


def test_short_words_and_a_silence_are_a_person_whose_greeting_ended_before_the_silence():
    judge = GreetingJudge(SETTINGS, 100.0)
    judge.talk_began(100.2)
    judge.talk_paused(101.4, 0.6)
    assert judge.verdict == Greeting(AnsweredBy.HUMAN, pytest.approx(100.8))


def test_who_talks_on_is_a_machine_as_soon_as_no_person_would():
    judge = GreetingJudge(SETTINGS, 100.0)
    judge.talk_began(100.5)
    assert judge.due_mono == pytest.approx(102.9)
    assert judge.verdict is None
    assert judge.decide(102.9).answered_by is AnsweredBy.MACHINE


def test_long_words_are_a_machine_even_when_they_end():
    judge = GreetingJudge(SETTINGS, 100.0)
    judge.talk_began(100.1)
    judge.talk_paused(103.0, 2.3)
    assert judge.verdict is not None
    assert judge.verdict.answered_by is AnsweredBy.MACHINE


def test_silence_is_unknown_and_counts_from_the_verdict():
    judge = GreetingJudge(SETTINGS, 100.0)
    assert judge.due_mono == pytest.approx(102.0)
    assert judge.decide(102.0) == Greeting(AnsweredBy.UNKNOWN, 102.0)


def test_nobody_is_taken_for_a_machine_for_what_was_not_heard():
    judge = GreetingJudge(SETTINGS, 100.0)
    judge.talk_began(100.2)
    judge.lose_track()
    assert judge.decide(102.6).answered_by is AnsweredBy.UNKNOWN


@pytest.mark.parametrize(
    ("number_format", "region", "prefix", "e164", "written"),
    [
        ("e164", "", "", "+82212345678", "+82212345678"),
        ("digits", "", "", "+82212345678", "82212345678"),
        ("digits", "", "9", "+82212345678", "982212345678"),
        ("national", "KR", "", "+821012345678", "01012345678"),
        ("national", "KR", "", "+82212345678", "0212345678"),
        ("national", "KR", "", "+12025550123", "12025550123"),
        ("national", "US", "", "+12025550123", "2025550123"),
        ("national", "IT", "", "+390612345678", "0612345678"),
    ],
)
def test_numbers_are_written_as_the_carrier_wants_them(number_format, region, prefix, e164, written):
    assert number_writer(number_format, region, prefix)(e164) == written


def test_what_is_no_number_is_not_dialed():
    with pytest.raises(PeerError):
        number_writer("e164")("12345")


@pytest.mark.parametrize(
    ("cause", "sip", "outcome"),
    [
        (17, 486, NetworkOutcome.BUSY),
        (1, 404, NetworkOutcome.INVALID_NUMBER),
        (34, 503, NetworkOutcome.CONGESTED),
        (21, 603, NetworkOutcome.REJECTED),
        (19, 480, NetworkOutcome.NO_ANSWER),
        (19, None, NetworkOutcome.NO_ANSWER),
        (17, None, NetworkOutcome.BUSY),
        (0, None, NetworkOutcome.CONGESTED),
        (34, 608, NetworkOutcome.REJECTED),
    ],
)
def test_causes_are_told_apart(cause, sip, outcome):
    assert outcome_of(cause, sip) is outcome


def test_secret_is_never_in_the_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("PBX_SECRET", "s3cret")
    url = "http://127.0.0.1:8088/ari"
    assert read_secret(ServerSettings(url=url, secret_env="PBX_SECRET"), tmp_path) == "s3cret"
    (tmp_path / "pbx.secret").write_text("other\n")
    assert read_secret(ServerSettings(url=url, secret_file="pbx.secret"), tmp_path) == "other"
    with pytest.raises(ValueError, match="secret_env"):
        ServerSettings(url=url)
    with pytest.raises(ValueError, match="without user"):
        ServerSettings(url="http://me:pass@127.0.0.1/ari", secret_env="X")
    with pytest.raises(SettingsError, match="empty"):
        read_secret(ServerSettings(url=url, secret_env="PBX_NOT_SET"), tmp_path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secret(ServerSettings(url=url, secret_file="nowhere"), tmp_path)


def test_endpoint_needs_a_place_for_the_number():
    with pytest.raises(ValueError, match="number goes"):
        AsteriskSettings(endpoint="PJSIP/trunk")
    with pytest.raises(ValueError, match="region"):
        AsteriskSettings(number_format="national")
