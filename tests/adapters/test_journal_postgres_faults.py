"""What can happen between a process and its database: cuts at every answer, a server that goes away and comes back."""

from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import trio

from adapters.journal_postgres import SCHEMA_VERSION, PostgresJournal
from dialer.chain import first_fault
from dialer.ports import StoreError
from tests.adapters.cutting_proxy import cutting_proxy

pytestmark = pytest.mark.slow


@pytest.fixture
def proxy(postgres_url):
    folder = parse_qs(urlsplit(postgres_url).query)["host"][0]
    with cutting_proxy(f"{folder}/.s.PGSQL.5432") as made:
        yield made


@pytest.fixture
def cut_store(proxy, postgres_url):
    """A store behind the proxy."""
    folder = parse_qs(urlsplit(postgres_url).query)["host"][0]
    url = postgres_url.replace(f"host={folder}", f"host=127.0.0.1&port={proxy.port}&sslmode=disable")
    store = PostgresJournal(url, name="cut", patience_s=3.0)
    yield store
    store.close()


@pytest.fixture
def other_store(postgres_url):
    store = PostgresJournal(postgres_url, name="other")
    yield store
    store.close()


class CutAt:
    """Stands in for a connection and cuts the line in the middle of its n-th exchange with the server."""

    def __init__(self, proxy, count):
        self.proxy, self.left = proxy, count

    def before_answer(self):
        self.left -= 1
        if self.left == 0:
            self.proxy.cut_answers = True


@pytest.mark.parametrize("exchange", range(1, 9))
async def test_append_whose_answer_was_lost_is_there_once(cut_store, other_store, proxy, exchange, monkeypatch):
    """Cut at each exchange in turn; at the last of them the append is committed and only its word is lost."""
    await cut_store.append([b"one"])
    await other_store.append([b"other"])
    cutter = CutAt(proxy, exchange)
    execute = psycopg.Connection.execute

    def counted(connection, *arguments, **settings):
        if connection is cut_store._db:
            cutter.before_answer()
        return execute(connection, *arguments, **settings)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)
    leave = psycopg.Transaction.__exit__

    def counted_leave(transaction, *problem):
        if transaction._conn is cut_store._db:
            cutter.before_answer()
        return leave(transaction, *problem)

    monkeypatch.setattr(psycopg.Transaction, "__exit__", counted_leave)
    told = await cut_store.append([b"two", b"three"])
    monkeypatch.undo()
    assert told == [b"other"]
    assert list(other_store.read()) == [b"one", b"other", b"two", b"three"]
    assert first_fault(other_store.links(), other_store.head()) is None
    assert await cut_store.append([b"four"]) == []


async def test_database_that_comes_back_in_time_is_waited_for(cut_store, proxy):
    proxy.is_shut = True
    proxy.cut()
    done = []

    async def write():
        done.append(await cut_store.append([b"one"]))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        await trio.sleep(0.5)
        assert done == []
        proxy.is_shut = False
    assert done == [[]]
    assert list(cut_store.read()) == [b"one"]


async def test_database_that_stays_away_stops_everything_with_the_address_and_without_the_password(proxy, postgres_url):
    folder = parse_qs(urlsplit(postgres_url).query)["host"][0]
    url = postgres_url.replace("paceline@", "paceline:secret@").replace(
        f"host={folder}", f"host=127.0.0.1&port={proxy.port}&sslmode=disable"
    )
    store = PostgresJournal(url, patience_s=0.3)
    proxy.is_shut = True
    proxy.cut()
    with pytest.raises(StoreError) as refused:
        await store.append([b"one"])
    assert str(refused.value).startswith("postgresql://paceline@")
    assert "the database has been gone for 0 s" in str(refused.value)
    assert "secret" not in str(refused.value)
    store.close()


async def test_news_are_heard_again_after_the_line_was_cut(cut_store, other_store, proxy):
    await cut_store.append([])
    heard = trio.Event()

    async def listen():
        await cut_store.wait_news()
        heard.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await trio.sleep(0.2)
        proxy.cut()
        await other_store.append([b"other"])
        with trio.fail_after(10):
            await heard.wait()
    assert await cut_store.append([]) == [b"other"]


def test_server_that_is_not_there_is_refused_with_the_remedy():
    with pytest.raises(StoreError, match=r"cannot be used as a journal \(.*\); check address, server and rights"):
        PostgresJournal("postgresql://nobody@/nothing?host=/nowhere")


def test_journal_of_a_newer_program_is_refused(postgres_url):
    PostgresJournal(postgres_url).close()
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("UPDATE journal_version SET version = version + 1")
    with pytest.raises(StoreError, match=f"has schema {SCHEMA_VERSION + 1}, this program writes {SCHEMA_VERSION}"):
        PostgresJournal(postgres_url)


def test_altered_record_is_named(postgres_url):
    store = PostgresJournal(postgres_url)
    store.append_nowait([b"one", b"two", b"three"])
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("UPDATE record SET line = 'TWO' WHERE seq = 2")
    with pytest.raises(StoreError, match="record 2 is not what was written"):
        list(store.read())
    assert str(first_fault(store.links(), store.head())).startswith("record 2 is altered")
    store.close()


def test_commits_wait_for_the_disk_whatever_the_servers_default(postgres_url):
    with psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("ALTER ROLE paceline SET synchronous_commit = off")
    try:
        store = PostgresJournal(postgres_url)
        assert store._db.execute("SHOW synchronous_commit").fetchone() == ("on",)
        store.close()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as db:
            db.execute("ALTER ROLE paceline RESET synchronous_commit")


async def test_erased_person_is_forgotten_by_every_process(postgres_url, other_store):
    store = PostgresJournal(postgres_url)
    line = b'["fact",{"at":"2026-11-24T00:00:00Z","person_id":"kim","account_id":"c/kim","name":"x","value":"y"}]'
    await store.append([line])
    assert await other_store.append([]) == [line]
    (token,) = store.erase(["kim"])
    await store.append([b'["erased",{"at":"2026-11-24T00:00:00Z","person":"%s"}]' % token.encode()])
    await other_store.append([line])
    erased, _, again = list(other_store.read())
    assert erased == b'["erased",{"at":"2026-11-24T00:00:00Z","person":"%s"}]' % token.encode()
    assert again == line
    assert store.known_tokens() == other_store.known_tokens()
    assert token not in store.known_tokens()
    store.close()
