"""A small, fast centre for killing: a list, rules with a cap, brisk people, and a trunk in a process of its own."""

import json
import tomllib
from pathlib import Path
from typing import Any

__all__ = ["ATTEMPTS_A_DAY", "make_world"]

EXAMPLE = Path(__file__).parents[1] / "examples/bank_day"
ATTEMPTS_A_DAY = 6
# Talks, wrap-ups and waits are so many times shorter than a bank's, so that much happens between two kills.
BRISK = 150.0

_RULES = f"""pack crash.house 2026.1
  clock Asia/Seoul and every evidence
  contact attempt

rule house.hours  "시간"  "Hours"
  policy   crash bench 1
  open     00:00-24:00 every day
rule house.day  "하루"  "A day"
  policy   crash bench 2
  at most  {ATTEMPTS_A_DAY} attempts a day per person
rule house.opt-out  "거부"  "Opted out"
  policy   crash bench 3
  stop when person.opted_out

sequence house.tries  "재시도"  "Tries"
  numbers  mobile
  after    no_answer 1 minute, then next number
           busy 1 minute, 3 times | rejected 1 minute | machine 1 minute | cut_off 1 minute
           abandoned 1 minute | congested 1 minute, 3 times | failed 1 minute, 3 times
           callback at the asked time, same agent when free within 1 minute
           talk 1 minute | wrong_person drop number | out_of_service drop number
  end      {2 * ATTEMPTS_A_DAY} attempts a day
"""

_CONFIG = """
title = {{ ko = "충돌", en = "Crashes" }}
time_zone = "Asia/Seoul"
own_numbers = ["+8215990101"]
journal = {journal}
drain_s = 20

[[trunks]]
name = "t"
lines = {lines}
calls_per_s = {rate}
{trunk}

[[campaigns]]
id = "collect"
name = {{ ko = "회수", en = "Collect" }}
purpose = "collection"
caller_id = "+8215990101"
rules = ["house.rules"]
ring_s = 15
assume_clean = true

[campaigns.pacing]
mode = "predictive"
abandonment_target = 0.2
tick_s = 0.1
windows = [{{ name = "day", limit = 0.2 }}]

[campaigns.list]
path = "list.csv"
currency = "KRW"
fictitious_numbers = {{ mobile = 1.0 }}
columns = {{ person_id = "id", balance = "balance", days_past_due = "days" }}

[simulation]
start = 2026-11-24T09:30:00
end = 2026-11-24T20:00:00
assumptions = "assumptions.toml"

[[simulation.shifts]]
site = "seoul"
campaigns = ["collect"]
agents = {agents}
start = "09:00"
end = "20:00"
"""


def make_world(
    folder: Path,
    *,
    accounts: int = 10_000,
    agents: int = 120,
    rate: float = 200.0,
    journal: str = "day.journal",
    has_carrier: bool = True,
    brisk: float = BRISK,
) -> Path:
    """Write the configuration and what it names into a folder; returns the configuration's path."""
    rows = ["id,balance,days", *(f"{index},{100_000 + index},{index % 90}" for index in range(accounts))]
    (folder / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "house.rules").write_text(_RULES, encoding="utf-8")
    (folder / "assumptions.toml").write_text(_assumptions(brisk), encoding="utf-8")
    trunk = 'kind = "carrier"\nsocket = "carrier.sock"' if has_carrier else ""
    config = folder / "day.toml"
    config.write_text(
        _CONFIG.format(journal=json.dumps(journal), lines=int(20 * rate), rate=rate, trunk=trunk, agents=agents),
        encoding="utf-8",
    )
    return config


def _assumptions(brisk: float) -> str:
    table = tomllib.loads((EXAMPLE / "assumptions.toml").read_text(encoding="utf-8"))
    for name in ("brief", "wrap_up", "collection", "callback", "agents"):
        for law in table[name].values():
            for key in ("mean_s", "min_s", "max_s"):
                if key in law:
                    law[key] /= brisk
    table["collection"]["callback"]["share"] = 0.3
    table["callback"]["today"]["share"] = 1.0
    return "\n".join(_toml(name, values) for name, values in table.items())


def _toml(name: str, values: dict[str, Any]) -> str:
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    tables = {key: value for key, value in values.items() if isinstance(value, dict)}
    lines = [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in plain.items())]
    return "\n".join([*lines, *(_toml(f"{name}.{key}", value) for key, value in tables.items()), ""])


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
