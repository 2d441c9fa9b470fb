"""`paceline journal`: proving a journal, showing a person's history, erasing them."""

import csv
from datetime import UTC, datetime, timedelta

import apsw
import polars
import pytest

from adapters.journal_sqlite import SqliteJournal
from dialer.__main__ import app
from dialer.config import ConfigError
from dialer.disposition import Disposition
from dialer.record_codec import decode_all, encode
from dialer.records import Claimed, Disposed, Erased, FactStated, Originated

OLD = datetime(2015, 11, 24, 1, tzinfo=UTC)


def about(person, at, attempt, claims=("claim-1",)):
    """One attempt on a person, and what they stated."""
    names = (attempt, "c", f"c/{person}", person, claims, f"number-{person}", "t", "02", "hash", "progressive")
    return [
        Claimed(at, *names),
        Originated(at, attempt, "c"),
        FactStated(at, "c", person, f"c/{person}", "person.hardship", "medical", attempt),
        Disposed(at, attempt, "c", f"c/{person}", Disposition.RIGHT_PARTY, ends="done", person_id=person),
    ]


@pytest.fixture
def journal(tmp_path):
    """Kim was called twice, long ago and lately; Zoltan long ago."""
    path = tmp_path / "day.journal"
    lately = datetime.now(UTC) - timedelta(days=3)
    records = [
        *about("kim", OLD, "c-1"),
        *about("zoltan", OLD, "c-2"),
        *about("kim", lately, "c-3", ("claim-2",)),
    ]
    store = SqliteJournal(path)
    store.append_nowait([encode(one) for one in records])
    store.close()
    return path


def paceline(*arguments):
    app([str(one) for one in arguments], result_action="return_value")


def failing(*arguments):
    with pytest.raises((SystemExit, ConfigError)) as ended:
        paceline(*arguments)
    return ended.value


def lines(path):
    store = SqliteJournal(path)
    found = list(store.read())
    store.close()
    return found


def forge(path, statement, *values):
    with apsw.Connection(str(path)) as db:
        db.execute(statement, values)
    db.close()


# Proof.


def test_journal_as_it_was_written_verifies(journal, capsys):
    paceline("journal", "verify", journal)
    assert "12 records, each as it was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("forgery", "said"),
    [
        ("UPDATE record SET line = x'00' WHERE seq = 5", "record 5 is altered"),
        ("DELETE FROM record WHERE seq = 5", "record 5 is missing"),
        ("DELETE FROM person WHERE person_id = 'zoltan'", "record 5 is unreadable: the key of its person is missing"),
    ],
)
def test_first_forged_record_is_named(journal, capsys, forgery, said):
    forge(journal, forgery)
    assert failing("journal", "verify", journal).code == 1
    assert said in capsys.readouterr().out


def test_anchors_find_a_journal_that_was_linked_anew(journal, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paceline("journal", "keygen", "mine")
    paceline("journal", "anchor", journal, "--key", "mine.key")
    agree = ("journal", "verify", journal, "--anchors", "anchors.jsonl", "--key", "mine.pub")
    paceline(*agree)
    assert "agrees with 1 signed anchors" in capsys.readouterr().out
    journal_id = SqliteJournal(journal).journal_id
    changed = [line.replace(b"medical", b"wedding") for line in lines(journal)]
    journal.unlink()
    forged = SqliteJournal(journal)
    forged.append_nowait(changed)
    forged._db.execute("UPDATE head SET journal_id = ?", (journal_id,))
    forged.close()
    paceline("journal", "verify", journal)  # the chain alone has nothing to say
    assert failing(*agree).code == 1
    assert "record 12 is replaced: it or one before it is not what was signed at" in capsys.readouterr().out


def test_anchors_find_a_lost_end(journal, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paceline("journal", "keygen")
    paceline("journal", "anchor", journal)
    forge(journal, "DELETE FROM record WHERE seq = 12")
    forge(journal, "UPDATE head SET seq = 11, digest = (SELECT digest FROM record WHERE seq = 11)")
    assert failing("journal", "verify", journal, "--anchors", "anchors.jsonl", "--key", "anchor.pub").code == 1
    assert "record 12 is cut off: it was there and signed at" in capsys.readouterr().out


def test_anchor_of_another_key_or_an_altered_one_is_refused(journal, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paceline("journal", "keygen", "mine")
    paceline("journal", "keygen", "other")
    paceline("journal", "anchor", journal, "--key", "mine.key")
    check = ("journal", "verify", journal, "--anchors", "anchors.jsonl", "--key")
    assert "anchor 1 was not signed with this key" in str(failing(*check, "other.pub"))
    anchors = tmp_path / "anchors.jsonl"
    anchors.write_bytes(anchors.read_bytes().replace(b'"number":12', b'"number":11'))
    assert "anchor 1 was not signed with this key, or was altered" in str(failing(*check, "mine.pub"))
    assert "exists already" in str(failing("journal", "keygen", "mine"))


# People.


@pytest.mark.parametrize(("language", "word"), [("en", "attempt begins"), ("ko", "시도 시작")])
def test_history_of_a_person_is_shown_in_both_languages(journal, capsys, language, word, monkeypatch):
    monkeypatch.setattr("dialer.commands.journal_people.console.width", 200)
    paceline("journal", "show", journal, "--person", "kim", "--language", language)
    said = capsys.readouterr().out
    assert said.count(word) == 2
    assert "2015-11-24 10:00:00" in said
    assert "c-2" not in said


def test_history_about_one_claim_leaves_the_others_out(journal, capsys, monkeypatch):
    monkeypatch.setattr("dialer.commands.journal_people.console.width", 200)
    paceline("journal", "show", journal, "--person", "kim", "--claim", "claim-2")
    said = capsys.readouterr().out
    assert "c-3" in said
    assert "c-1" not in said
    assert "knows nothing of this person" in str(failing("journal", "show", journal, "--person", "park"))


def test_export_has_every_record_about_people(journal, tmp_path):
    paceline("journal", "export", journal, tmp_path / "all.csv")
    paceline("journal", "export", journal, tmp_path / "kim.parquet", "--person", "kim")
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert (rows[0]["at"], rows[0]["person_id"]) == ("2015-11-24T01:00:00.000Z", "kim")
    table = polars.read_parquet(tmp_path / "kim.parquet")
    assert table["number"].to_list() == [1, 2, 3, 4, 9, 10, 11, 12]


def test_erased_person_is_gone_and_the_chain_stays_valid(journal, capsys):
    paceline("journal", "erase", journal, "--person", "zoltan", "--reason", "request 17")
    paceline("journal", "verify", journal)
    assert "13 records, each as it was written" in capsys.readouterr().out
    for file in journal.parent.glob("day.journal*"):
        content = file.read_bytes()
        assert b"zoltan" not in content
        assert b"medical" not in content
    records = list(decode_all(lines(journal)))
    assert isinstance(records[-1], Erased)
    assert records[-1].reason == "request 17"
    assert [one.attempt_id for one in records if isinstance(one, Claimed)] == ["c-1", "c-2", "c-3"]
    assert "knows nothing" in str(failing("journal", "show", journal, "--person", "zoltan"))


def test_nobody_is_erased_while_records_must_be_kept(journal):
    erase = ("journal", "erase", journal, "--person", "kim", "--reason", "request 18")
    assert "kim: records of calls must be kept for 10 years, here until" in str(failing(*erase))
    paceline(*erase, "--despite-duty")
    assert not any(b'"kim"' in line for line in lines(journal))


def test_retention_erases_those_whose_last_record_is_too_old(journal, capsys):
    paceline("journal", "retain", journal, "--dry-run")
    assert "1 persons are due" in capsys.readouterr().out
    assert any(b'"zoltan"' in line for line in lines(journal))
    paceline("journal", "retain", journal)
    assert "1 persons erased" in capsys.readouterr().out
    assert not any(b'"zoltan"' in line for line in lines(journal))
    assert any(b'"kim"' in line for line in lines(journal))
    paceline("journal", "retain", journal)
    assert "0 persons erased" in capsys.readouterr().out
    paceline("journal", "verify", journal)
