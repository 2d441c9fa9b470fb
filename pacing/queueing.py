"""Queues in closed form: Erlang's B and C and Palm's A. Sanity bounds for a floor, and oracles for its simulator.

`load` is offered work in erlangs (arrivals per second x mean handling time),
`servers` a whole number of agents or lines. Sources: A. K. Erlang 1917 for B
and C; C. Palm 1946 for A, in the form of Garnett, Mandelbaum and Reiman 2002.
"""

from math import exp


def _check(load: float, servers: int) -> None:
    if not 0.0 <= load < float("inf") or servers < 0:
        raise ValueError(f"load {load!r} and servers {servers!r} must not be negative")


def erlang_b(load: float, servers: int) -> float:
    """Chance that an arrival finds every server busy and leaves at once.

    Recursion B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1, stable at any size.

    >>> round(erlang_b(10.0, 10), 5)
    0.21458
    """
    _check(load, servers)
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """Chance that an arrival has to wait when everybody waits as long as it takes; 1 when the load is too much.

    >>> round(erlang_c(8.0, 10), 4)
    0.4092
    """
    _check(load, servers)
    if load >= servers:
        return 1.0
    blocked = erlang_b(load, servers)
    return servers * blocked / (servers - load * (1.0 - blocked))


def erlang_a(load: float, servers: int, patience: float) -> tuple[float, float]:
    """Chance to wait, and chance to leave unserved, when waiting persons leave at random.

    `patience` is the mean time a person waits before leaving, over the mean
    handling time; both laws exponential. Raises `ValueError` unless it is
    positive.

    >>> waits, leaves = erlang_a(10.0, 10, 1.0)
    >>> round(waits, 4), round(leaves, 4)
    (0.5421, 0.1251)
    """
    _check(load, servers)
    if not patience > 0.0:
        raise ValueError(f"patience must be positive, not {patience!r}")
    if load == 0.0:
        return (0.0, 0.0) if servers else (1.0, 0.0)
    # Weights of k persons in the system over that of `servers` persons, out from there in both directions.
    below, weight = 0.0, 1.0
    for n in range(servers, 0, -1):
        weight *= n / load
        below += weight
    waiting, weight, queue, length = 1.0, 1.0, 0.0, 0
    while weight > 1e-16 * waiting or length < load:
        length += 1
        weight *= load / (servers + length / patience)
        waiting += weight
        queue += length * weight
    total = below + waiting
    # Those who leave per arrival: the queue's length, each leaving at rate 1 / patience.
    return waiting / total, queue / total / patience / load


def occupancy_bound(load: float, servers: int) -> float:
    """Largest share of time agents can be busy on `load` when persons who find all of them busy are lost.

    >>> round(occupancy_bound(10.0, 10), 4)
    0.7854
    """
    return load * (1.0 - erlang_b(load, servers)) / servers if servers else 0.0


def poisson_tail(mean: float, at_least: int) -> float:
    """P(N >= at_least) of a Poisson count, by summing the short side.

    >>> round(poisson_tail(2.0, 3), 4)
    0.3233
    """
    if at_least <= 0:
        return 1.0
    term = total = exp(-mean)
    for k in range(1, at_least):
        term *= mean / k
        total += term
    return max(0.0, 1.0 - total)
