"""Slows down guessing: so many wrong passwords in a while, and the name and the address must wait."""

from collections import deque
from collections.abc import Callable

__all__ = ["Throttle"]

_WINDOW_S = 900.0
_MOST_PER_NAME = 5
_MOST_PER_ADDRESS = 20
# Names and addresses remembered at once; more than an attacker's flood, less than memory.
_MOST_KEYS = 10_000


class Throttle:
    """Counts failures by name and by address over the last quarter of an hour."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: dict[tuple[str, str], deque[float]] = {}

    def wait_s(self, name: str, address: str) -> float:
        """How long this name or address has to wait before the next try; 0 when it need not."""
        limits = ((("name", name), _MOST_PER_NAME), (("address", address), _MOST_PER_ADDRESS))
        return max(self._wait(key, most) for key, most in limits)

    def failed(self, name: str, address: str) -> None:
        """A wrong password was given."""
        for key in (("name", name), ("address", address)):
            if key not in self._failures and len(self._failures) >= _MOST_KEYS:
                self._failures.pop(next(iter(self._failures)))
            self._failures.setdefault(key, deque(maxlen=_MOST_PER_ADDRESS)).append(self._now())

    def succeeded(self, name: str) -> None:
        """The right password was given: the name starts afresh, the address does not."""
        self._failures.pop(("name", name), None)

    def _wait(self, key: tuple[str, str], most: int) -> float:
        failures = self._failures.get(key)
        if failures is None:
            return 0.0
        oldest = self._now() - _WINDOW_S
        while failures and failures[0] <= oldest:
            failures.popleft()
        if not failures:
            del self._failures[key]
        return failures[-most] + _WINDOW_S - self._now() if len(failures) >= most else 0.0
