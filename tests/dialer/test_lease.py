"""A process dials only while its lease is certainly good, and begins only when nothing of an earlier owner is open."""

import pytest
import trio

from dialer.lease import LeaseKeeper
from dialer.ports import LeaseLostError, StoreError


class FakeLeases:
    """Hands out what it is told to, slowly if asked."""

    ttl_s = 5.0

    def __init__(self):
        self.free = {"c"}
        self.takes_s = 0.0
        self.fault = None
        self.released = False

    async def take(self, wanted):
        await trio.sleep(self.takes_s)
        if self.fault is not None:
            raise self.fault
        return frozenset(self.free & set(wanted))

    async def release(self):
        self.released = True


@pytest.fixture
def leases():
    return FakeLeases()


@pytest.fixture
def prepared():
    return []


@pytest.fixture
def keeper(leases, prepared):
    async def prepare(taken):
        await trio.sleep(0.3)
        prepared.append(taken)

    return LeaseKeeper(leases, frozenset({"c", "d"}), prepare)


async def test_campaign_is_ready_once_it_is_ours_and_prepared(autojump_clock, keeper, leases, prepared, nursery):
    began_mono = trio.current_time()
    nursery.start_soon(keeper.run)
    await keeper.wait_ready("c")
    assert trio.current_time() - began_mono == pytest.approx(0.3)
    assert prepared == [{"c"}]
    assert keeper.may_dial("c")
    assert not keeper.may_dial("d")
    leases.free = {"c", "d"}
    await keeper.wait_ready("d")
    assert trio.current_time() - began_mono <= 0.3 + 0.5 + 0.3
    assert keeper.held == {"c", "d"}


async def test_dialing_stops_before_the_lease_can_have_run_out_when_it_is_not_renewed(
    autojump_clock, keeper, leases, nursery
):
    nursery.start_soon(keeper.run)
    await keeper.wait_ready("c")
    await trio.sleep(0.5)
    leases.fault = StoreError("the database is gone")
    renewed_mono = trio.current_time()
    await trio.sleep(3.9 - 0.5)
    assert keeper.may_dial("c")
    await trio.sleep(0.8)
    assert not keeper.may_dial("c")
    assert trio.current_time() - renewed_mono < 5.0


async def test_renewal_counts_from_when_it_was_asked_for(autojump_clock, keeper, leases, nursery):
    leases.takes_s = 3.0
    nursery.start_soon(keeper.run)
    await trio.sleep(3.1)
    assert keeper.may_dial("c")
    await trio.sleep(1.0)
    assert not keeper.may_dial("c")


async def test_database_that_is_back_in_time_changes_nothing(autojump_clock, keeper, leases, nursery):
    nursery.start_soon(keeper.run)
    await keeper.wait_ready("c")
    leases.fault = StoreError("the database is gone")
    await trio.sleep(10)
    leases.fault = None
    await trio.sleep(1)
    assert keeper.may_dial("c")


async def test_loss_of_a_lease_ends_everything(autojump_clock, keeper, leases):
    with pytest.RaisesGroup(LeaseLostError, flatten_subgroups=True):
        async with trio.open_nursery() as running:
            running.start_soon(keeper.run)
            await keeper.wait_ready("c")
            leases.fault = LeaseLostError("another has taken over")
            await trio.sleep(60)
    assert not keeper.may_dial("c")


async def test_what_is_given_back_is_not_dialed_any_more(autojump_clock, keeper, leases, nursery):
    nursery.start_soon(keeper.run)
    await keeper.wait_ready("c")
    await keeper.give_back()
    assert leases.released
    assert not keeper.may_dial("c")


async def test_faster_clock_holds_a_lease_as_long_in_real_time(leases, nursery, autojump_clock):
    async def prepare(taken):
        pass

    keeper = LeaseKeeper(leases, frozenset({"c"}), prepare, speed=60.0)
    nursery.start_soon(keeper.run)
    await trio.sleep(1)
    leases.fault = StoreError("the database is gone")
    await trio.sleep(3.9 * 60 - 1)
    assert keeper.may_dial("c")
    await trio.sleep(60)
    assert not keeper.may_dial("c")
