"""Runs a coroutine cancelled before its first, second, third … step, until it has none left to be cancelled at.

A task waits and steps in turns. It is cut when a wait begins, and in another
run in the instant when that wait is over, which is when races are lost. Cutting
at each of these moments cancels at every `await` that could ever be cancelled.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import trio
import trio.testing
from attrs import define, field
from trio.abc import Instrument


@define(eq=False)
class Cut(Instrument):
    """Cancels what it runs at moment `step`: 0 is before anything, odd is as a wait begins, even as it is over."""

    step: int
    is_cut: bool = False
    """Whether the step was reached, so that there may be another one after it."""
    was_cancelled: bool = False
    """Whether what ran was ended by it."""
    _task: Any = None
    _steps: int = 0
    _scope: trio.CancelScope = field(factory=trio.CancelScope)

    def before_task_step(self, task: trio.lowlevel.Task) -> None:
        """Called by trio when a wait is over."""
        self._moment_of(task)

    def after_task_step(self, task: trio.lowlevel.Task) -> None:
        """Called by trio when a wait begins."""
        self._moment_of(task)

    def _moment_of(self, task: trio.lowlevel.Task) -> None:
        if task is self._task:
            self._steps += 1
            self._cut_if_due()

    def _cut_if_due(self) -> None:
        if self._steps == self.step and not self.is_cut:
            self.is_cut = True
            self._scope.cancel()

    async def run(self, run: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """Run it in this task, cut; what it returned, or None when it was cancelled."""
        self._task = trio.lowlevel.current_task()
        trio.lowlevel.add_instrument(self)
        result = None
        try:
            with self._scope:
                self._cut_if_due()
                result = await run(*args)
        finally:
            trio.lowlevel.remove_instrument(self)
        self.was_cancelled = self._scope.cancelled_caught
        return result


def cut_at_every_step(scenario: Callable[[Cut], Awaitable[None]], most: int = 200) -> int:
    """Run `scenario` on a fresh virtual clock for every step there is; returns how many there were.

    The scenario makes its own world, runs something through `cut.run`, and
    checks what is left.
    """
    for step in range(most):
        cut = Cut(step)
        trio.run(scenario, cut, clock=trio.testing.MockClock(autojump_threshold=0))
        if not cut.is_cut:
            return step
    msg = f"still running after {most} steps"
    raise AssertionError(msg)
