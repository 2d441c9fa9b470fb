"""`paceline rules diff`: what a new edition of the rules changes, in words and on the whole portfolio."""

import json
from pathlib import Path
from typing import Annotated, Any

from attrs import asdict
from cyclopts import Parameter

from collections_rules import PackSource, compile_rules
from collections_rules.diff import BookDiff, diff_books
from collections_rules.diff_portfolio import PortfolioDiff, diff_portfolio
from dialer.commands.rules.portfolio import (
    Accounts,
    CampaignId,
    JournalPath,
    Loaded,
    campaign_of,
    instant,
    load_portfolios,
)
from dialer.commands.rules.sources import console, read_sources, with_used
from dialer.commands.terminal import Changes, fail
from dialer.config import load_config

__all__ = ["diff", "edition"]

_GUARDED = ("law", "order", "contract")


def diff(
    old: str,
    new: str,
    *,
    portfolio: Annotated[Path | None, Parameter(help="A configuration: whom the change touches, on its list.")] = None,
    at: Annotated[str, Parameter(help="From when the days are counted, on the configuration's clock.")] = "",
    campaign: CampaignId = "",
    days: int = 7,
    journal: JournalPath = "",
    accounts: Accounts = None,
    json_: Annotated[bool, Parameter(name="--json", negative=())] = False,
    set_: Changes = (),
) -> None:
    """Say what changes from one edition of the rules to another, and with `--portfolio` for whom.

    OLD and NEW are each a rule file, a folder, a built-in pack, or several joined by commas.
    """
    before, after = edition(old), edition(new)
    changes = diff_books(before, after)
    found = loaded = None
    if portfolio is not None:
        if not at:
            fail("--at is missing: from when are the days counted? write a time like 2026-04-14T09:00")
        config = load_config(portfolio, set_)
        books = compile_rules(before), compile_rules(after)
        settings = campaign_of(config, campaign)
        loaded = load_portfolios(config, settings, books, instant(at, config), journal, accounts)
        found = diff_portfolio(books[0], loaded.portfolios[0], books[1], loaded.portfolios[1], days)
    if json_:
        console.print(json.dumps(_as_data(changes, found, loaded), ensure_ascii=False))
    else:
        console.print("\n".join([*_change_lines(changes), *_account_lines(found, loaded)]))


def edition(names: str) -> list[PackSource]:
    """The sources of one edition, behind the built-in packs they use."""
    return with_used(list(read_sources(name.strip() for name in names.split(","))))


def _as_data(changes: BookDiff, found: PortfolioDiff | None, loaded: Loaded | None) -> dict[str, Any]:
    data: dict[str, Any] = {"changes": [asdict(change) for change in changes.changes]}
    if found is not None and loaded is not None:
        ids = loaded.account_ids
        shown = asdict(found)
        for group in shown["groups"]:
            group["examples"] = [ids[row] for row in group["examples"]]
        for name in ("newly_allowed_rows", "never_rows"):
            shown[name.replace("rows", "examples")] = [ids[row] for row in shown.pop(name)]
        data["portfolio"] = shown
    return data


def _change_lines(found: BookDiff) -> list[str]:
    lines = []
    for change in found.changes:
        effect = "" if change.effect == "same" else f", {change.effect}"
        said = "; ".join(change.details) or "its words alone"
        lines.append(f"{change.mark} {change.rule_id}: {said}  ({change.layer}{effect})")
    if not lines:
        return ["no rule changes"]
    guarded = found.of_layers(*_GUARDED, "header")
    return [*lines, f"{len(guarded)} of these are law, order, contract or a header" if guarded else
            "no law, order or contract rule changes"]  # fmt: skip


def _account_lines(found: PortfolioDiff | None, loaded: Loaded | None) -> list[str]:
    if found is None or loaded is None:
        return []
    ids = loaded.account_ids

    def named(rows: tuple[int, ...]) -> str:
        return ", ".join(ids[row] for row in rows)

    lines = ["", f"{'who changes':24} {'accounts':>10} {'of':>10} {'callable hours':>15}  examples"]
    lines += [
        f"{group.group:24} {group.changed:>10,} {group.accounts:>10,} {group.hours_change:>+14.1%}   "
        f"{named(group.examples)}"
        for group in found.groups
    ]
    lines.append(f"unchanged {found.unchanged:,} of {found.size:,}, from second to second of {found.days} days")
    first = f"  ({named(found.newly_allowed_rows)})" if found.newly_allowed else ""
    lines.append(f"newly allowed {found.newly_allowed:,}{first}")
    never = f"  ({named(found.never_rows)})" if found.newly_never else ""
    lines.append(
        f"no longer callable in these days {found.newly_shut:,}; of them never again {found.newly_never:,}{never}"
    )
    return lines
