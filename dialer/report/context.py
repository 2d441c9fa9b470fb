"""What a report knows beyond the journal: names, limits and sizes. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from attrs import field, frozen

__all__ = ["CampaignContext", "ReportContext", "RuleTitle", "named"]

RuleTitle = tuple[str, str]
"""A rule's title in Korean and in English."""

_NO_TITLES: Mapping[str, RuleTitle] = MappingProxyType({})
_NO_LINES: Mapping[str, int] = MappingProxyType({})


def named(language: str, ko: str, en: str) -> str:
    """The name in `language`, or the other one where it has none."""
    first, second = (ko, en) if language == "ko" else (en, ko)
    return first or second


@frozen(kw_only=True)
class CampaignContext:
    """A campaign as its settings name it. `abandonment_limit` is a share, None where none is set."""

    campaign_id: str
    name_ko: str = ""
    name_en: str = ""
    purpose: str = ""
    abandonment_limit: float | None = None
    account_count: int = 0
    currency: str = "KRW"

    def name(self, language: str) -> str:
        """The campaign's name, or its id where it has no name."""
        return named(language, self.name_ko, self.name_en) or self.campaign_id


@frozen(kw_only=True)
class ReportContext:
    """Titles, the zone whose hours are shown, the campaigns in the order to show, the lines of each trunk.

    `occupancy_target` is the share agents should be busy, drawn as a mark; None draws none.
    """

    title_ko: str = ""
    title_en: str = ""
    time_zone: str = "Asia/Seoul"
    campaigns: tuple[CampaignContext, ...] = ()
    line_counts: Mapping[str, int] = _NO_LINES
    rule_titles: Mapping[str, RuleTitle] = field(default=_NO_TITLES)
    occupancy_target: float | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose hours the report shows."""
        return ZoneInfo(self.time_zone)

    def title(self, language: str) -> str:
        """The report's title; empty where none is set."""
        return named(language, self.title_ko, self.title_en)

    def rule_title(self, rule_id: str, language: str) -> str:
        """What a rule is called; its id where no title is known."""
        return named(language, *self.rule_titles.get(rule_id, ("", ""))) or rule_id
