"""The exact limit of a floor: the busiest that any policy could be within an abandonment target, known rates and all.

The floor is the Markov version of a day that never ends: `agents` agents,
ringing that lasts 10 s on average and ends in an answer with chance `answer`,
handling of 140 s, persons who wait 2 s on average for an agent before they
count as abandoned; all of it exponential. Its state is (calls with agents or
waiting, calls ringing). Launching is an impulse: it takes no time, so it is a
transition of its own, with a flow instead of a duration.

Over all policies that may depend on the state and on chance, the long-run
share of time in each state and the rate of launching in each obey one linear
balance equation a state; utilisation and abandonment are linear in the shares.
Their best is therefore a linear programme, and its solution is the policy.
The optimum mixes two pure policies in one state at most.
"""

import random
from functools import cached_property

import numpy as np
import numpy.typing as npt
from attrs import field, frozen
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

Floats = npt.NDArray[np.float64]


@frozen
class MarkovFloor:
    """What a floor is made of; times are means, in seconds."""

    agents: int
    answer: float
    target: float
    ring_s: float = 10.0
    handle_s: float = 140.0
    connect_s: float = 2.0
    waiting_room: int | None = None
    """Persons who can wait; enough that more would change nothing in the fourth digit, unless given."""
    ringing_room: int | None = None
    """Calls that can ring, likewise."""

    @property
    def most_present(self) -> int:
        """Calls with agents or waiting, at most."""
        room = self.waiting_room if self.waiting_room is not None else 6 + int(np.ceil(self.agents**0.5))
        return self.agents + room

    @property
    def most_ringing(self) -> int:
        """Calls ringing, at most."""
        if self.ringing_room is not None:
            return self.ringing_room
        # Ringing calls that would keep every agent busy, and as many again for the times when all of them come free.
        steady = self.agents * self.ring_s / (self.handle_s * self.answer)
        return int(np.ceil(2.5 * steady + 1.2 * self.agents**0.5 / self.answer + 3.0 / self.answer))


@frozen(slots=False)
class Optimum:
    """The best policy of a floor. Shares of time and launching rates are indexed [present, ringing]."""

    floor: MarkovFloor
    utilisation: float
    abandonment: float
    time_share: Floats = field(repr=False)
    launch_rate: Floats = field(repr=False)

    @cached_property
    def launch_chance(self) -> Floats:
        """Chance to launch one more call on entering a state; 0 where the best policy never comes."""
        rate = _leaving(self.floor)
        flow = self.time_share * rate + self.launch_rate
        chance = np.divide(self.launch_rate, flow, out=np.zeros_like(flow), where=flow > 1e-13)
        return np.clip(chance, 0.0, 1.0)


def _grid(floor: MarkovFloor) -> tuple[Floats, Floats]:
    shape = (floor.most_present + 1, floor.most_ringing + 1)
    present, ringing = np.indices(shape).astype(np.float64)
    return present, ringing


def _leaving(floor: MarkovFloor) -> Floats:
    """Rate of events in each state."""
    return sum(rate for rate, _, _ in _events(floor))


def _events(floor: MarkovFloor) -> list[tuple[Floats, int, int]]:
    """Rates of what can happen in each state, with the change of present and ringing calls it makes."""
    present, ringing = _grid(floor)
    full = present >= floor.most_present
    served = np.minimum(present, floor.agents) / floor.handle_s
    left = np.maximum(0.0, present - floor.agents) / floor.connect_s
    # An answer beyond the last place is lost; there are so many places that it hardly happens.
    answered = np.where(full, 0.0, ringing * floor.answer / floor.ring_s)
    unanswered = ringing / floor.ring_s - answered
    return [(served + left, -1, 0), (answered, 1, -1), (unanswered, 0, -1)]


def solve(floor: MarkovFloor) -> Optimum:
    """The optimum by the linear programme; raises `ValueError` when the solver finds none.

    >>> best = solve(MarkovFloor(agents=5, answer=0.1, target=0.03))
    >>> round(best.utilisation, 4), round(best.abandonment, 4)
    (0.7768, 0.03)
    """
    present, _ = _grid(floor)
    shape, size = present.shape, present.size
    busy, lost = np.minimum(present, floor.agents).ravel(), np.maximum(0.0, present - floor.agents).ravel()
    balance, right = _balance(floor)
    padding = np.zeros(balance.shape[1] - size)
    # Abandoned within target of all answered, times the long-run rates.
    over = (1.0 - floor.target) * lost / floor.connect_s - floor.target * busy / floor.handle_s
    problem = {
        "c": np.concatenate((-busy / floor.agents, padding)),
        "A_ub": np.concatenate((over, padding))[None, :],
        "b_ub": [0.0],
        "A_eq": balance,
        "b_eq": right,
    }
    found = linprog(**problem, method="highs")
    if not found.success:
        # The simplex method stumbles over a few large floors; the interior point method over others.
        found = linprog(**problem, method="highs-ipm")
    if not found.success:
        raise ValueError(f"no optimum for {floor}: {found.message}")
    share = np.maximum(0.0, found.x[:size])
    launched = np.zeros(shape)
    launched[:, :-1] = np.maximum(0.0, found.x[size:]).reshape(shape[0], shape[1] - 1)
    left, served = float(lost @ share) / floor.connect_s, float(busy @ share) / floor.handle_s
    abandonment = left / (left + served) if served else 0.0
    return Optimum(floor, float(-found.fun), abandonment, share.reshape(shape), launched)


def _balance(floor: MarkovFloor) -> tuple[csr_array, Floats]:
    """What flows into each state flows out of it, and the shares of time add up to one."""
    present, _ = _grid(floor)
    shape, size = present.shape, present.size
    index = np.arange(size).reshape(shape)
    can_launch = index[:, :-1].ravel()
    rows, columns, values = [], [], []
    for rate, up, ring in _events(floor):
        here = index[rate > 0.0]
        there = here + up * shape[1] + ring
        flow = rate[rate > 0.0]
        rows += [here, there]
        columns += [here, here]
        values += [-flow, flow]
    launching = size + np.arange(can_launch.size)
    rows += [can_launch, can_launch + 1, np.full(size, size)]
    columns += [launching, launching, np.arange(size)]
    values += [-np.ones(can_launch.size), np.ones(can_launch.size), np.ones(size)]
    width = size + can_launch.size
    places = (np.concatenate(rows), np.concatenate(columns))
    right = np.zeros(size + 1)
    right[-1] = 1.0
    return coo_array((np.concatenate(values), places), shape=(size + 1, width)).tocsr(), right


def simulate(best: Optimum, event_count: int, seed: int) -> tuple[float, float]:
    """Utilisation and abandonment of the optimal policy over so many events, as a check of the programme."""
    floor, chance, rng = best.floor, best.launch_chance.tolist(), random.Random(seed)
    left = answered = 0
    # From a state that the policy visits: in others it says nothing.
    present, ringing = (int(at) for at in np.unravel_index(best.time_share.argmax(), best.time_share.shape))
    busy_s = passed_s = 0.0
    for _ in range(event_count):
        while rng.random() < chance[present][ringing] or present == ringing == 0:
            ringing += 1
        busy = min(present, floor.agents)
        served, lost, rung = busy / floor.handle_s, (present - busy) / floor.connect_s, ringing / floor.ring_s
        stay_s = rng.expovariate(served + lost + rung)
        busy_s, passed_s = busy_s + busy * stay_s, passed_s + stay_s
        which = rng.random() * (served + lost + rung)
        if which < served + lost:
            present -= 1
            left += which >= served
        else:
            ringing -= 1
            if present < floor.most_present and rng.random() < floor.answer:
                present, answered = present + 1, answered + 1
    return busy_s / passed_s / floor.agents, left / max(1, answered)
