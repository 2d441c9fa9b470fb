"""Checks of tables, ranks, splits, pacing limits and properties: that they mean one thing, and can be met."""

from collections.abc import Callable, Iterable, Sequence

from attrs import define

from collections_rules import tree as t
from collections_rules import tree_choices as c
from collections_rules import tree_pack as p
from collections_rules.check_conditions import ConditionChecker
from collections_rules.diagnostics import Span, suggest
from collections_rules.facts import FACT_TABLE, FactKind
from collections_rules.tables import axes_of

__all__ = ["ChoiceChecker"]

_SPLIT_BY = ("person", "debt", "number")
_KEEP_PER = ("campaign",)
_WHOLE = 100.0


@define
class ChoiceChecker:
    """Reports through `fault(span, code, message, help)`."""

    fault: Callable[[Span, str, str, str], None]
    conditions: ConditionChecker
    table_ids: Sequence[str]
    """Of every pack: an arm may treat by a table of another."""

    def check(self, pack: p.PackTree) -> None:
        self._own_ids(word for word, _ in _named(pack))
        for table in pack.tables:
            axes_of(table, self.fault)
        for rank in pack.ranks:
            self._rank(rank)
        for extra in pack.ranks[1:]:
            self.fault(extra.rank_id.span, "R203", "a second rank in one pack", "a campaign has one order")
        for split in pack.splits:
            self._split(split)
        for keep in pack.keeps:
            self._keep(keep)
        for always in pack.properties:
            if not isinstance(always.condition, c.ClockOutside):
                self.conditions.check(always.condition)

    def _own_ids(self, words: Iterable[t.Word]) -> None:
        seen: set[str] = set()
        for word in words:
            if word.text in seen:
                self.fault(word.span, "R203", f"a second choice `{word.text}`", "give it its own id")
            seen.add(word.text)

    def _rank(self, rank: c.RankBlock) -> None:
        for item in rank.items:
            if item.condition is not None:
                self.conditions.check(item.condition)
            if item.name is not None:
                spec = FACT_TABLE.get(item.name.text)
                if spec is None:
                    numbers = [name for name, found in FACT_TABLE.items() if found.kind is FactKind.NUMBER]
                    self._unknown(item.name, numbers, "R102", "unknown fact")
                elif spec.kind is not FactKind.NUMBER:
                    self.fault(item.name.span, "R103", f"`{spec.name}` is {spec.kind.value}", "rank by a number")
            if item.duration is not None and item.duration.is_business:
                self.fault(item.duration.span, "R105", "an age is not in business days", "write minutes or days")

    def _split(self, split: c.SplitBlock) -> None:
        name = split.split_id
        if split.by is None:
            self.fault(name.span, "R320", f"split `{name.text}` does not say who is drawn", "add `by person`")
        elif split.by.text not in _SPLIT_BY:
            self._unknown(split.by, _SPLIT_BY, "R101", "unknown word")
        if not split.seed:
            self.fault(name.span, "R320", f"split `{name.text}` has no seed", "add `seed` and a word of your own")
        if not split.arms:
            self.fault(name.span, "R320", f"split `{name.text}` has no arms", "add `arms a 50, b 50`")
            return
        total = sum(float(arm.share.text) for arm in split.arms)
        if abs(total - _WHOLE) > 1e-9:
            self.fault(split.arms[-1].share.span, "R320", f"the shares of the arms add up to {total:g}, not 100",
                       "change a share")  # fmt: skip
        seen: set[str] = set()
        for arm in split.arms:
            if arm.name.text in seen:
                self.fault(arm.name.span, "R203", f"a second arm `{arm.name.text}`", "give it its own name")
            seen.add(arm.name.text)
            if arm.table is not None and arm.table.text not in self.table_ids:
                self._unknown(arm.table, self.table_ids, "R405", "no table")

    def _keep(self, keep: c.KeepBlock) -> None:
        name = keep.keep_id
        if keep.is_whole and not any(isinstance(clause, t.Source) for clause in keep.clauses):
            self.fault(name.span, "R201", f"limit `{name.text}` does not say where it comes from",
                       "add `law`, `order`, `contract`, `policy` or `campaign`")  # fmt: skip
        limits = [clause for clause in keep.clauses if isinstance(clause, c.Limit)]
        if keep.is_whole and not limits:
            self.fault(name.span, "R202", f"`{name.text}` keeps nothing", "add `limit`")
        for limit in limits:
            if limit.scope is not None and limit.scope.text not in _KEEP_PER:
                self._unknown(limit.scope, _KEEP_PER, "R101", "unknown word")
            if limit.kind == "abandoned" and limit.value > _WHOLE:
                self.fault(limit.span, "R105", f"{limit.value:g}% is more than all calls", "write a share up to 100%")
            window = limit.window.duration if limit.window and not limit.window.is_calendar else None
            if window is not None and (window.is_business or window.unit in ("month", "year")):
                self.fault(window.span, "R105", "a limit is kept in hours or days",
                           "write days, or `a month` for that of the calendar")  # fmt: skip

    def _unknown(self, word: t.Word, known: Sequence[str], code: str, what: str) -> None:
        meant = suggest(word.text, known)
        listed = "write one of " + ", ".join(known[:8]) if known else ""
        self.fault(word.span, code, f"{what} `{word.text}`", f"write `{meant}`" if meant else listed)


def _named(pack: p.PackTree) -> list[tuple[t.Word, str]]:
    return [
        *((table.table_id, "table") for table in pack.tables),
        *((rank.rank_id, "rank") for rank in pack.ranks),
        *((split.split_id, "split") for split in pack.splits),
        *((keep.keep_id, "keep") for keep in pack.keeps),
    ]
