"""A talk on a phone beside the page: held, muted, recorded, handed on by keyboard; heard by a supervisor."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import define, field
from playwright.sync_api import Page, expect

from adapters.simulated.fates import Conversation, SpokenLeg
from adapters.web.roles import Role
from dialer.disposition import Disposition, HungUpBy
from dialer.ports import AgentReport, CallCard, Leg, PeerError
from tests.adapters.web.browser import PICTURES, needs_browser, on_page, sign_in
from tests.adapters.web.site import Site
from tests.adapters.web.test_web_accessibility import violations

pytestmark = [pytest.mark.slow, needs_browser]


# Nobody hangs up before the test has seen what it came for.
PATIENT = Conversation(1e6, HungUpBy.PERSON, 0.0, AgentReport(Disposition.RIGHT_PARTY))


@define(eq=False)
class FakeTalk:
    """Does what it is told and remembers it."""

    abilities: frozenset[str] = frozenset({"hold", "mute", "record"})
    on: frozenset[str] = frozenset()
    targets: tuple[str, ...] = ("legal", "vip")
    done: list[str] = field(factory=list)

    async def wait_over(self) -> None:
        await trio.sleep_forever()

    async def turn(self, ability: str, *, is_on: bool) -> None:
        self.on = self.on | {ability} if is_on else self.on - {ability}
        self.done.append(f"{ability} {is_on}")

    async def transfer(self, target: str) -> None:
        if target == "legal":
            raise PeerError("nobody answered the transfer")
        self.done.append(target)


@define(eq=False)
class FakeStations:
    """Phones that a test answers. Held to the same protocol as those on Asterisk, which a lab tests."""

    needs_phone: bool = True
    can_oversee: bool = True
    talk: FakeTalk = field(factory=FakeTalk)
    ready: set[str] = field(factory=set)
    seated: dict[str, Callable[[], None]] = field(factory=dict)
    heard: dict[str, tuple[str, str]] = field(factory=dict)

    async def run(self) -> None:
        await trio.sleep_forever()

    def sit(self, agent_id: str, phone: str, on_change: Callable[[], None]) -> None:
        if phone != "1001":
            raise PeerError(f"`{phone}` is none of the phones listed for pages")
        self.seated[agent_id] = on_change

    def leave(self, agent_id: str) -> None:
        self.seated.pop(agent_id, None)

    def is_ready(self, agent_id: str) -> bool:
        return agent_id in self.ready

    def answer(self, agent_id: str) -> None:
        self.ready.add(agent_id)
        self.seated[agent_id]()

    def drop(self, agent_id: str) -> None:
        self.ready.discard(agent_id)
        self.seated[agent_id]()

    @asynccontextmanager
    async def connect(self, leg: Leg, card: CallCard, agent_id: str) -> AsyncIterator[FakeTalk]:
        async with trio.open_nursery() as nursery:
            if isinstance(leg, SpokenLeg):
                nursery.start_soon(leg.talk, PATIENT)
            yield self.talk
            nursery.cancel_scope.cancel()

    async def oversee(self, supervisor: str, agent_id: str, phone: str, how: str) -> None:
        self.heard[supervisor] = (agent_id, how)

    def end_oversight(self, supervisor: str) -> None:
        self.heard.pop(supervisor, None)

    def overseen_by(self, supervisor: str) -> tuple[str, str] | None:
        return self.heard.get(supervisor)


def test_a_talk_on_the_phone_is_led_by_keyboard_and_heard_by_a_supervisor_with_a_reason(tmp_path):
    stations = FakeStations()

    async def prepare(site: Site) -> None:
        await site.add_user("mina", Role.AGENT, Role.SUPERVISOR)

    def sit_down(page: Page, site: Site) -> None:
        sign_in(page, site.url, "mina", "/desk")
        page.get_by_label("Phone").fill("0900123")
        page.keyboard.press("Enter")
        expect(page.locator("#log-in-fault")).to_contain_text("none of the phones")
        page.get_by_label("Phone").fill("1001")
        page.keyboard.press("Enter")
        expect(page.locator("#phone-waiting")).to_contain_text("Calling the phone 1001")
        assert site.console.agent_row("mina") is None
        trio.from_thread.run_sync(stations.answer, "mina")
        expect(page.locator("#phase")).to_have_text("Talking", timeout=60_000)

    def test(page: Page, site: Site) -> None:
        sit_down(page, site)
        page.keyboard.press("o")
        expect(page.get_by_role("button", name="Take back")).to_have_attribute("aria-pressed", "true")
        assert violations(page) == []
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / "desk-on-hold.png", full_page=True)
        page.keyboard.press("o")
        expect(page.get_by_role("button", name="Hold")).to_have_attribute("aria-pressed", "false")
        page.keyboard.press("m")
        expect(page.get_by_role("button", name="Unmute")).to_be_visible()
        floor = page.context.new_page()
        floor.goto(f"{site.url}/supervisor")
        floor.get_by_role("button", name="Hear the talk: mina").click()
        floor.locator("#oversee").get_by_label("Phone").fill("1002")
        floor.get_by_role("button", name="Begin").click()
        expect(floor.locator("#oversee-fault")).not_to_be_empty()  # no reason, no listening
        floor.locator("#oversee").get_by_label("Reason").fill("first day")
        assert violations(floor) == []
        floor.get_by_role("button", name="Begin").click()
        expect(floor.locator("#overseeing")).to_contain_text("mina · Listen")
        floor.get_by_role("button", name="End", exact=True).click()
        expect(floor.locator("#overseeing")).to_be_hidden()
        page.bring_to_front()
        page.keyboard.press("t")
        page.get_by_role("button", name="Hand on").press("Enter")
        expect(page.locator("#fault")).to_contain_text("nobody answered")
        page.locator("#hand-on-to").select_option("vip")
        page.get_by_role("button", name="Hand on").press("Enter")
        expect(page.locator("#phase")).to_have_text("Wrap-up")
        expect(page.locator("#talk-controls")).to_be_hidden()
        assert stations.talk.done == ["hold True", "hold False", "mute True", "vip"]

    on_page(tmp_path, prepare, test, stations=stations, speed=10.0)


def test_an_agent_whose_phone_is_lost_is_on_a_break_until_it_is_back(tmp_path):
    stations = FakeStations()

    async def prepare(site: Site) -> None:
        await site.add_user("mina", Role.AGENT)
        site.console.pause("sales", "test", "no calls")

    def test(page: Page, site: Site) -> None:
        sign_in(page, site.url, "mina", "/desk")
        page.get_by_label("Phone").fill("1001")
        page.keyboard.press("Enter")
        expect(page.locator("#phone-waiting")).to_be_visible()
        trio.from_thread.run_sync(stations.answer, "mina")
        expect(page.locator("#state")).to_have_text("Ready")
        trio.from_thread.run_sync(stations.drop, "mina")
        expect(page.locator("#state")).to_have_text("On a break")
        trio.from_thread.run_sync(stations.answer, "mina")
        expect(page.locator("#state")).to_have_text("Ready")
        page.locator("#log-out").press("Enter")
        expect(page.locator("#log-in")).to_be_visible()

    on_page(tmp_path, prepare, test, stations=stations)
