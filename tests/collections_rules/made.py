"""What the tests of the rules are made of: facts, contacts, packs with one rule."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from collections_rules import (
    ContactEvent,
    ContactLedger,
    Facts,
    FactValue,
    PackSource,
    RuleBook,
    Verdict,
    builtin_pack,
    clean_facts,
    compile_rules,
)

SEOUL = ZoneInfo("Asia/Seoul")
BANK_RULES = Path(__file__).parents[2] / "examples" / "bank_day" / "rules"


def bank_pack(name: str) -> PackSource:
    path = BANK_RULES / f"{name}.rules"
    return PackSource(path.name, path.read_text(encoding="utf-8"))


def bank_book() -> RuleBook:
    return compile_rules([builtin_pack("kr.collections"), bank_pack("collections-policy")])


def at(text: str, zone: str = "Asia/Seoul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def facts(
    when: datetime, *zones: str, ring_s: float = 0.0, claims: tuple[str, ...] = ("D1",), **values: FactValue | None
) -> Facts:
    """Clean facts; `person_deceased=True` sets `person.deceased`, None makes it unknown."""
    known = dict(clean_facts())
    for name, value in values.items():
        key = name.replace("__", ".")
        known.pop(key, None)
        if value is not None:
            known[key] = value
    return Facts(when, known, frozenset(zones or ("Asia/Seoul",)), "P1", claims, "N1", "C1", ring_s)


def event(event_id: str, when: datetime, outcome: str = "talk", channel: str = "call", **more: object) -> ContactEvent:
    base: dict[str, object] = {
        "event_id": event_id, "at": when, "channel": channel, "direction": "outbound", "person_id": "P1",
        "claim_ids": ("D1",), "number_id": "N1", "campaign_id": "C1", "collector": "own", "outcome": outcome,
    }  # fmt: skip
    return ContactEvent(**{**base, **more})  # type: ignore[arg-type]


def ledger(*events: ContactEvent) -> ContactLedger:
    made = ContactLedger()
    for one in events:
        made.reserve(one)
    return made


def hourly(first: datetime, count: int, outcome: str = "talk", every_h: float = 24.0) -> list[ContactEvent]:
    return [event(f"e{n}", first + timedelta(hours=every_h * n), outcome) for n in range(count)]


def pack(*clauses: str, header: str = "clock Asia/Seoul", layer: str = "policy", name: str = "t.one") -> PackSource:
    """A pack with one rule `t.a` of these clauses; the header may have several lines."""
    lines = [f"pack {name} 1.0", *(f"  {line}" for line in header.splitlines()), 'rule t.a "가" "A"', f"  {layer} §1"]
    return PackSource("made.rules", "\n".join([*lines, *(f"  {clause}" for clause in clauses)]) + "\n")


def book(*clauses: str, header: str = "clock Asia/Seoul", layer: str = "policy") -> RuleBook:
    return compile_rules([pack(*clauses, header=header, layer=layer)])


def ask(rules: RuleBook, asked: Facts, contacts: ContactLedger | None = None) -> Verdict:
    return rules.evaluate(asked, contacts if contacts is not None else ContactLedger())


def local(verdict: Verdict, zone: str = "Asia/Seoul") -> str:
    """The next allowed moment on a wall clock; `never` when only a changed fact opens."""
    if verdict.next_eligible_at is None:
        return "never"
    return verdict.next_eligible_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
