"""Portfolios made of a few accounts in every sort of trouble, and books with every sort of gate."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from collections_rules import ContactLedger, Facts, builtin_pack, clean_facts, compile_rules
from collections_rules.facts import FACT_TABLE, FactKind
from tests.collections_rules.made import at, bank_book, book, event

BOOKS = {
    "bank": bank_book(),
    "telesales": compile_rules([builtin_pack("kr.telesales")]),
    "zones": book(
        "open Mon-Fri 08:00-12:00, 13:00-21:00; Sat 10:00-14:00",
        "wait 3 days after debt.start_notice",
        "stop at person.excluded_hours",
        "stop when person.purchase newer than 40 days and not person.deceased",
        "from 2026-03-20 stop when debt.dpd is between 5 and 29 or any evidence is FL",
        "until 2026-03-15 stop when person.hardship is not none",
        "until person.deferral_end; else 3 months after person.hardship_confirmed",
        "applies lead.received newer than 30 hours or collector.kind is agency or debt.kind is consumer",
        "except call.asked_for_now or person.refused_channels has call",
        header="clock every evidence; also person.stated_zone",
    ),
    "caps": book(
        "at most 2 attempts in any 7 days per household",
        "at most 3 calls a month per person",
        "from 2026-03-01 wait 1 day after talk per debt when debt.dpd is at least 5",
        "except person.purchase newer than 30 days",
        header="clock Asia/Seoul and every evidence",
    ),
    "stale": book("fresh dnc_list 31 days", "wait until promise.due when promise.state is open"),
}
ZONES = ["Asia/Seoul", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "Europe/London"]
WHENS = [
    "2026-03-08 01:59:30", "2026-03-07 23:00:00", "2026-11-01 01:30:00", "2026-04-14 11:59:59", "2026-12-31 20:59:00",
    "2028-02-29 07:59:59", "2026-10-04 02:00:00",
]  # fmt: skip
CHANGING = [
    "person.attorney", "person.deceased", "person.hardship", "debt.adjustment", "collector.kind", "call.asked_for_now",
    "promise.state", "debt.dpd", "person.excluded_hours", "person.refused_channels", "debt.kind", "product.kind",
    "person.ad_consent", "number.on_dnc", "person.refused_products", "debt.origin", "callee.role", "call.purpose",
]  # fmt: skip
DAYS = ["person.purchase", "debt.start_notice", "promise.due", "person.hardship_confirmed", "person.deferral_end",
        "dnc_list", "person.ad_consent_confirmed", "debt.outsourcing_notice"]  # fmt: skip


def value_of(name: str) -> st.SearchStrategy[Any]:
    spec = FACT_TABLE[name]
    if spec.kind is FactKind.FLAG:
        return st.sampled_from([True, False, None])
    if spec.kind is FactKind.NUMBER:
        return st.sampled_from([0, 4, 5, 29, 30, 200, None])
    if spec.kind is FactKind.HOURS:
        return st.sampled_from([frozenset(), frozenset({"Mon-Fri 09:00-14:00"}), frozenset({"Sun 00:00-24:00"})])
    if spec.kind is FactKind.SET:
        return st.sampled_from([frozenset(), frozenset({spec.words[0]}), None])
    return st.sampled_from([*spec.words, None])


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Facts], ContactLedger]:
    when = at(draw(st.sampled_from(WHENS)), draw(st.sampled_from(ZONES)))
    ring_s = draw(st.sampled_from([0.0, 24.0]))
    ledger, made = ContactLedger(), []
    for n in range(draw(st.integers(1, 4))):
        values = dict(clean_facts())
        if draw(st.booleans()):
            values["call.purpose"] = "sales"
            values["product.kind"] = "loan"
        for name in draw(st.lists(st.sampled_from(CHANGING), max_size=3)):
            values[name] = draw(value_of(name))
        for name in draw(st.lists(st.sampled_from(DAYS), max_size=4)):
            values[name] = when.date() + timedelta(days=draw(st.integers(-95, 20)))
        if draw(st.booleans()):
            values["lead.received"] = when - timedelta(hours=draw(st.integers(0, 40)))
        if draw(st.booleans()):
            values["evidence"] = draw(st.sampled_from([frozenset({"FL"}), frozenset()]))
        known = {name: value for name, value in values.items() if value is not None}
        zones = frozenset(draw(st.lists(st.sampled_from(ZONES), max_size=2)))
        made.append(Facts(when, known, zones, f"P{n}", (f"D{n}",), f"N{n}", "C1", ring_s))
        for k in range(draw(st.integers(0, 8))):
            then = when - timedelta(minutes=draw(st.integers(1, 9 * 24 * 60)))
            outcome = draw(st.sampled_from(["talk", "no_answer", "cut_off", "busy"]))
            ledger.reserve(event(f"{n}-{k}", then, outcome, person_id=f"P{n}", claim_ids=(f"D{n}",), number_id=f"N{n}"))
    return made, ledger
