"""`paceline rules check, test, fmt, json, from-json`: what policy authors do with their files. Files in, text out."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from collections_rules import (
    Diagnostic,
    PackSource,
    RulesError,
    compile_rules,
    fmt,
    from_json,
    list_findings,
    render,
    to_json,
)
from collections_rules.boundary import new_tests, run_boundary_tests
from collections_rules.diagnostics import mended, replacement
from collections_rules.rule_tests import MADE_ACCOUNTS, RuleTestReport, run_tests
from collections_rules.syntax import parse_pack
from dialer.commands.rules.sources import Files, console, read_sources, read_text, used_by, with_used
from dialer.faults import ConfigError

__all__ = ["check", "fmt_", "from_json_", "json_", "try_tests"]

Fix = Annotated[
    tuple[str, ...],
    Parameter(
        help="Write the suggested word in place of every misspelt one that has this code, e.g. R101.", negative=()
    ),
]


Log = Annotated[
    str,
    Parameter(help="A journal: what a stricter reading of seven days would have blocked. Name a configuration too."),
]


def check(*files: Files, fix: Fix = (), log: Log = "") -> None:
    """Say what is wrong with rule files, and what is worth a second look. Exit 1 for faults.

    A configuration (a `.toml` file) among the files stands for the rules of its campaigns; beside rule files it only
    says whose calls the journal of `--log` holds.
    """
    configs, names = (
        [one for one in files if one.endswith(".toml")],
        [one for one in files if not one.endswith(".toml")],
    )
    if log and len(configs) != 1:
        raise ConfigError("--log: name the one configuration (its .toml file) whose calls the journal holds")
    sources = list(read_sources(names)) if names else _configured(configs)
    found = _found(sources)
    if fix:
        sources = _mend(sources, [one for one in found if one.code in fix])
        found = _found(sources)
    if log and not any(one.severity == "error" for one in found):
        found += _readings(log, configs[0], sources if names else [])
    if found:
        console.print(render(found))
    fixable = Counter(one.code for one in found if replacement(one) is not None)
    for code, count in sorted(fixable.items()):
        console.print(f"{count} of {code} can be mended: paceline rules check --fix {code} {' '.join(files)}")
    console.print(f"{_counts(found)} in {_contents(sources)}")
    if any(one.severity == "error" for one in found):
        sys.exit(1)


def _configured(configs: list[str]) -> list[PackSource]:
    """The packs of configurations, each once."""
    from dialer.commands.rules.log_readings import configured_sources
    from dialer.config import load_config

    held = [source for one in configs for sources in configured_sources(load_config(Path(one))) for source in sources]
    return list(dict.fromkeys(held))


def _readings(log: str, config_path: str, sources: list[PackSource]) -> list[Diagnostic]:
    """Stricter readings of these files, or of each campaign's own, and what they would have blocked in the journal."""
    # Here and not above: a check of the files alone needs neither journals nor lists.
    from dialer.commands.rules.log_readings import configured_sources, readings_of_log
    from dialer.config import load_config

    config = load_config(Path(config_path))
    everybody = tuple(one.id for one in config.campaigns)
    asked = {tuple(with_used(sources)): everybody} if sources else configured_sources(config)
    found = [one for packs, campaigns in asked.items() for one in readings_of_log(config, log, packs, campaigns)]
    named = {source.name for source in sources}
    return [one for one in found if not sources or one.source.name in named]


def _found(sources: list[PackSource]) -> list[Diagnostic]:
    """Every fault; of packs without one, what is worth a second look."""
    try:
        compile_rules(with_used(sources))
    except RulesError as error:
        return list(error.diagnostics)
    named = {source.name for source in sources}
    return [one for one in list_findings(with_used(sources)) if one.source.name in named]


def _mend(sources: list[PackSource], found: list[Diagnostic]) -> list[PackSource]:
    mended_sources = []
    for source in sources:
        after = mended(source, found)
        if after != source:
            if not Path(source.name).is_file():
                raise ConfigError(f"{source.name}: a built-in pack is not changed; copy it to a file of yours")
            Path(source.name).write_text(after.text, encoding="utf-8")
        mended_sources.append(after)
    return mended_sources


def _counts(found: list[Diagnostic]) -> str:
    of = Counter(one.severity for one in found)
    return ", ".join(_number(of[kind], kind) for kind in ("error", "warning", "note") if kind != "note" or of[kind])


def _contents(sources: list[PackSource]) -> str:
    """`33 rules, 1 table, 2 sequences`, of whatever could be read."""
    packs = [parse_pack(source, []) for source in sources]
    of = {
        "rule": sum(len(pack.rules) for pack in packs),
        "table": sum(len(pack.tables) for pack in packs),
        "sequence": sum(len(pack.sequences) for pack in packs),
        "test": sum(len(pack.tests) for pack in packs),
        "file": len(packs),
    }
    return ", ".join(_number(count, kind) for kind, count in of.items() if count or kind == "rule")


def _number(count: int, kind: str) -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}"


def try_tests(
    *files: Files,
    coverage: Annotated[
        bool, Parameter(help="Also run generated boundary tests, and say which rules no test made true.")
    ] = False,
    new: Annotated[str | None, Parameter(help="Print a ready test for this rule instead of running any.")] = None,
    accounts: Annotated[int, Parameter(help="On how many made accounts each `always` is tried.")] = MADE_ACCOUNTS,
) -> None:
    """Run the tests that stand in rule files. Exit 1 when one fails, or when a rule is never made true."""
    sources = list(read_sources(files))
    if new is not None:
        print("\n".join(_new_test(sources, new)), end="")
        return
    is_green, reports = True, []
    for source in sources:
        report = run_tests(source, used_by(source), accounts)
        reports.append(report)
        is_green = is_green and report.is_green
        console.print(report.text())
        if coverage:
            generated = run_boundary_tests(source, used_by(source))
            is_green = is_green and not generated.failures
            console.print(generated.text())
    if coverage:
        console.print(_coverage(reports))
    if not is_green:
        sys.exit(1)


def _new_test(sources: list[PackSource], rule_id: str) -> list[str]:
    for source in sources:
        if any(rule.rule_id.text == rule_id for rule in parse_pack(source, []).rules):
            try:
                made = new_tests(with_used([source]), rule_id)
            except ValueError as error:
                raise ConfigError(str(error)) from None
            return made or [f"# no generated account closes {rule_id}: its condition is too large to search\n"]
    raise ConfigError(f"no rule `{rule_id}` in {', '.join(source.name for source in sources) or 'no file'}")


def _coverage(reports: list[RuleTestReport]) -> str:
    rules = sum(report.rules for report in reports)
    never = [rule_id for report in reports for rule_id in report.never_blocked]
    said = f"coverage: {rules - len(never)}/{rules} rules blocked at least once"
    if not never:
        return said
    return f"{said}; never: {', '.join(never)}     (write one: paceline rules test --new {never[0]} FILE)"


def fmt_(file: str, *, language: str = "en") -> None:
    """Print a rule file laid out anew, with English or Korean keywords."""
    print(fmt(read_text(Path(file)), language), end="")


def json_(file: str) -> None:
    """Print a rule file as JSON; nothing is lost."""
    print(json.dumps(to_json(read_text(Path(file))), ensure_ascii=False, indent=2))


def from_json_(file: str) -> None:
    """Print the rule file that a JSON form stands for."""
    print(fmt(from_json(json.loads(read_text(Path(file))))), end="")
