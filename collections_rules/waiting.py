"""The gates that wait for a date of the facts: `wait … after` a fact, and `wait until` it."""

from attrs import define, evolve

from collections_rules.conditions import Test
from collections_rules.gates import PASSES, Reason, missing_reason, when
from collections_rules.moments import date_times, moment_after
from collections_rules.query import Clocks, Query
from collections_rules.tree import Duration
from collections_rules.windows import NEVER

__all__ = ["WaitAfterFactGate", "WaitUntilGate"]


def _applies(test: Test | None, query: Query) -> bool | None:
    """Whether the `when` of a wait holds: no frees it, and what is unknown does not."""
    return True if test is None else test.ask(query, None)


@define(eq=False)
class WaitAfterFactGate:
    """Closed for a time after a date or a moment that a fact holds; closed while there is none.

    `n business days after d`: d is not counted, and the start of the n-th opens.
    `n days after d`: d is not counted either, and n whole days must pass.
    """

    name: str
    duration: Duration
    is_day_counted: bool
    test: Test | None
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        applies = _applies(self.test, query)
        if applies is False:
            return None
        end = self.ends(query)
        if end is not None and end <= query.at_s:
            return None
        return _until(end, self.test, query)

    def ends(self, query: Query) -> int | None:
        """When the wait is over; None while that is unknown."""
        counts_day = not self.duration.is_business and date_times(self.duration.unit) and not self.is_day_counted
        return moment_after(query.values.get(self.name), self.duration, counts_day, self.clocks, query)

    def reason(self, query: Query) -> Reason:
        if self.closed_until(query) is None:
            return PASSES
        end = self.ends(query)
        if end is None:
            return missing_reason(self.name)
        return _waits(end, self.name, self.clocks, query)


@define(eq=False)
class WaitUntilGate:
    """Closed until the start of a date, or a moment, that a fact holds."""

    name: str
    plus: Duration | None
    test: Test | None
    clocks: Clocks

    def closed_until(self, query: Query) -> int | None:
        if _applies(self.test, query) is False:
            return None
        end = self.ends(query)
        if end is not None and end <= query.at_s:
            return None
        return _until(end, self.test, query)

    def ends(self, query: Query) -> int | None:
        """When the wait is over; None while that is unknown."""
        return moment_after(query.values.get(self.name), self.plus, False, self.clocks, query)

    def reason(self, query: Query) -> Reason:
        if self.closed_until(query) is None:
            return PASSES
        end = self.ends(query)
        if end is None:
            missing = self.test.missing(query) if self.test and _applies(self.test, query) is None else ()
            return missing_reason(missing[0] if missing else self.name)
        return _waits(end, self.name, self.clocks, query)


def _until(end: int | None, test: Test | None, query: Query) -> int:
    edge = test.next_edge(query) if test is not None else NEVER
    return min(NEVER if end is None else end, edge)


def _waits(end: int, name: str, clocks: Clocks, query: Query) -> Reason:
    if end >= NEVER:
        return Reason(f"`{name}` 이후 달력이 끝났습니다", f"the calendar ends before `{name}` releases")
    shown = when(end, clocks, query)
    reason = Reason(f"{name} 기준 {shown} 까지 대기", f"waits until {shown} because of {name}")
    value = query.values.get(name)
    return evolve(reason, ko=f"{reason.ko} ({value})", en=f"{reason.en} ({value})")
