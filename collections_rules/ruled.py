"""A rule as the findings look at it: its gates with their scopes, and whom it is about."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

from attrs import frozen

from collections_rules import tree as t
from collections_rules import tree_pack as p
from collections_rules.conditions import names_in
from collections_rules.covering import Placed
from collections_rules.lower import PackScope, pack_scope, rule_scope
from collections_rules.satisfy import Account, Answer, Demand, TooManyError, account_meeting
from collections_rules.words import LAYERS

__all__ = ["END_OF_TIME", "MAY", "MAY_NOT", "NO", "YES", "Ruled", "account_of", "rules_of"]

YES: frozenset[Answer] = frozenset({True})
NO: frozenset[Answer] = frozenset({False})
MAY: frozenset[Answer] = frozenset({True, None})
MAY_NOT: frozenset[Answer] = frozenset({False, None})
END_OF_TIME = date(9999, 12, 31)


def account_of(ways: list[list[Demand]]) -> Account | None:
    """An account that meets one of these ways; an empty one where that is too much to decide."""
    try:
        return next((found for way in ways if (found := account_meeting(way)) is not None), None)
    except TooManyError:
        return {}


def rules_of(packs: Sequence[p.PackTree]) -> list["Ruled"]:
    clauses = [clause for pack in packs for rule in pack.rules for clause in rule.clauses]
    freed = {c.target.text for c in clauses if isinstance(c, t.Except) and c.target is not None}
    made = []
    for pack in packs:
        used = [other for word in pack.uses for other in packs if other.name.text == word.text]
        scope = pack_scope(pack, used)
        made += [Ruled(pack, rule, scope, rule.rule_id.text in freed) for rule in pack.rules]
    return made


@frozen(eq=False)
class Ruled:
    pack: p.PackTree
    block: t.RuleBlock
    scope: PackScope
    is_freed_by_others: bool = False
    """Another rule writes an `except` on it."""

    @property
    def name(self) -> str:
        return self.block.rule_id.text

    def all(self, kind: type) -> list[t.Clause]:
        return [clause for clause in self.block.clauses if isinstance(clause, kind)]

    def gates(self) -> list[t.Dated]:
        return [clause for clause in self.block.clauses if isinstance(clause, t.Dated)]

    def applies(self) -> list[t.Condition]:
        clauses = [*self.pack.header, *self.block.clauses]
        return [clause.condition for clause in clauses if isinstance(clause, t.Applies)]

    def excepts(self) -> list[t.Except]:
        return [c for c in self.block.clauses if isinstance(c, t.Except) and c.target is None]

    def applicable(self) -> list[Demand]:
        """What an account meets to which the rule may apply."""
        return [
            *(Demand(condition, MAY) for condition in self.applies()),
            *(Demand(clause.condition, MAY_NOT) for clause in self.excepts()),
        ]

    def placed(self, gate: t.Gate) -> Placed:
        effective = next((c for c in self.block.clauses if isinstance(c, t.Effective)), None)
        counts_from = bool(effective and effective.counts_from)
        return Placed(gate, rule_scope(self.block, self.scope), bool(self.all(t.Free)), counts_from)

    @cached_property
    def stop_names(self) -> frozenset[str]:
        """The facts that its stops read."""
        return frozenset(name for stop in self.stops() for name in names_in(stop.condition))

    @cached_property
    def names(self) -> frozenset[str]:
        """The facts that it reads to stop, or to apply."""
        limits = [*self.applies(), *(clause.condition for clause in self.excepts())]
        return self.stop_names | {name for condition in limits for name in names_in(condition)}

    def layer(self) -> int:
        """0 is the highest."""
        source = next(clause for clause in self.block.clauses if isinstance(clause, t.Source))
        return LAYERS.index(source.layer)

    def stops(self) -> list[t.StopWhen]:
        return [dated.gate for dated in self.gates() if isinstance(dated.gate, t.StopWhen)]

    def is_on(self) -> bool:
        return all(clause.is_verified for clause in self.block.clauses if isinstance(clause, t.Source))

    def dates(self) -> tuple[date, date]:
        effective = next((c for c in self.block.clauses if isinstance(c, t.Effective)), None)
        first = effective.from_date if effective else None
        last = effective.until_date if effective else None
        return first or date.min, last or END_OF_TIME

    def is_all_stops(self) -> bool:
        dated = self.gates()
        return bool(dated) and all(isinstance(d.gate, t.StopWhen) and d.from_date == d.until_date for d in dated)

    def closed(self) -> list[list[Demand]]:
        """The ways in which a rule of stops is closed: unknown closes too."""
        limits = [Demand(c, MAY) for c in self.applies()] + [Demand(c.condition, MAY_NOT) for c in self.excepts()]
        return [[Demand(s.condition, YES if s.may_unknown_pass else MAY), *limits] for s in self.stops()]

    def passed(self) -> list[list[Demand]]:
        """The ways in which it is not."""
        stops = [Demand(s.condition, MAY_NOT if s.may_unknown_pass else NO) for s in self.stops()]
        others = [[Demand(c, NO)] for c in self.applies()] + [[Demand(c.condition, YES)] for c in self.excepts()]
        return [stops, *others]
