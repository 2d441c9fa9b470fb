"""`paceline rules check, test, fmt, json, from-json`: what policy authors do with their files. Files in, text out."""

import json
import sys
from pathlib import Path

from collections_rules import RulesError, compile_rules, fmt, from_json, list_findings, render, to_json
from collections_rules.rule_tests import run_tests
from dialer.commands.rules.sources import Files, app, console, read_sources, read_text, used_by, with_used

__all__ = ["check", "fmt_", "from_json_", "json_", "test"]


@app.command
def check(*files: Files) -> None:
    """Say what is wrong with rule files, and what is worth a second look. Exit 1 for faults."""
    sources = list(read_sources(files))
    try:
        compile_rules(with_used(sources))
    except RulesError as error:
        console.print(str(error))
        sys.exit(1)
    named = {source.name for source in sources}
    found = [one for one in list_findings(with_used(sources)) if one.source.name in named]
    if found:
        console.print(render(found))
    console.print(f"{len(sources)} files read, 0 errors, {len(found)} warnings and notes")


@app.command
def test(*files: Files) -> None:
    """Run the tests that stand in rule files. Exit 1 when one fails, or when a rule is never made true."""
    is_green = True
    for source in read_sources(files):
        report = run_tests(source, used_by(source))
        is_green = is_green and report.is_green
        console.print(report.text())
    if not is_green:
        sys.exit(1)


@app.command(name="fmt")
def fmt_(file: str, *, language: str = "en") -> None:
    """Print a rule file laid out anew, with English or Korean keywords."""
    print(fmt(read_text(Path(file)), language), end="")


@app.command(name="json")
def json_(file: str) -> None:
    """Print a rule file as JSON; nothing is lost."""
    print(json.dumps(to_json(read_text(Path(file))), ensure_ascii=False, indent=2))


@app.command(name="from-json")
def from_json_(file: str) -> None:
    """Print the rule file that a JSON form stands for."""
    print(fmt(from_json(json.loads(read_text(Path(file))))), end="")
