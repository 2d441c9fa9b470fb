"""What changes between two editions of the rules: rule by rule, and whether each change tightens or loosens.

Both editions are laid out anew in English first, so that spacing, notes and the
language of the keywords make no difference. A condition that changed is compared by
looking for an account that one edition stops and the other does not.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from attrs import frozen

from collections_rules import tree as t
from collections_rules.compile import parse_packs
from collections_rules.fmt import fmt
from collections_rules.gates import OpenGate
from collections_rules.layout import Block, split_blocks, strip_comment
from collections_rules.lower import PackScope, lower_rule, pack_scope
from collections_rules.satisfy import Demand, TooManyError, account_meeting, shown
from collections_rules.source import PackSource
from collections_rules.tree_pack import PackTree

__all__ = ["BookDiff", "RuleChange", "diff_books"]

TIGHTENS, LOOSENS, SAME, UNCLEAR = "tightens", "loosens", "same", "unclear"
HEADER = "header"
_COMPARED_DAYS = 800
_PERHAPS = frozenset({True, None})
_SURELY_NOT = frozenset({False})


@frozen
class RuleChange:
    """One rule, or the header of a pack, that is not as it was."""

    mark: str
    """`+` added, `-` removed, `~` changed."""
    rule_id: str
    layer: str
    effect: str
    """`tightens`, `loosens`, `same` (the words alone changed), or `unclear`: only the portfolio can say."""
    details: tuple[str, ...] = ()


@frozen
class BookDiff:
    """All changes, in the order of the new edition, what was removed last."""

    changes: tuple[RuleChange, ...]

    def of_layers(self, *layers: str) -> tuple[RuleChange, ...]:
        """The changes in these layers."""
        return tuple(change for change in self.changes if change.layer in layers)


@frozen
class _Clause:
    text: str
    tree: t.Clause


@frozen
class _Rule:
    block: t.RuleBlock
    scope: PackScope
    clauses: tuple[_Clause, ...]

    @property
    def source(self) -> t.Source:
        return next(clause for clause in self.block.clauses if isinstance(clause, t.Source))


def diff_books(old: Sequence[PackSource], new: Sequence[PackSource], on: date = date(2026, 1, 1)) -> BookDiff:
    """Every change from one edition to the other; hours are compared on the 800 dates from `on`.

    Raises `RulesError` when either edition does not check.
    """
    before_heads, before = _read(old)
    after_heads, after = _read(new)
    changes = [*_headers(before_heads, after_heads)]
    for rule_id, rule in after.items():
        if rule_id not in before:
            effect = TIGHTENS if rule.source.is_verified else SAME
            changes.append(RuleChange("+", rule_id, rule.source.layer, effect, _gate_texts(rule)))
        elif change := _changed(before[rule_id], rule, on):
            changes.append(change)
    for rule_id, rule in before.items():
        if rule_id not in after:
            effect = LOOSENS if rule.source.is_verified else SAME
            changes.append(RuleChange("-", rule_id, rule.source.layer, effect, _gate_texts(rule)))
    return BookDiff(tuple(changes))


# Reading ------------------------------------------------------------------------------


def _read(sources: Sequence[PackSource]) -> tuple[dict[str, tuple[str, ...]], dict[str, _Rule]]:
    parse_packs(sources)  # faults are told in the author's own text
    laid_out = [PackSource(source.name, fmt(source.text)) for source in sources]
    packs = parse_packs(laid_out)
    heads: dict[str, tuple[str, ...]] = {}
    rules: dict[str, _Rule] = {}
    for source, pack in zip(laid_out, packs, strict=True):
        used = [other for word in pack.uses for other in packs if other.name.text == word.text]
        scope, blocks = pack_scope(pack, used), split_blocks(source, [])
        heads[pack.name.text] = _texts(source, blocks[0])
        rules.update(_rules_of(source, pack, scope, blocks))
    return heads, rules


def _rules_of(source: PackSource, pack: PackTree, scope: PackScope, blocks: list[Block]) -> Iterator[tuple[str, _Rule]]:
    written = [block for block in blocks if block.header.head == "rule"]
    for block, rule in zip(written, pack.rules, strict=True):
        clauses = [_Clause(*pair) for pair in zip(_texts(source, block), rule.clauses, strict=True)]
        yield rule.rule_id.text, _Rule(rule, scope, tuple(clauses))


def _texts(source: PackSource, block: Block) -> tuple[str, ...]:
    return tuple(
        " ".join(" ".join(map(strip_comment, source.text[piece.start : piece.end].split("\n"))).split())
        for piece in block.clauses
    )


def _gate_texts(rule: _Rule) -> tuple[str, ...]:
    return tuple(clause.text for clause in rule.clauses if isinstance(clause.tree, t.Dated))


def _headers(old: dict[str, tuple[str, ...]], new: dict[str, tuple[str, ...]]) -> Iterator[RuleChange]:
    for name, texts in new.items():
        if name in old and old[name] != texts:
            gone = [f"- {text}" for text in old[name] if text not in texts]
            come = [f"+ {text}" for text in texts if text not in old[name]]
            yield RuleChange("~", name, HEADER, UNCLEAR if gone or come else SAME, (*gone, *come))


# Comparing ----------------------------------------------------------------------------


def _changed(old: _Rule, new: _Rule, on: date) -> RuleChange | None:
    before, after = list(old.clauses), list(new.clauses)
    kept = {clause.text for clause in before} & {clause.text for clause in after}
    gone = [clause for clause in before if clause.text not in kept]
    come = [clause for clause in after if clause.text not in kept]
    effects, details = set(), []
    for first, second in _pairs(gone, come):
        effect, example = _effect(first, second, old, new, on)
        effects.add(effect)
        words = " -> ".join(clause.text for clause in (first, second) if clause) if first and second else ""
        details.append((words or (f"+ {second.text}" if second else f"- {first.text if first else ''}")) + example)
    if old.source.is_verified != new.source.is_verified:
        effects.add(TIGHTENS if new.source.is_verified else LOOSENS)
    if (old.block.title_ko, old.block.title_en) != (new.block.title_ko, new.block.title_en):
        effects.add(SAME)
        details.append("its title")
    if not effects:
        return None
    real = effects - {SAME}
    effect = SAME if not real else real.pop() if len(real) == 1 else UNCLEAR
    return RuleChange("~", new.block.rule_id.text, new.source.layer, effect, tuple(details))


def _pairs(gone: list[_Clause], come: list[_Clause]) -> Iterator[tuple[_Clause | None, _Clause | None]]:
    """What became of what: clauses of one sort, in their order."""
    left = list(come)
    for first in gone:
        second = next((clause for clause in left if _sort(clause) == _sort(first)), None)
        if second is not None:
            left.remove(second)
        yield first, second
    yield from ((None, clause) for clause in left)


def _sort(clause: _Clause) -> type:
    return type(clause.tree.gate) if isinstance(clause.tree, t.Dated) else type(clause.tree)


def _effect(first: _Clause | None, second: _Clause | None, old: _Rule, new: _Rule, on: date) -> tuple[str, str]:
    """What the change of one clause does, and an example where there is one."""
    one, other = first.tree if first else None, second.tree if second else None
    effect, example = UNCLEAR, ""
    if one is None or other is None:
        effect = _alone(one or other, is_new=one is None)
    elif isinstance(one, t.Dated) and isinstance(other, t.Dated):
        if (one.from_date, one.until_date) == (other.from_date, other.until_date):
            effect, example = _gates(one.gate, other.gate, old, new, on)
    elif isinstance(one, t.Applies) and isinstance(other, t.Applies):
        effect, example = _conditions(one.condition, other.condition)
    elif isinstance(one, t.Except) and isinstance(other, t.Except):
        effect, example = _conditions(one.condition, other.condition)
        effect = {TIGHTENS: LOOSENS, LOOSENS: TIGHTENS}.get(effect, effect)
    elif isinstance(one, t.Effective) and isinstance(other, t.Effective):
        effect = _spans(one, other)
    elif isinstance(one, t.Source | t.Note | t.Say):
        effect = SAME
    return effect, example


def _alone(clause: t.Clause | None, *, is_new: bool) -> str:
    """A clause that came or went. Of all clauses only a gate closes anything."""
    if isinstance(clause, t.Source | t.Note | t.Say):
        return SAME
    return TIGHTENS if isinstance(clause, t.Dated) == is_new else LOOSENS


def _spans(one: t.Effective, other: t.Effective) -> str:
    first, last = date.min, date.max
    before = (one.from_date or first, one.until_date or last)
    after = (other.from_date or first, other.until_date or last)
    if one.counts_from or other.counts_from or before == after:
        return UNCLEAR
    if after[0] <= before[0] and after[1] >= before[1]:
        return TIGHTENS
    return LOOSENS if after[0] >= before[0] and after[1] <= before[1] else UNCLEAR


def _gates(one: t.Gate, other: t.Gate, old: _Rule, new: _Rule, on: date) -> tuple[str, str]:
    effect, example = UNCLEAR, ""
    if isinstance(one, t.StopWhen) and isinstance(other, t.StopWhen):
        if one.may_unknown_pass == other.may_unknown_pass:
            effect, example = _conditions(one.condition, other.condition)
    elif isinstance(one, t.Open) and isinstance(other, t.Open):
        effect = _hours(_open_gate(old, one), _open_gate(new, other), on)
    elif isinstance(one, t.AtMost) and isinstance(other, t.AtMost):
        effect = _caps(one, other)
    elif isinstance(one, t.WaitAfter) and isinstance(other, t.WaitAfter) and _waits_for(one) == _waits_for(other):
        effect = _longer(one.duration, other.duration)
    elif isinstance(one, t.Fresh) and isinstance(other, t.Fresh) and one.name.text == other.name.text:
        effect = _longer(other.duration, one.duration)
    return effect, example


def _caps(one: t.AtMost, other: t.AtMost) -> str:
    if _counts(one) != _counts(other):
        return UNCLEAR
    fewer = int(other.count.text) - int(one.count.text)
    before, after = one.window, other.window
    if before is None or after is None:
        longer = SAME if before is after else TIGHTENS if after is None else LOOSENS
    elif before.is_after_first != after.is_after_first:
        return UNCLEAR
    else:
        longer = _longer(before.duration, after.duration)
    less = TIGHTENS if fewer < 0 else LOOSENS if fewer > 0 else SAME
    return less if longer in (SAME, less) else longer if less == SAME else UNCLEAR


def _counts(gate: t.AtMost) -> tuple[object, ...]:
    """What is counted, whatever the number and the window."""
    nouns, scopes = (frozenset(word.text.rstrip("s") for word in words) for words in (gate.nouns, gate.scopes))
    return nouns, scopes, gate.is_all_collectors, _plain(gate.when)


def _waits_for(gate: t.WaitAfter) -> tuple[object, ...]:
    scopes = frozenset(word.text for word in gate.scopes)
    return gate.subject.text, scopes, gate.is_day_counted, gate.is_all_collectors, _plain(gate.when)


def _plain(condition: t.Condition | None) -> str:
    """A condition without the places of its words."""
    if condition is None:
        return ""
    parts = (getattr(condition, name.name) for name in type(condition).__attrs_attrs__)
    return f"{type(condition).__name__}({', '.join(map(_part, parts))})"


def _part(part: object) -> str:
    if isinstance(part, t.Word):
        return part.text
    if isinstance(part, tuple):
        return " ".join(map(_part, part))
    if isinstance(part, t.Duration):
        return f"{part.count} {part.unit} {part.is_business}"
    return str(part) if part is None or isinstance(part, bool) else _plain(part)  # type: ignore[arg-type]


def _longer(one: t.Duration, other: t.Duration) -> str:
    if (one.unit, one.is_business) != (other.unit, other.is_business):
        return UNCLEAR
    return TIGHTENS if other.count > one.count else LOOSENS if other.count < one.count else SAME


def _conditions(one: t.Condition, other: t.Condition) -> tuple[str, str]:
    """Whether the other closes for more accounts; with an account for which only one of them does."""
    try:
        more = account_meeting([Demand(other, _PERHAPS), Demand(one, _SURELY_NOT)])
        fewer = account_meeting([Demand(one, _PERHAPS), Demand(other, _SURELY_NOT)])
    except TooManyError:
        return UNCLEAR, ""
    if more is None and fewer is None:
        return SAME, ""
    example = f" (for example {shown(more if more is not None else fewer or {})})"
    return (UNCLEAR if more is not None and fewer is not None else TIGHTENS if more is not None else LOOSENS), example


def _open_gate(rule: _Rule, gate: t.Open) -> OpenGate:
    lowered = lower_rule(rule.block, rule.scope, ())
    gates = [clause.gate for clause in rule.block.clauses if isinstance(clause, t.Dated)]
    found = lowered.gates[gates.index(gate)].gate
    assert isinstance(found, OpenGate)
    return found


def _hours(one: OpenGate, other: OpenGate, on: date) -> str:
    """Whether the other's hours lie within the one's on every date, or around them."""
    is_within = is_around = True
    for day in (on + timedelta(days=n) for n in range(_COMPARED_DAYS)):
        before, after = one.hours.spans_of(day), other.hours.spans_of(day)
        is_within = is_within and _covers(before, after)
        is_around = is_around and _covers(after, before)
    if one.clocks != other.clocks or is_within == is_around:
        return SAME if is_within and one.clocks == other.clocks else UNCLEAR
    return TIGHTENS if is_within else LOOSENS


def _covers(spans: Sequence[tuple[int, int]], inner: Sequence[tuple[int, int]]) -> bool:
    for first, last in inner:
        at = first
        for start, end in sorted(spans):
            if start <= at < end:
                at = end
        if at < last:
            return False
    return True
