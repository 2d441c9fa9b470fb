"""A case as a `test` of the language, so that an author can keep it in the file."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from collections_rules.boundary.cases import BoundaryCase
from collections_rules.facts import Facts, FactValue, clean_facts
from collections_rules.ledger import ContactEvent
from collections_rules.verdict import Verdict

__all__ = ["is_writable", "test_text"]


def test_text(title: str, asked: Sequence[tuple[BoundaryCase, Verdict]], home: str) -> str:
    """One test: what is given, what happened, and an `at` line for each moment with what the rules answer.

    All cases have the same facts and contacts. What is clean is left out.
    """
    case = asked[0][0]
    lines = [f'test "{title}"', *_given(case.facts, home), *_history(case.contacts, home)]
    lines += [f"  at       {_answer(one, verdict, home)}" for one, verdict in asked]
    return "\n".join(lines) + "\n"


test_text.__test__ = False  # type: ignore[attr-defined]  # not a test of pytest


def _given(facts: Facts, home: str) -> Iterator[str]:
    clean = clean_facts()
    items = [f"person zone {' zone '.join(sorted(facts.zones)) or 'unknown'}"]
    for name, value in facts.values.items():
        if clean.get(name) != value:
            items += _said(name, value, ZoneInfo(home))
    items += [f"{name} unknown" for name in sorted(set(clean) - set(facts.values))]
    yield "  given    " + "; ".join(items)


def _said(name: str, value: FactValue, zone: ZoneInfo) -> list[str]:
    if isinstance(value, bool):
        return [f"{name} {'yes' if value else 'no'}"]
    if isinstance(value, frozenset):
        return [f"{name} {_word(one)}" for one in sorted(value)]
    if isinstance(value, datetime):
        return [f"{name} {_moment(value, zone)}"]
    if isinstance(value, date):
        return [f"{name} {value.isoformat()}"]
    return [f"{name} {value:g}" if isinstance(value, int | float) else f"{name} {_word(value)}"]


def _word(text: str) -> str:
    return text if text.replace("_", "").replace("-", "").isalnum() and text.isascii() else f'"{text}"'


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def _history(contacts: Sequence[ContactEvent], home: str) -> Iterator[str]:
    zone, items = ZoneInfo(home), []
    for kind, group in _runs(contacts):
        times = sorted(event.at for event in group)
        days: dict[date, list[str]] = {}
        for at in times:
            clock = f"{at.astimezone(zone):%H:%M:%S}".removesuffix(":00")
            days.setdefault(at.astimezone(zone).date(), []).append(clock)
        items.append(f"{kind} " + ", ".join(f"{day} {' '.join(clocks)}" for day, clocks in days.items()))
    if items:
        yield "  history  " + "; ".join(items)


def _runs(contacts: Sequence[ContactEvent]) -> list[tuple[str, list[ContactEvent]]]:
    runs: dict[str, list[ContactEvent]] = {}
    for event in contacts:
        runs.setdefault(_kind(event), []).append(event)
    return list(runs.items())


def _kind(event: ContactEvent) -> str:
    words = [event.outcome] if event.channel == "call" else [event.channel, event.outcome]
    usual = {"direction": "outbound", "content": "demand", "callee_role": "debtor"}
    own = [getattr(event, name) for name, clean in usual.items() if getattr(event, name) not in ("", clean)]
    return " ".join([*words, *own])


def _answer(case: BoundaryCase, verdict: Verdict, home: str) -> str:
    zone = ZoneInfo(home)
    ring = f" ringing {case.facts.ring_s:g} seconds" if case.facts.ring_s else ""
    asked = f"{_moment(case.facts.at, zone)}{ring}"
    if verdict.is_allowed:
        return f"{asked}  may call"
    by = ", ".join(finding.rule_id for finding in verdict.denials)
    following = verdict.next_eligible_at
    return f"{asked}  blocked by {by}  next {_moment(following, zone) if following else 'none'}"


def is_writable(case: BoundaryCase, home: str) -> bool:
    """Whether a test can say these times: not in the hour that comes twice when the clocks go back."""
    zone = ZoneInfo(home)
    moments = [case.facts.at, *(event.at for event in case.contacts)]
    moments += [value for value in case.facts.values.values() if isinstance(value, datetime)]
    return all(at.astimezone(zone).fold == 0 and (at + timedelta(hours=1)).astimezone(zone).fold == 0 for at in moments)
