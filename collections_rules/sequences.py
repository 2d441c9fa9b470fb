"""What to try after an outcome: the `sequence` block as the schedule reads it."""

from collections.abc import Mapping

from attrs import field, frozen

__all__ = ["Chain", "NumberChoice", "RetryStep", "Sequence"]


@frozen
class RetryStep:
    """When and on which number to try again."""

    delay_s: float
    number: str = "same"
    """`same`, `next` in the order of `numbers`, or `drop` this number for good."""
    another_part_of_day: bool = False
    at_asked_time: bool = False
    same_agent_within_s: float | None = None
    stops: bool = False
    """No further attempt on this account."""


@frozen
class Chain:
    """The steps after one outcome. The last repeats unless `is_limited`."""

    steps: tuple[RetryStep, ...]
    is_limited: bool = False


@frozen
class NumberChoice:
    """One kind of number in the order to try, `only_when` the named flag is yes (empty: always)."""

    kind: str
    only_when: str = ""


@frozen
class Sequence:
    """A retry plan. A choice: it says what to try, and can never open a gate."""

    sequence_id: str
    numbers: tuple[NumberChoice, ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    """Hours of the day to prefer, as (from, until), when no model says better."""
    max_attempts: int | None = None
    is_per_day: bool = False
    """`max_attempts` is for one day of the called clock, not for the whole campaign."""
    rest_s: float | None = None
    first_within_s: float | None = None
    """How soon after the moment in the fact `first_after` the first attempt should be, when hours are open."""
    first_after: str = ""
    chains: Mapping[str, Chain] = field(factory=dict)

    def step(self, outcome: str, nth: int) -> RetryStep | None:
        """What to do after `outcome` happened `nth` times in a row, counted from 1; None: no plan for it.

        A limited chain that is used up goes on as `no_answer`, counted anew; a used-up
        `no_answer` stops the account.
        """
        if nth < 1:
            raise ValueError(f"nth counts from 1, got {nth}")
        chain = self.chains.get(outcome)
        if chain is None:
            return None
        if nth <= len(chain.steps):
            return chain.steps[nth - 1]
        if not chain.is_limited:
            return chain.steps[-1]
        if outcome == "no_answer" or "no_answer" not in self.chains:
            return RetryStep(0.0, stops=True)
        return self.step("no_answer", nth - len(chain.steps))
