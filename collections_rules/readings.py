"""What a stricter reading of "seven days" would have blocked: caps and waits in days, replayed on a log of contacts.

`any 7 days` may be read as seven dates, as 168 hours, or as seven dates after the first. A pack takes one reading;
the log says what the others would have cost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from collections_rules import tree as t
from collections_rules.compile import compile_rules, parse_packs
from collections_rules.count_window import CountWindow
from collections_rules.counting import AtMostGate, WaitAfterEventGate
from collections_rules.diagnostics import Diagnostic, Span
from collections_rules.evaluate import RunningRule
from collections_rules.facts import Facts, FactValue, clean_facts
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.query import Query
from collections_rules.source import PackSource

__all__ = ["clean_facts_of", "stricter_readings"]

_HOURS = 24
FactsOf = Callable[[ContactEvent], Facts]
_Gate = AtMostGate | WaitAfterEventGate


def clean_facts_of(event: ContactEvent, zones: frozenset[str], more: Mapping[str, FactValue] | None = None) -> Facts:
    """The facts of a contact as far as the log has them; everything else is clean."""
    values = {**clean_facts(), **(more or {}), "callee.role": event.callee_role, "call.content": event.content,
              "call.means": event.channel}  # fmt: skip
    if event.number_kind:
        values["number.kind"] = event.number_kind
    if event.topic:
        values["call.topic"] = event.topic
    if event.household_id:
        values["person.household"] = event.household_id
    return Facts(event.at, values, zones, event.person_id, event.claim_ids, event.number_id, event.campaign_id)


def stricter_readings(
    sources: Sequence[PackSource],
    log: Sequence[ContactEvent],
    facts_of: FactsOf,
    is_judged: Callable[[ContactEvent], bool] = lambda event: True,
) -> tuple[Diagnostic, ...]:
    """For every cap and wait in days, the stricter readings that would have blocked more of our calls in this log.

    All contacts of the log count; only those that are judged can be blocked.
    """
    packs, book = parse_packs(sources), compile_rules(sources)
    running = {rule.info.rule_id: rule for rule in book.running}
    replays = [
        _Replay(running[block.rule_id.text], index, span, pack.source, words, strict)
        for pack in packs
        for block in pack.rules
        if block.rule_id.text in running
        for index, span, words, strict in _stricter(block, running[block.rule_id.text])
    ]
    found = _replayed(replays, sorted(log, key=lambda event: (event.at, event.event_id)), facts_of, is_judged)
    return tuple(replay.told(more) for replay, more in zip(replays, found, strict=True) if more)


def _stricter(block: t.RuleBlock, rule: RunningRule) -> Iterator[tuple[int, Span, str, _Gate]]:
    spans = [clause.gate.span for clause in block.clauses if isinstance(clause, t.Dated)]
    for index, (dated, span) in enumerate(zip(rule.lowered.gates, spans, strict=True)):
        gate = dated.gate
        if isinstance(gate, AtMostGate):
            duration = gate.window.duration
            if duration is None or duration.unit != "day" or duration.count == 1 or gate.window.is_after_first:
                continue
            hours = evolve(duration, count=duration.count * _HOURS, unit="hour")
            yield index, span, f"any {hours.count} hours", _capped(gate, evolve(gate.window, duration=hours))
            yield (
                index,
                span,
                f"any {duration.count} days after the first",
                _capped(gate, evolve(gate.window, is_after_first=True)),
            )
        elif isinstance(gate, WaitAfterEventGate) and gate.is_day_counted:
            words = f"wait {gate.duration.count} days, the first not counted"
            yield index, span, words, WaitAfterEventGate(gate.duration, False, gate.noun, gate.counted, gate.clocks)


def _capped(gate: AtMostGate, window: CountWindow) -> AtMostGate:
    return AtMostGate(gate.limit, gate.noun, window, gate.counted)


@frozen(eq=False)
class _Replay:
    rule: RunningRule
    index: int
    span: Span
    source: PackSource
    words: str
    strict: _Gate

    def blocks_more(self, query: Query) -> bool:
        """Whether only the stricter reading closes, where the rule is the law and applies."""
        lowered, dated = self.rule.lowered, self.rule.lowered.gates[self.index]
        is_law = max(lowered.from_s, dated.from_s) <= query.at_s < min(lowered.until_s, dated.until_s)
        if not is_law or self.strict.closed_until(query) is None or dated.gate.closed_until(query) is not None:
            return False
        applies = not any(test.ask(query, None) is False for test in lowered.applies)
        return applies and not any(test.ask(query, None) is True for test in lowered.excepts)

    def told(self, more: Sequence[ContactEvent]) -> Diagnostic:
        name, calls = self.rule.info.rule_id, "call" if len(more) == 1 else "calls"
        text = f"a stricter reading of `{name}` exists: `{self.words}` blocks {len(more):,} more {calls} of the log"
        return Diagnostic(self.source, self.span, "R613", text, f"the first is contact `{more[0].event_id}`", "warning")


def _replayed(
    replays: Sequence[_Replay],
    log: Sequence[ContactEvent],
    facts_of: FactsOf,
    is_judged: Callable[[ContactEvent], bool],
) -> list[list[ContactEvent]]:
    contacts, found = ContactLedger(), [list[ContactEvent]() for _ in replays]
    for event in log:
        if event.direction == "outbound" and is_judged(event):
            facts = facts_of(event)
            query = Query(facts, facts.values, contacts, int(event.at.timestamp()), 0)
            for replay, more in zip(replays, found, strict=True):
                if replay.blocks_more(query):
                    more.append(event)
        contacts.reserve(event)
    return found
