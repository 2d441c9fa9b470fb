"""`paceline rules as-of`: the rules in force on a date."""

from datetime import date

from collections_rules import compile_rules
from dialer.commands.rules.accounts import parse_day
from dialer.commands.rules.sources import Files, console, read_sources, with_used

__all__ = ["as_of"]


def as_of(day: str, *files: Files) -> None:
    """List the rules in force on a date, and what is absent: when it starts, or when it ended."""
    asked = parse_day(day)
    book = compile_rules(with_used(list(read_sources(files))))
    in_force = {info.rule_id for info in book.as_of(asked)}
    for info in book.rules:
        if info.rule_id in in_force:
            off = "" if info.is_enforced else "  off: citation not verified"
            console.print(f"  {info.rule_id}  {info.title_en or info.title_ko}  {info.layer} {info.cite}{off}")
    absent = [rule for rule in book.all_rules if rule.info.rule_id not in in_force]
    for rule in absent:
        starts, ended = rule.first_day, rule.last_day
        console.print(f"- {rule.info.rule_id}  is absent: {_why(asked, starts, ended)}")
    console.print(f"{len(in_force)} rules in force on {asked}, {len(absent)} absent")


def _why(asked: date, starts: date | None, ended: date | None) -> str:
    if starts is not None and asked < starts:
        return f"starts {starts}"
    return f"ended, last day {ended}" if ended is not None and asked > ended else "no clause of it is in force"
