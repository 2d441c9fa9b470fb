"""Small but odd days: lists, floors, lines and clocks that no demo would show."""

from datetime import datetime, time

from hypothesis import strategies as st

from dialer.model import Account, Claim, NumberKind, Person, PhoneNumber
from pacing import PacingMode
from tests.days.plans import Agent, CampaignPlan, DayPlan, Ending, House, PastAttempt, Shift, TrunkPlan

__all__ = ["days"]

# Each with hours in which something happens: a window opens or closes, a clock is put forward or back.
_CLOCKS = (
    ("Asia/Seoul", "2026-11-24T08:40", time(9), time(20)),
    ("Asia/Seoul", "2026-11-24T18:50", time(9), time(20)),
    ("America/New_York", "2026-03-08T01:00", time(1, 30), time(4)),
    ("America/New_York", "2026-11-01T00:20", time(0, 30), time(1, 50)),
    ("Europe/London", "2026-03-29T00:15", time(0, 30), time(3)),
    ("Europe/London", "2026-10-25T00:15", time(0), time(23)),
)
_FAR_ZONES = ("America/Los_Angeles", "Asia/Tokyo", "Europe/London")
_ALL_DAY = (time(0), time(23, 59))


@st.composite
def _an_account(draw: st.DrawFn, campaign_id: str, index: int, purpose: str) -> Account:
    # A small pool of people, so that some stand on the list twice, or on both lists.
    person_index = draw(st.one_of(st.just(index), st.integers(0, 12)))
    is_far = draw(st.integers(0, 9)) == 0
    zones = (draw(st.sampled_from(_FAR_ZONES)),) if is_far else ()
    count = draw(st.sampled_from((1, 1, 1, 2, 3, 0)))
    kinds = (NumberKind.MOBILE, NumberKind.HOME, NumberKind.WORK)
    numbers = tuple(
        PhoneNumber(
            f"n{person_index}-{n}",
            f"+8210{person_index:05d}{n:03d}",
            kinds[n],
            (draw(st.sampled_from(_FAR_ZONES)),) if is_far and n == 1 else (),
        )
        for n in range(count)
    )
    claim_count = draw(st.integers(0, 2)) if purpose == "telesales" else draw(st.integers(1, 3))
    claims = tuple(Claim(f"c{person_index}-{n}", 100_000 + n, "KRW", 10 * n) for n in range(claim_count))
    facts = draw(st.sampled_from(({}, {}, {}, {"person.opted_out": False}, {"person.opted_out": True})))
    tier = draw(st.sampled_from(("", "A", "B")))
    person = Person(f"p{person_index}", zones, value_tier=tier)
    return Account(f"{campaign_id}:{index}", person, numbers, claims, facts)


@st.composite
def _a_campaign(draw: st.DrawFn, campaign_id: str) -> CampaignPlan:
    purpose = draw(st.sampled_from(("telesales", "collection")))
    size = draw(st.sampled_from((0, 1, 30, 150, 400, 400)))
    few = [draw(_an_account(campaign_id, index, purpose)) for index in range(min(size, 25))]
    # The rest repeats them with new ids: drawing each would cost more than dialing them.
    accounts = few + [_renamed(few[index % 25], campaign_id, index) for index in range(len(few), size)]
    return CampaignPlan(
        id=campaign_id,
        mode=draw(st.sampled_from(tuple(PacingMode))),
        accounts=tuple(accounts),
        purpose=purpose,
        ring_s=draw(st.sampled_from((15.0, 20.0, 33.5))),
        is_clean_assumed=draw(st.sampled_from((True, True, True, False))),
    )


def _renamed(one: Account, campaign_id: str, index: int) -> Account:
    person = Person(f"p{index}", one.person.zones, value_tier=one.person.value_tier)
    numbers = tuple(
        PhoneNumber(f"n{index}-{n}", f"+8210{index:05d}{n:03d}", number.kind, number.zones)
        for n, number in enumerate(one.numbers)
    )
    claims = tuple(
        Claim(f"c{index}-{n}", claim.balance_minor, claim.currency, claim.days_past_due)
        for n, claim in enumerate(one.claims)
    )
    return Account(f"{campaign_id}:{index}", person, numbers, claims, one.facts)


@st.composite
def _an_agent(draw: st.DrawFn, index: int, campaigns: tuple[str, ...], minutes: float) -> Agent:
    some = draw(st.sets(st.sampled_from(campaigns), min_size=1))
    works = tuple(one for one in campaigns if one in some)
    shifts = [Shift(draw(st.floats(0, minutes / 4)), "log_in", works)]
    at = shifts[0].minute
    for what in draw(st.lists(st.sampled_from(("break", "leave")), max_size=3)):
        at += draw(st.floats(3, minutes / 3))
        shifts.append(Shift(at, "start_break" if what == "break" else "log_out"))
        at += draw(st.floats(0.2, 15))
        # Whoever comes back may work for somebody else.
        back = works if draw(st.booleans()) else (draw(st.sampled_from(campaigns)),)
        shifts.append(Shift(at, "end_break" if what == "break" else "log_in", back))
    return Agent(f"agent-{index:02d}", tuple(shifts))


@st.composite
def _some_trunks(draw: st.DrawFn, minutes: float) -> tuple[TrunkPlan, ...]:
    outage = st.tuples(st.floats(0, minutes), st.sampled_from((0.3, 4.0, 15.0)))
    return tuple(
        TrunkPlan(
            name,
            draw(st.sampled_from((1, 3, 20, 100))),
            draw(st.sampled_from((0.2, 1.0, 1.5, 8.0))),
            tuple(draw(st.lists(outage, max_size=2))),
        )
        for name in ("east", "west")[: draw(st.integers(1, 2))]
    )


@st.composite
def days(draw: st.DrawFn) -> DayPlan:
    """Any day."""
    zone, start, opens, closes = draw(st.sampled_from(_CLOCKS))
    if draw(st.booleans()):
        opens, closes = _ALL_DAY
    minutes = draw(st.sampled_from((60.0, 100.0, 150.0)))
    names = ("sales", "early", "late")[: draw(st.integers(1, 3))]
    campaigns = tuple(draw(_a_campaign(name)) for name in names)
    few = draw(st.integers(1, 8))
    agents = [draw(_an_agent(index, names, minutes)) for index in range(few)]
    crowd = draw(st.sampled_from((0, 0, 12, 42)))
    agents += [Agent(f"crowd-{n:02d}", (Shift(0.1 * n, "log_in", names[: 1 + n % len(names)]),)) for n in range(crowd)]
    house = House(
        opens,
        closes,
        per_day=draw(st.sampled_from((1, 2, 5))),
        per_168_hours=draw(st.sampled_from((2, 6))),
        has_sequence=draw(st.sampled_from((True, True, True, False))),
    )
    return DayPlan(
        zone=zone,
        start=datetime.fromisoformat(start),
        house=house,
        campaigns=campaigns,
        agents=tuple(agents),
        trunks=draw(_some_trunks(minutes)),
        ending=_ending(draw, minutes),
        past=_past(draw, campaigns, minutes),
        seed=draw(st.integers(1, 10_000)),
        store_s=draw(st.sampled_from((0.0, 0.0, 0.02, 3.0))),
    )


def _ending(draw: st.DrawFn, minutes: float) -> Ending:
    drain = draw(st.floats(minutes / 2, minutes))
    stop = draw(st.sampled_from((None, drain + 0.1, drain + 1.0, drain / 2)))
    return Ending(drain, stop, drain_s=draw(st.sampled_from((20.0, 120.0, 600.0))))


def _past(draw: st.DrawFn, campaigns: tuple[CampaignPlan, ...], minutes: float) -> tuple[PastAttempt, ...]:
    past = []
    for campaign in campaigns:
        callable_ = [one for one in campaign.accounts[:25] if one.numbers]
        for account in callable_[: draw(st.integers(0, 8))]:
            # Seven days ago, to the minutes of today: these leave the window while we dial.
            ages = st.integers(168 * 3600 - 60 * int(minutes), 168 * 3600 + 60)
            past.extend(PastAttempt(campaign.id, account, age) for age in draw(st.lists(ages, max_size=4)))
    return tuple(past)
