"""The documents name what the code has, and link to what exists."""

import re
from pathlib import Path

import attrs
import pytest

from adapters.simulated.settings import SimulationSettings
from dialer.attempt import TRANSITIONS
from dialer.config import CampaignSettings, Config, PacingConfig, TrunkConfig
from dialer.disposition import DISPOSITIONS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")])
_NOT_SET_BY_OPERATORS = {"folder", "config_hash"}


@pytest.mark.parametrize("cls", [Config, TrunkConfig, CampaignSettings, PacingConfig, SimulationSettings])
def test_every_setting_stands_in_the_configuration_page(cls: type) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    names = {field.name for field in attrs.fields(cls)} - _NOT_SET_BY_OPERATORS
    missing = [
        name for name in names if f"`{name}`" not in page and f"[{name}]" not in page and f"{name}]]" not in page
    ]
    assert not missing


def test_every_disposition_and_state_stands_in_the_engine_page() -> None:
    page = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    for disposition, traits in DISPOSITIONS.items():
        assert f"| `{disposition.value}` | {traits.ledger_outcome} | {traits.retry_outcome} |" in page
    for state, events in TRANSITIONS.items():
        for event, after in events.items():
            assert re.search(rf"\| `{state.value}` \|.*`{after.value}` on {event.value}", page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    broken = [one for one in targets if "://" not in one and not (page.parent / one).exists()]
    assert not broken
