"""`paceline rules explain` and `next-allowed`: one account, one case, or one decision of a journal."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter

from collections_rules import Explanation, compile_rules, explain_call, render_explanation
from collections_rules.case import read_case
from dialer.app import new_state
from dialer.commands.rules.accounts import ask_about, held_accounts, parse_day, parse_moment
from dialer.commands.rules.sources import console, read_sources, read_text, with_used
from dialer.commands.stores import open_journal
from dialer.commands.terminal import Changes, fail
from dialer.config import load_config
from dialer.rule_decisions import explain_account, find_decision, repeat

__all__ = ["explain", "next_allowed"]

Source = Annotated[Path, Parameter(help="A configuration (.toml), or cases (.jsonl).")]
What = Annotated[str, Parameter(help="The account's id, or the case's line from 1.")]
At = Annotated[str, Parameter(help="The instant of the call, e.g. '2026-04-11 11:00'.")]
Journal = Annotated[str, Parameter(help="The journal: contacts, statements and the rules in force come from it.")]
AsOf = Annotated[str, Parameter(help="Judge by the law of this date, whatever the instant.")]
KnownAt = Annotated[str, Parameter(help="Leave out what was recorded after this moment; else that of the call.")]
Campaign = Annotated[str, Parameter(help="The campaign; else the first that has the account.")]
Number = Annotated[str, Parameter(help="The id of the number; else the one that may be called the soonest.")]
Files = Annotated[bool, Parameter(name="--files", help="By the rule files as they are, not by those in the journal.")]


def explain(
    source: Source,
    what: What = "",
    *,
    at: At = "",
    journal: Journal = "",
    decision: Annotated[str, Parameter(help="Repeat this decision of the journal: its id, #line, or attempt.")] = "",
    stage: Annotated[str, Parameter(help="Of an attempt: pick, origination or answer.")] = "pick",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    campaign: Campaign = "",
    number: Number = "",
    from_files: Files = False,
    language: Annotated[str, Parameter(help="ko or en.")] = "en",
    all_: Annotated[bool, Parameter(name="--all", help="Show every gate, not only those that matter.")] = False,
    json_: Annotated[bool, Parameter(name="--json", help="Print the explanation as JSON.")] = False,
    set_: Changes = (),
) -> None:
    """Say why a call may be placed, or why not and when: every blocker, its release, its source."""
    if decision:
        _repeat(source, decision, stage, journal, language, all_, json_, set_)
        return
    if source.suffix == ".toml":
        told, zone = _of_account(source, what, at, journal, as_of, known_at, campaign, number, from_files, set_)
    else:
        told, zone = _of_case(source, what or "1", as_of, known_at)
    _print(told, language, zone, all_, json_)


def next_allowed(
    source: Source,
    what: What,
    *,
    at: At = "",
    journal: Journal = "",
    as_of: AsOf = "",
    known_at: KnownAt = "",
    campaign: Campaign = "",
    number: Number = "",
    from_files: Files = False,
    set_: Changes = (),
) -> None:
    """Print when one account may be called next, and by which rule: now, a moment, or never."""
    if source.suffix == ".toml":
        told, zone = _of_account(source, what, at, journal, as_of, known_at, campaign, number, from_files, set_)
    else:
        told, zone = _of_case(source, what, as_of, known_at)
    if told.is_allowed:
        console.print("now")
        return
    by = told.decider.finding.rule_id if told.decider else ", ".join(one.finding.rule_id for one in told.closed)
    clock = ZoneInfo(zone)
    console.print(f"{told.next_at.astimezone(clock):%Y-%m-%d %H:%M:%S %Z}  {by}" if told.next_at else f"never  {by}")


def _of_account(
    path: Path, account_id: str, at: str, journal: str, as_of: str, known_at: str, campaign: str, number: str,
    from_files: bool, set_: tuple[str, ...],
) -> tuple[Explanation, str]:  # fmt: skip
    if not account_id or not at:
        fail("name the account and the instant: paceline rules explain CONFIG ACCOUNT --at '2026-04-11 11:00'")
    config = load_config(path, set_)
    instant = parse_moment(at, config)
    known = parse_moment(known_at, config) if known_at else instant
    asked = ask_about(
        path, account_id, set_, journal=journal, known_at=known, campaign=campaign, from_files=from_files
    )  # fmt: skip
    told = explain_account(
        asked.gate, asked.account, instant, asked.ring_s, number_id=number,
        as_of=parse_day(as_of) if as_of else None, known_at=known,
    )  # fmt: skip
    return told, config.time_zone


def _of_case(path: Path, line: str, as_of: str, known_at: str) -> tuple[Explanation, str]:
    lines = read_text(path).splitlines()
    if not line.isdecimal() or not 1 <= int(line) <= len(lines):
        fail(f"{path}: has no line `{line}`; there are {len(lines)}")
    try:
        case = json.loads(lines[int(line) - 1])
        book = compile_rules(with_used(list(read_sources(case.get("packs", ())))))
        given: dict[str, Any] = {"as_of": as_of, "known_at": known_at}
        read = read_case({**case, "packs": book, **{name: value for name, value in given.items() if value}})
    except (ValueError, AttributeError, TypeError) as error:
        fail(f"{path}:{line}: {error}")
    told = explain_call(book, read.facts, read.ledger, as_of=read.as_of, known_at=read.known_at)
    zone = min(read.facts.zones, default="UTC")
    return told, zone


def _repeat(
    path: Path, wanted: str, stage: str, journal: str, language: str, all_: bool, json_: bool, set_: tuple[str, ...]
) -> None:
    config = load_config(path, set_)
    address, folder = (journal, Path()) if journal else (config.journal, config.folder)
    store = open_journal(address, folder, must_exist=True)
    found = find_decision(store.read, wanted, lambda: new_state(config), stage)
    again = repeat(found, config, held_accounts(config))
    _print(again.explanation, language, config.time_zone, all_, json_)
    place = f"record {found.number:,}"
    if again.is_identical:
        console.print(f"Repeated: the line of {place} is the same, byte for byte ({len(found.line)} bytes).")
        return
    console.print(f"NOT repeated: the line of {place} would be another today.")
    for difference in again.differences:
        console.print(f"  {difference}")
    sys.exit(1)


def _print(told: Explanation, language: str, zone: str, all_: bool, json_: bool) -> None:
    if json_:
        print(json.dumps(told.as_data(), ensure_ascii=False, indent=2))
    else:
        console.print(render_explanation(told, language, zone=zone, show_all=all_))
