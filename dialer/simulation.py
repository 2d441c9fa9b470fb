"""Runs the production engine under a virtual clock, repeatably to the byte.

Nothing of the engine knows that it is simulated: it gets a clock that jumps,
ports that simulate, and a scheduler that decides ties from a seed.
"""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import trio

from dialer.clock import JumpClock

__all__ = ["run_virtual", "seeded_scheduler"]

T = TypeVar("T")


@contextmanager
def seeded_scheduler(seed: int) -> Iterator[None]:
    """Make the order of tasks that are due at the same instant a function of `seed`.

    trio orders them at random on purpose, and offers this hook for tests of its
    own. It is private: should it move, this raises instead of giving results
    that do not repeat.
    """
    core = trio._core._run
    if not hasattr(core, "_ALLOW_DETERMINISTIC_SCHEDULING") or not isinstance(core._r, random.Random):
        msg = f"trio {trio.__version__} has moved its scheduling hook; simulations cannot repeat on it"
        raise RuntimeError(msg)
    before, state = core._ALLOW_DETERMINISTIC_SCHEDULING, core._r.getstate()
    core._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]
    core._r.seed(seed)
    try:
        yield
    finally:
        core._ALLOW_DETERMINISTIC_SCHEDULING = before  # type: ignore[misc]
        core._r.setstate(state)


def run_virtual(
    main: Callable[[], Awaitable[T]], seed: int, on_jump: Callable[[float], None] | None = None, every_s: float = 60.0
) -> T:
    """Run `main` to its end in virtual time and return what it returns."""
    with seeded_scheduler(seed):
        return trio.run(main, clock=JumpClock(on_jump, every_s))
