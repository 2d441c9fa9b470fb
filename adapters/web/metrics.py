"""Figures for Prometheus: the engine's are read when somebody asks, the web's own are counted as they happen.

Names begin with `paceline_`. Nothing here names a person, an account or an
agent: labels are campaigns, trunks, rules, states and routes.
"""

import time
from collections.abc import Callable, Iterator

import trio
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dialer.board import Board, CampaignRow, Console

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LAG_EVERY_S = 0.25
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Everything that `/metrics` shows of one daemon. `speed` is how much faster trio's clock runs than people's."""

    def __init__(self, console: Console, speed: float = 1.0) -> None:
        self._speed = speed
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(_Floor(console))
        self._requests = Counter(
            "paceline_web_requests",
            "Requests by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._request_s = Histogram(
            "paceline_web_request_seconds", "How long requests took, streams left out.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._flush_s = Histogram(
            "paceline_journal_flush_seconds", "How long flushes of the journal took.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._lag_s = Histogram(
            "paceline_event_loop_lag_seconds", "How late a task wakes that slept.", buckets=_SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._connections = Gauge("paceline_web_connections", "Open connections.", registry=self.registry)
        self._dropped = Counter(
            "paceline_web_connections_dropped", "Connections ended to keep room for others.", ["why"],
            registry=self.registry,
        )  # fmt: skip
        self._deliveries = Counter(
            "paceline_webhook_deliveries", "Tries to deliver an event.", ["result"], registry=self.registry
        )
        console.books.time_flushes(self._observe_flush)

    async def run(self) -> None:
        """Measure the event loop until cancelled."""
        while True:
            began_s = time.perf_counter()
            await trio.sleep(_LAG_EVERY_S * self._speed)
            self._lag_s.observe(max(0.0, time.perf_counter() - began_s - _LAG_EVERY_S))

    def requested(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered, after `seconds` of the machine's clock."""
        self._requests.labels(method, route, str(status)).inc()
        self._request_s.observe(seconds)

    def dropped(self, why: str) -> None:
        """A connection was ended: `stranger` or `late` for room, `full` at the door."""
        self._dropped.labels(why).inc()

    def count_connections(self, count: Callable[[], int]) -> None:
        """Where the number of open connections is read."""
        self._connections.set_function(count)

    def delivered(self, result: str) -> None:
        """A webhook was tried: `sent`, `failed` or `dead`."""
        self._deliveries.labels(result).inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _observe_flush(self, trio_s: float) -> None:
        self._flush_s.observe(trio_s / self._speed)


class _Floor(Collector):
    """The engine's figures, read at the moment of the question."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def describe(self) -> Iterator[Metric]:
        """Nothing in advance: registering must not ask an engine that is not there yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """All of them."""
        board = self._console.board()
        yield from self._totals()
        yield from _campaigns(board.campaigns)
        yield from _floor(board)
        health = self._console.books.health()
        yield _gauge("paceline_ready", "1 while the engine dials and its journal takes records.",
                     float(health.is_running and not health.is_draining and not health.journal_fault))  # fmt: skip
        records = CounterMetricFamily("paceline_journal_records", "Records in the journal.")
        records.add_metric([], health.record_count)
        yield records

    def _totals(self) -> Iterator[Metric]:
        attempts = CounterMetricFamily("paceline_attempts", "Attempts claimed.", labels=["campaign"])
        ended = CounterMetricFamily("paceline_dispositions", "How attempts ended.", labels=["campaign", "disposition"])
        denials = CounterMetricFamily("paceline_denials", "Refusals by the deciding rule.", labels=["campaign", "rule"])
        for one in self._console.books.totals():
            attempts.add_metric([one.campaign_id], one.attempts)
            for name, count in one.dispositions.items():
                ended.add_metric([one.campaign_id, name], count)
            for rule_id, count in one.denials.items():
                denials.add_metric([one.campaign_id, rule_id], count)
        yield from (attempts, ended, denials)


def _floor(board: Board) -> Iterator[Metric]:
    agents = GaugeMetricFamily("paceline_agents", "Agents by state.", labels=["state"])
    for state, count in board.agents.items():
        agents.add_metric([state], count)
    yield agents
    lines = GaugeMetricFamily("paceline_trunk_lines", "Lines of a trunk.", labels=["trunk"])
    used = GaugeMetricFamily("paceline_trunk_lines_in_use", "Lines in use.", labels=["trunk"])
    is_up = GaugeMetricFamily("paceline_trunk_up", "1 while the trunk takes calls.", labels=["trunk"])
    for trunk in board.trunks:
        lines.add_metric([trunk.name], trunk.line_count)
        used.add_metric([trunk.name], trunk.in_use)
        is_up.add_metric([trunk.name], float(trunk.is_up))
    yield from (lines, used, is_up)
    yield _gauge(
        "paceline_oldest_wait_seconds", "How long the first person waiting has waited.", board.oldest_wait_s or 0
    )
    yield _gauge("paceline_breaches", "Calls placed without an allow; must be zero.", board.breaches)
    if board.occupancy is not None:
        yield _gauge("paceline_occupancy_ratio", "Talk and wrap-up over logged-in time without breaks, today.",
                     board.occupancy)  # fmt: skip


def _campaigns(rows: tuple[CampaignRow, ...]) -> Iterator[Metric]:
    one_each = {
        "idle_count": GaugeMetricFamily("paceline_idle_agents", "Agents free for a campaign.", labels=["campaign"]),
        "in_flight_count": GaugeMetricFamily("paceline_open_attempts", "Attempts under way.", labels=["campaign"]),
        "waiting_count": GaugeMetricFamily("paceline_waiting", "Persons waiting for an agent.", labels=["campaign"]),
        "listed_count": GaugeMetricFamily("paceline_listed_accounts", "Accounts of the list.", labels=["campaign"]),
    }
    running = GaugeMetricFamily("paceline_campaign_running", "1 while it may start calls.", labels=["campaign"])
    labels = ["campaign", "window"]
    answered = GaugeMetricFamily("paceline_window_answered", "Answered by a person in a legal window.", labels=labels)
    abandoned = GaugeMetricFamily("paceline_window_abandoned", "Of these abandoned.", labels=labels)
    rate = GaugeMetricFamily("paceline_abandonment_ratio", "Abandoned over answered in a legal window.", labels=labels)
    limit = GaugeMetricFamily("paceline_abandonment_limit_ratio", "What the window may not exceed.", labels=labels)
    for row in rows:
        for name, family in one_each.items():
            family.add_metric([row.campaign_id], getattr(row, name))
        running.add_metric([row.campaign_id], float(row.state == "running"))
        for window in row.windows:
            place = [row.campaign_id, window.name]
            answered.add_metric(place, window.answered)
            abandoned.add_metric(place, window.abandoned)
            limit.add_metric(place, window.target)
            if window.rate is not None:
                rate.add_metric(place, window.rate)
    yield from (*one_each.values(), running, answered, abandoned, rate, limit)


def _gauge(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family
