"""One policy in our language and in those that a user would pick instead; the same accounts, the same answers?

The policy is what all of them can say: facts of one account, and the hour of the day.
Caps over contacts, clocks of several zones, release times and unknown facts cannot be
said by the others, so they are left out; each gets the local hour worked out beforehand.
(regorus is not on PyPI, and is not measured.)
"""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import cedarpy
import cel
import rule_engine
from attrs import frozen

from collections_rules import ContactLedger, Facts, PackSource, clean_facts, compile_rules
from collections_rules.bulk import evaluate_bulk
from collections_rules.portfolio import Portfolio

__all__ = ["Peer", "compare_peers"]

_OURS = """pack peers.policy 1.0
  clock Asia/Seoul
rule peers.hours "가" "Hours"
  policy 1
  open 09:00-20:00 every day
rule peers.deceased "나" "Deceased"
  policy 2
  stop when person.deceased
rule peers.attorney "다" "Lawyer"
  policy 3
  stop when person.attorney is not none and not attorney.consented
rule peers.small "라" "Small"
  policy 4
  stop when debt.dpd is at most 4 and value.tier is A
rule peers.work "마" "Work"
  policy 5
  stop when number.kind is work and not work.allowed
rule peers.dispute "바" "Dispute"
  policy 6
  stop when debt.dispute is one of received_in_validation_period, other
"""
_CEL = (
    'a.hour >= 9 && a.hour < 20 && !a.deceased && !(a.attorney != "none" && !a.consented) '
    '&& !(a.dpd <= 4 && a.tier == "A") && !(a.kind == "work" && !a.work) '
    '&& !(a.dispute in ["received_in_validation_period", "other"])'
)
_ENGINE = (
    'hour >= 9 and hour < 20 and not deceased and not (attorney != "none" and not consented) '
    'and not (dpd <= 4 and tier == "A") and not (kind == "work" and not work) '
    'and not (dispute in ["received_in_validation_period", "other"])'
)
_CEDAR = """
permit(principal, action, resource) when { context.hour >= 9 && context.hour < 20 };
forbid(principal, action, resource) when { context.deceased };
forbid(principal, action, resource) when { context.attorney != "none" && !context.consented };
forbid(principal, action, resource) when { context.dpd <= 4 && context.tier == "A" };
forbid(principal, action, resource) when { context.kind == "work" && !context.work };
forbid(principal, action, resource) when { ["received_in_validation_period", "other"].contains(context.dispute) };
"""
_NAMES = {
    "deceased": "person.deceased", "attorney": "person.attorney", "consented": "attorney.consented",
    "dpd": "debt.dpd", "tier": "value.tier", "kind": "number.kind", "work": "work.allowed", "dispute": "debt.dispute",
}  # fmt: skip


@frozen
class Peer:
    """What one of them took an account, and on how many it agrees with ours."""

    name: str
    us: float
    accounts: int
    agree: int


def compare_peers(size: int, seed: int = 1) -> tuple[Peer, ...]:
    """Ours first: one account at a time, then the whole list at once; then the others."""
    accounts = [_account(random.Random(f"{seed}-{n}")) for n in range(size)]
    book, ledger = compile_rules([PackSource("peers.rules", _OURS)]), ContactLedger()
    asked = [_facts(account) for account in accounts]
    ours, ours_us = _timed(lambda: [book.evaluate(one, ledger).is_allowed for one in asked], size)
    hour = accounts[0]["hour"]
    same_hour = [one for one, account in zip(asked, accounts, strict=True) if account["hour"] == hour]
    portfolio = Portfolio.of_facts(book, same_hour * 50, ledger)
    bulk, bulk_us = _timed(lambda: evaluate_bulk(book, portfolio).allowed.tolist(), portfolio.size)
    exact = [verdict for verdict, account in zip(ours, accounts, strict=True) if account["hour"] == hour] * 50
    found = [
        Peer("paceline, one account", ours_us, size, size),
        Peer("paceline, whole list", bulk_us, len(bulk), sum(a == b for a, b in zip(bulk, exact, strict=True))),
    ]
    for name, run in (("common-expression-language", _cel), ("rule-engine", _engine), ("cedarpy", _cedar)):
        answers, us = _timed(lambda run=run: run(accounts), size)  # type: ignore[misc]
        found.append(Peer(name, us, size, sum(a == b for a, b in zip(ours, answers, strict=True))))
    return tuple(found)


def _timed(run: Callable[[], list[bool]], size: int) -> tuple[list[bool], float]:
    began = time.process_time()
    answers = run()
    return answers, 1e6 * (time.process_time() - began) / size


def _account(rng: random.Random) -> dict[str, Any]:
    return {
        "hour": rng.randrange(7, 23), "deceased": rng.random() < 0.02,
        "attorney": rng.choice(["none"] * 9 + ["known"]), "consented": rng.random() < 0.3,
        "dpd": rng.randrange(0, 40), "tier": rng.choice("ABC"), "kind": rng.choice(["mobile", "home", "work"]),
        "work": rng.random() < 0.5, "dispute": rng.choice(["none"] * 9 + ["other"]),
    }  # fmt: skip


def _facts(account: dict[str, Any]) -> Facts:
    at = datetime(2026, 4, 13 + (account["hour"] >= 9), (account["hour"] - 9) % 24, tzinfo=UTC)
    values = {**clean_facts(), **{_NAMES[key]: value for key, value in account.items() if key in _NAMES}}
    return Facts(at, values, frozenset({"Asia/Seoul"}), "P", ("D",), "N", "C")


def _cel(accounts: list[dict[str, Any]]) -> list[bool]:
    program = cel.compile(_CEL)
    return [bool(program.execute({"a": account})) for account in accounts]


def _engine(accounts: list[dict[str, Any]]) -> list[bool]:
    rule = rule_engine.Rule(_ENGINE)
    return [rule.matches(account) for account in accounts]


def _cedar(accounts: list[dict[str, Any]]) -> list[bool]:
    who = {"principal": 'Person::"p"', "action": 'Action::"call"', "resource": 'Number::"n"'}
    answers = cedarpy.is_authorized_batch([{**who, "context": account} for account in accounts], _CEDAR, [])
    return [answer.allowed for answer in answers]
