"""What would allow a call sooner: facts that a supervisor may lawfully bring about, each tried out.

The list is short on purpose. What the person decided, what a court decided, what time
has not done yet and what the law counts cannot be changed by anybody who wants to call.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations

from attrs import evolve, frozen

from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.evaluate import RuleBook, RunningRule
from collections_rules.facts import FACT_TABLE, Facts, FactValue
from collections_rules.gates import FreshGate, Gate, StopAtGate, StopWhenGate
from collections_rules.ledger import ContactLedger
from collections_rules.verdict import Verdict
from collections_rules.waiting import WaitAfterFactGate, WaitUntilGate

__all__ = ["CHANGEABLE", "Change", "Remedy", "facts_read", "find_remedies"]

# More would not be read, and each pair costs an evaluation.
_MOST_TRIED = 6


@frozen
class Change:
    """A fact, what it would be, and what has to happen for that."""

    fact: str
    value: FactValue
    ko: str
    en: str


@frozen
class Remedy:
    """Changes that together would allow the call sooner, and when: None when it would be allowed at once."""

    changes: tuple[Change, ...]
    next_at: datetime | None


CHANGEABLE: Mapping[str, tuple[tuple[FactValue | None, ...], str, str]] = {
    "call.asked_for_now": ((True,), "본인이 지금 통화를 요청하면", "the person asks to be called now"),
    "call.answers_inbound": ((True,), "본인의 연락에 대한 응답이면", "it answers the person's own contact"),
    "call.dialing": (("agent_reserved", "manual"), "상담원이 직접 발신하면",
                     "an agent is held for it, or dials by hand"),
    "call.voice": (("live",), "상담원이 직접 말하면", "an agent speaks, no recording"),
    "call.content": (("debt_facts_only", "required_notice", "same_day_answer"),
                     "통화 내용이 이것뿐이면", "the call says no more than that"),
    "attorney.consented": ((True,), "대리인이 동의하면", "the lawyer agrees"),
    "consent.direct": ((None,), "본인이 직접 동의하면", "the person consents to it directly"),
    "person.consent": (("verbal", "written"), "본인이 동의하면", "the person consents"),
    "person.ad_consent": (("given",), "본인이 광고 수신에 동의하면", "the person consents to advertising"),
    "person.night_ad_consent": ((True,), "본인이 야간 수신에 동의하면", "the person consents to calls at night"),
    "person.ad_consent_confirmed": ((None,), "수신 동의를 다시 확인하면", "the consent is confirmed anew"),
    "person.automated_consent": (("given", "written"), "본인이 자동 발신에 동의하면", "the person consents to it"),
    "number.reassigned": (("kept",), "번호 재배정을 조회하여 그대로이면", "the database is asked and says so"),
    "dnc_list": ((None,), "두낫콜 명단을 새로 받으면", "a fresh list is loaded"),
    "debt.verification_sent": ((None,), "확인자료를 보내면", "verification is sent"),
    "debt.certificate": (("given",), "채무확인서를 교부하면", "the certificate is given"),
    "debt.documents": (("complete",), "원인서류를 갖추면", "the documents are found"),
    "debt.creditor_change": (("reported",), "채권자 변동을 신고하면", "the change is reported"),
    "debt.start_notice": ((None,), "착수통지가 도달하면", "the start notice reaches the person"),
    "debt.outsourcing_notice": ((None,), "위탁통지가 도달하면", "the outsourcing notice reaches the person"),
    "promise.state": (("kept",), "약속한 납부가 확인되면", "the promised payment has come in"),
    "work.allowed": ((True,), "직장 연락이 허용되면", "calls at work are allowed"),
}  # fmt: skip
"""By fact: the values that may be brought about (None: the date or moment of the call), and how."""


def find_remedies(book: RuleBook, facts: Facts, ledger: ContactLedger, verdict: Verdict) -> tuple[Remedy, ...]:
    """Single changes that bring the next moment forward; where there are none, pairs that do."""
    blockers = {finding.rule_id for finding in verdict.denials} | {verdict.deciding_rule_id}
    read = {name for rule in book.running if rule.info.rule_id in blockers for name in facts_read(rule)}
    changes = [change for name in sorted(read) for change in _changes(name, facts)]
    found = list(_sooner(book, facts, ledger, verdict, [(change,) for change in changes]))
    if not found and len(verdict.denials) > 1:
        pairs = [(a, b) for a, b in combinations(changes[:_MOST_TRIED], 2) if a.fact != b.fact]
        found = list(_sooner(book, facts, ledger, verdict, pairs))
    found.sort(key=lambda remedy: remedy.next_at.timestamp() if remedy.next_at else 0.0)
    return tuple(found)


def _changes(name: str, facts: Facts) -> Iterator[Change]:
    spec, now = FACT_TABLE.get(name), facts.values.get(name)
    if spec is None:
        return
    if name in CHANGEABLE:
        values, ko, en = CHANGEABLE[name]
        for value in values:
            made = value if value is not None else facts.at
            if now != made:
                yield Change(
                    name, made if spec.kind.value == "a moment" or value is not None else facts.at.date(), ko, en
                )
    elif now is None and spec.clean is not None:
        yield Change(name, spec.clean, f"`{name}`({spec.meaning_ko})을 확인하여 기록하면",
                     f"{name} ({spec.meaning_en}) is found out and recorded, if it is so")  # fmt: skip


def _sooner(
    book: RuleBook, facts: Facts, ledger: ContactLedger, verdict: Verdict, tries: Iterable[tuple[Change, ...]]
) -> Iterator[Remedy]:
    for changes in tries:
        values = {**facts.values, **{change.fact: change.value for change in changes}}
        other = book.evaluate(evolve(facts, values=values), ledger, as_of=verdict.as_of)
        known, following = verdict.next_eligible_at, other.next_eligible_at
        if other.is_allowed:
            yield Remedy(changes, None)
        elif following is not None and (known is None or following < known):
            yield Remedy(changes, following)


def facts_read(rule: RunningRule) -> frozenset[str]:
    """Every fact that a rule may look at."""
    lowered = rule.lowered
    names = {name for test in (*lowered.applies, *lowered.excepts) for name in test.names}
    for dated in lowered.gates:
        names |= _read_by(dated.gate)
    return frozenset(names)


def _read_by(gate: Gate) -> set[str]:
    if isinstance(gate, StopWhenGate):
        return {*gate.test.names, *(release.name for release in gate.releases)}
    if isinstance(gate, StopAtGate | FreshGate):
        return {gate.name}
    if isinstance(gate, WaitAfterFactGate | WaitUntilGate):
        return {gate.name, *(gate.test.names if gate.test is not None else ())}
    if isinstance(gate, AtMostGate | WaitAfterEventGate):
        return set(gate.counted._fact_names)
    return set()
