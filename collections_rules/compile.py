"""`compile_rules`: read, check and lower packs, or say everything that is wrong with them."""

from collections.abc import Collection, Mapping
from collections.abc import Sequence as Ordered
from hashlib import sha256

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.check import check_packs
from collections_rules.choices import keep_of, rank_of, split_of
from collections_rules.conditions import Test, compile_test
from collections_rules.diagnostics import Diagnostic, RulesError
from collections_rules.evaluate import Choices, RuleBook, RuleInfo, RunningRule
from collections_rules.lower import lower_rule, pack_scope
from collections_rules.rule_test_cases import read_tests
from collections_rules.sequences import Chain, NumberChoice, RetryStep, Sequence
from collections_rules.source import PackSource
from collections_rules.syntax import parse_pack
from collections_rules.tables import table_of

__all__ = ["compile_rules", "list_open_points", "open_points_of", "parse_packs"]

HASH_CHARS = 16


def compile_rules(sources: Ordered[PackSource], switched_on: Collection[str] = ()) -> RuleBook:
    """A rule book of these packs together; raises `RulesError` with every fault of every file.

    `switched_on` are rules without a verified citation that are on all the same, for the tests of a pack.
    """
    packs = parse_packs(sources)
    foreign = _foreign_excepts(packs)
    enforced = dict.fromkeys(switched_on, "a test")
    enforced |= {c.rule_id.text: c.by for pack in packs for c in pack.header if isinstance(c, p.Enforce)}
    rules = tuple(
        _running(pack, rule, packs, foreign.get(rule.rule_id.text, []), enforced)
        for pack in packs
        for rule in pack.rules
    )
    sequences = [block for pack in packs for block in pack.sequences]
    sequence = _sequence(sequences[-1]) if sequences else None
    return RuleBook(rules, sequence, _pack_hash(sources), _choices(packs))


def _choices(packs: Ordered[p.PackTree]) -> Choices:
    scopes = [pack_scope(pack, _used(pack, packs)) for pack in packs]
    both = list(zip(packs, scopes, strict=True))
    ranks = [rank_of(block, scope) for pack, scope in both for block in pack.ranks]
    splits = [split_of(block, scope) for pack, scope in both for block in pack.splits]
    tables = [table_of(block) for pack in packs for block in pack.tables]
    return Choices(
        {table.table_id: table for table in tables},
        ranks[-1] if ranks else None,
        {split.split_id: split for split in splits},
        tuple(keep_of(block) for pack in packs for block in pack.keeps),
    )


def parse_packs(sources: Ordered[PackSource]) -> list[p.PackTree]:
    """The trees of these packs, checked; raises `RulesError`."""
    faults: list[Diagnostic] = []
    packs = [parse_pack(source, faults) for source in sources]
    check_packs(packs, faults)
    rule_ids = [rule.rule_id.text for pack in packs for rule in pack.rules]
    for pack in packs:
        read_tests(pack, _used(pack, packs), rule_ids, faults)
    if faults:
        order = [source.name for source in sources]
        raise RulesError(sorted(faults, key=lambda d: (order.index(d.source.name), d.span.line, d.span.col)))
    return packs


def list_open_points(sources: Ordered[PackSource]) -> tuple[Diagnostic, ...]:
    """Warnings: citations that nobody has verified, and questions of reading that are open."""
    return open_points_of(parse_packs(sources))


def open_points_of(packs: Ordered[p.PackTree]) -> tuple[Diagnostic, ...]:
    """The same of packs that have been read."""
    found: list[Diagnostic] = []
    for pack in packs:
        for rule in pack.rules:
            for clause in rule.clauses:
                if isinstance(clause, t.Source) and not clause.is_verified:
                    text = f"citation of `{rule.rule_id.text}` is not verified (law?), so it is off"
                    help_text = f'a named person may switch it on: `enforce {rule.rule_id.text} by "name"`'
                    found.append(Diagnostic(pack.source, clause.span, "R610", text, help_text, "warning"))
                elif isinstance(clause, t.Note) and clause.head == "reading" and clause.text.startswith("open "):
                    text = f"an open question about `{rule.rule_id.text}`: {clause.text[5:]}"
                    found.append(Diagnostic(pack.source, clause.span, "R611", text, "", "warning"))
    return tuple(found)


def _foreign_excepts(packs: Ordered[p.PackTree]) -> dict[str, list[Test]]:
    found: dict[str, list[Test]] = {}
    for pack in packs:
        clocks = pack_scope(pack, _used(pack, packs)).clocks
        for rule in pack.rules:
            for clause in rule.clauses:
                if isinstance(clause, t.Except) and clause.target is not None:
                    found.setdefault(clause.target.text, []).append(compile_test(clause.condition, clocks))
    return found


def _used(pack: p.PackTree, packs: Ordered[p.PackTree]) -> list[p.PackTree]:
    names = [word.text for word in pack.uses]
    return [other for name in names for other in packs if other.name.text == name]


def _running(
    pack: p.PackTree,
    rule: t.RuleBlock,
    packs: Ordered[p.PackTree],
    foreign: list[Test],
    enforced: Mapping[str, str],
) -> RunningRule:
    lowered = lower_rule(rule, pack_scope(pack, _used(pack, packs)), foreign)
    source = next(clause for clause in rule.clauses if isinstance(clause, t.Source))
    says = next((clause for clause in rule.clauses if isinstance(clause, t.Say)), None)
    by = enforced.get(rule.rule_id.text, "")
    info = RuleInfo(
        rule_id=rule.rule_id.text,
        title_ko=rule.title_ko,
        title_en=rule.title_en,
        layer=source.layer,
        cite=source.text,
        pack=f"{pack.name.text} {pack.version}",
        is_verified=source.is_verified,
        is_enforced=source.is_verified or bool(by),
        enforced_by=by,
        from_s=lowered.from_s,
        until_s=lowered.until_s,
        readings=tuple(c.text for c in rule.clauses if isinstance(c, t.Note) and c.head == "reading"),
        says=(says.ko, says.en) if says else ("", ""),
    )
    return RunningRule(info, lowered)


def _pack_hash(sources: Ordered[PackSource]) -> str:
    """Of the text alone: line ends and trailing blanks do not change what a pack says."""
    texts = ["\n".join(line.rstrip() for line in source.text.splitlines()).strip() for source in sources]
    return sha256("\0".join(texts).encode()).hexdigest()[:HASH_CHARS]


# Sequences ----------------------------------------------------------------------

_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0, "month": 30 * 86_400.0}


def _seconds(duration: t.Duration | None) -> float:
    return duration.count * _SECONDS[duration.unit] if duration else 0.0


def _sequence(block: p.SequenceBlock) -> Sequence:
    numbers = next((c for c in block.clauses if isinstance(c, p.Numbers)), None)
    hours = next((c for c in block.clauses if isinstance(c, p.Hour)), None)
    first = next((c for c in block.clauses if isinstance(c, p.First)), None)
    end = next((c for c in block.clauses if isinstance(c, p.End)), None)
    chains = [chain for clause in block.clauses if isinstance(clause, p.Chains) for chain in clause.chains]
    choices = numbers.choices if numbers else ()
    return Sequence(
        sequence_id=block.sequence_id.text,
        numbers=tuple(NumberChoice(kind.text, flag.text if flag else "") for kind, flag in choices),
        hours=hours.ranges if hours else (),
        max_attempts=end.count if end else None,
        is_per_day=bool(end and end.is_per_day),
        rest_s=_seconds(end.rest) if end and end.rest else None,
        first_within_s=_seconds(first.duration) if first else None,
        first_after=first.name.text if first else "",
        chains={chain.outcome.text: _chain(chain) for chain in chains},
    )


def _chain(tree: p.ChainTree) -> Chain:
    """The steps of a chain: one for each delay, repeated as often as it says, then what `then` says."""
    items = tree.items
    kinds = {item.kind for item in items}
    agent = next((item for item in items if item.kind == "agent"), None)
    number = "drop" if "drop" in kinds else "next" if any(i.kind == "next" and not i.is_then for i in items) else "same"
    times = next((item.times for item in items if item.times is not None), None)

    def step(delay: t.Duration | None, on_number: str) -> RetryStep:
        within_s = (_seconds(agent.duration) or 0.0) if agent else None
        return RetryStep(_seconds(delay), on_number, "part" in kinds, "asked" in kinds, within_s, "stop" in kinds)

    delays = [item.duration for item in items if item.kind == "delay"]
    steps = [step(delay, number) for delay in delays or [None]]
    if times is not None:
        steps = [*steps[:-1], *[steps[-1]] * times]
    moves_on = any(item.is_then for item in items)
    if moves_on:
        steps.append(step(delays[-1] if delays else None, "next"))
    return Chain(tuple(steps), is_limited=(times is not None or len(delays) > 1) and not moves_on)
