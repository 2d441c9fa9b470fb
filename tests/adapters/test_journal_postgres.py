"""The journal in PostgreSQL: the contract of every journal, and what several processes on one store need."""

import psycopg
import pytest
import trio

from adapters.journal_postgres import PostgresJournal, PostgresLeases
from dialer.chain import first_fault
from dialer.ports import JournalStore, LeaseLostError
from dialer.record_codec import encode
from tests.contracts.journal_contract import JournalContract
from tests.strategies import a_journal


class InDatabase:
    def __init__(self, url: str) -> None:
        self.url = url
        self.opened = [PostgresJournal(url)]
        self.store: JournalStore = self.opened[0]

    def reopen(self) -> JournalStore:
        self.store.close()
        self.opened.append(PostgresJournal(self.url))
        return self.opened[-1]

    def break_next_append(self) -> list[bytes]:
        return [b"two", None, b"three"]  # type: ignore[list-item]

    def close(self) -> None:
        for one in self.opened:
            one.close()


@pytest.fixture
def journal(postgres_url):
    in_database = InDatabase(postgres_url)
    yield in_database
    in_database.close()


@pytest.fixture
def stores(postgres_url):
    """Opens stores on one journal, as processes of one operator would."""
    opened = []

    def another(name, url=postgres_url, **settings):
        opened.append(PostgresJournal(url, name=name, **settings))
        return opened[-1]

    yield another
    for one in opened:
        one.close()


@pytest.mark.slow
class TestPostgresJournalKeepsTheContract(JournalContract):
    pass


@pytest.fixture
def lease(postgres_url):
    """The leases of a store."""
    opened = []

    def of(store, **settings):
        opened.append(PostgresLeases(store, postgres_url, **settings))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


# Several processes.


@pytest.mark.slow
async def test_each_process_is_told_once_what_the_other_wrote_before_it(stores):
    seoul, busan = stores("seoul"), stores("busan")
    assert await seoul.append([b"s1"]) == []
    assert await busan.append([b"b1", b"b2"]) == [b"s1"]
    assert await busan.append([b"b3"]) == []
    assert await seoul.append([b"s2"]) == [b"b1", b"b2", b"b3"]
    assert await busan.append([]) == [b"s2"]
    assert list(stores("reader").read()) == [b"s1", b"b1", b"b2", b"b3", b"s2"]
    assert first_fault(seoul.links(), seoul.head()) is None


@pytest.mark.slow
async def test_what_was_read_at_the_start_is_not_told_again(stores):
    seoul, busan = stores("seoul"), stores("busan")
    await seoul.append([b"s1"])
    assert list(busan.read()) == [b"s1"]
    await seoul.append([b"s2"])
    assert await busan.append([]) == [b"s2"]
    list(busan.read())  # a look at the past, with the state live already
    await seoul.append([b"s3"])
    list(busan.read())
    assert await busan.append([]) == [b"s3"]


@pytest.mark.slow
async def test_appends_of_many_tasks_and_processes_make_one_chain(stores):
    processes = [stores(name) for name in ("seoul", "busan", "daegu")]
    told = {store.name: [] for store in processes}

    async def write(store, count):
        for index in range(count):
            told[store.name] += await store.append([f"{store.name} {index}".encode()] * 3)

    async with trio.open_nursery() as nursery:
        for store in processes:
            nursery.start_soon(write, store, 15)
    for store in processes:
        told[store.name] += await store.append([])
    lines = list(processes[0].read())
    assert len(lines) == 3 * 15 * 3
    assert first_fault(processes[0].links(), processes[0].head()) is None
    for store in processes:
        assert told[store.name] == [line for line in lines if not line.startswith(store.name.encode())]


@pytest.mark.slow
async def test_people_have_one_key_whoever_writes_about_them_first(stores):
    seoul, busan = stores("seoul"), stores("busan")
    lines = [encode(one) for one in a_journal(40, seed=1)]
    await seoul.append(lines)
    await busan.append(lines)
    assert list(seoul.read()) == lines * 2
    assert b"person-" not in b"".join(one.line for one in seoul.links())


@pytest.mark.slow
async def test_news_wake_the_other_process_and_not_the_one_that_wrote(stores):
    seoul, busan = stores("seoul"), stores("busan")
    await seoul.append([])
    await busan.append([])
    heard, news = [], trio.Event()

    async def listen(store):
        await store.wait_news()
        heard.append(store.name)
        news.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen, seoul)
        nursery.start_soon(listen, busan)
        with trio.fail_after(5):
            await seoul.append([b"s1"])
            await news.wait()
        await trio.sleep(0.05)
        nursery.cancel_scope.cancel()
    assert heard == ["busan"]


# Leases.


def end_of_lease(url, campaign_id):
    """As if its holder had not renewed it for too long."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("UPDATE lease SET expires_at = now() - interval '1 second' WHERE campaign_id = %s", (campaign_id,))


@pytest.mark.slow
async def test_campaign_has_one_owner_until_its_lease_runs_out(stores, lease, postgres_url):
    seoul = lease(stores("seoul"))
    busan = lease(stores("busan"))
    assert await seoul.take({"c", "d"}) == {"c", "d"}
    assert await busan.take({"c", "d"}) == frozenset()
    end_of_lease(postgres_url, "c")
    assert await busan.take({"c", "d"}) == {"c"}
    await seoul.release()
    assert await busan.take({"c", "d"}) == {"c", "d"}


@pytest.mark.slow
async def test_owner_that_was_late_but_not_replaced_goes_on(stores, lease, postgres_url):
    store = stores("seoul")
    seoul = lease(store)
    await seoul.take({"c"})
    end_of_lease(postgres_url, "c")
    assert await seoul.take({"c"}) == {"c"}
    await store.append([b"s1"])


@pytest.mark.slow
async def test_process_that_lost_its_lease_cannot_write_one_more_record(stores, lease, postgres_url):
    old, new = stores("old"), stores("new")
    leases, successor = lease(old), lease(new)
    await leases.take({"c"})
    await old.append([b"before"])
    end_of_lease(postgres_url, "c")
    await successor.take({"c"})
    with pytest.raises(LeaseLostError, match=r"this process no longer owns `c`; another has taken over, and nothing"):
        await old.append([b"after"])
    with pytest.raises(LeaseLostError, match="another has taken over while it did not renew its lease"):
        await leases.take({"c"})
    assert await new.append([b"new"]) == [b"before"]
    assert list(new.read()) == [b"before", b"new"]


@pytest.mark.slow
async def test_nobody_claims_an_attempt_of_a_campaign_without_its_lease(stores, lease, postgres_url):
    store = stores("seoul")
    leases = lease(store)
    await leases.take({"d"})
    with pytest.raises(LeaseLostError, match="no longer owns `c`"):
        await store.append([b'["claimed",{"campaign_id":"c","person_id":"p"}]'])
    await store.append([b'["claimed",{"campaign_id":"d","person_id":"p"}]'])


@pytest.mark.slow
async def test_process_stopped_in_the_middle_of_an_append_blocks_nobody(stores, lease, postgres_url):
    old, new = stores("old"), stores("new")
    leases, successor = lease(old), lease(new)
    await leases.take({"c"})
    old._db.execute("BEGIN")
    old._db.execute("SELECT seq FROM head FOR UPDATE")  # and there it stops
    end_of_lease(postgres_url, "c")
    with trio.fail_after(5):
        assert await successor.take({"c"}) == {"c"}
        await new.append([b"new"])
    with pytest.raises(LeaseLostError):
        await old.append([b"after"])
    assert list(new.read()) == [b"new"]
