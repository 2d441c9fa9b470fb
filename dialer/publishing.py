"""A day's table on the terminal, its figures as JSON, its page: from the journal and the configuration."""

import json
from pathlib import Path

from rich.console import Console

from dialer.app import compile_campaign_rules
from dialer.config import Config
from dialer.ports import JournalStore
from dialer.record_codec import decode_all
from dialer.report import CampaignContext, ReportContext, as_json, print_table, render_html, summarize

__all__ = ["publish"]


def publish(
    config: Config, store: JournalStore, json_path: Path | None, page: Path | None, language: str, console: Console
) -> None:
    """The day's table on the terminal, its figures as JSON, its page."""
    context = _context(config)
    figures = summarize(decode_all(store.read()), context)
    print_table(figures, context, language, console)
    if json_path is not None:
        json_path.write_text(json.dumps(as_json(figures, context), ensure_ascii=False, indent=2), encoding="utf-8")
    if page is not None:
        page.write_text(render_html(figures, context, language), encoding="utf-8")


def _context(config: Config) -> ReportContext:
    titles: dict[str, tuple[str, str]] = {}
    for campaign in config.campaigns:
        for rule in compile_campaign_rules(campaign, config).rules:
            titles[rule.rule_id] = (rule.title_ko, rule.title_en)
    return ReportContext(
        title_ko=config.title.ko,
        title_en=config.title.en,
        time_zone=config.time_zone,
        campaigns=tuple(
            CampaignContext(
                campaign_id=one.id,
                name_ko=one.name.ko,
                name_en=one.name.en,
                purpose=one.purpose,
                abandonment_limit=min((window.limit for window in one.pacing.windows), default=None),
                currency=one.list.currency,
            )
            for one in config.campaigns
        ),
        line_counts={one.name: one.lines for one in config.trunks},
        rule_titles=titles,
    )
