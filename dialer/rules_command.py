"""`paceline rules …`: what policy authors do with their files at a terminal. Files in, text out."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.console import Console

from collections_rules import (
    BUILTIN_PACKS,
    PackSource,
    RulesError,
    builtin_pack,
    compile_rules,
    decide_case,
    fmt,
    from_json,
    list_findings,
    render,
    to_json,
)
from collections_rules.rule_tests import run_tests
from dialer.config import ConfigError

__all__ = ["app"]

app = App(name="rules", help="Check, test and convert contact rules.")
console = Console(highlight=False, markup=False, soft_wrap=True)

_HEADER = re.compile(r"^\s*(?:pack|campaign|규정집|캠페인)\b.*?\b(?:uses|포함)\s+([^#\n]+)", re.MULTILINE)

Files = Annotated[str, Parameter(help="Rule files, folders of them, or names of built-in packs.")]


@app.command
def check(*files: Files) -> None:
    """Say what is wrong with rule files, and what is worth a second look. Exit 1 for faults."""
    sources = list(_sources(files))
    try:
        compile_rules(_with_used(sources))
    except RulesError as error:
        console.print(str(error))
        sys.exit(1)
    named = {source.name for source in sources}
    found = [one for one in list_findings(_with_used(sources)) if one.source.name in named]
    if found:
        console.print(render(found))
    console.print(f"{len(sources)} files read, 0 errors, {len(found)} warnings and notes")


@app.command
def test(*files: Files) -> None:
    """Run the tests that stand in rule files. Exit 1 when one fails, or when a rule is never made true."""
    is_green = True
    for source in _sources(files):
        report = run_tests(source, _used_by(source))
        is_green = is_green and report.is_green
        console.print(report.text())
    if not is_green:
        sys.exit(1)


@app.command(name="fmt")
def fmt_(file: str, *, language: str = "en") -> None:
    """Print a rule file laid out anew, with English or Korean keywords."""
    print(fmt(_text(Path(file)), language), end="")


@app.command(name="json")
def json_(file: str) -> None:
    """Print a rule file as JSON; nothing is lost."""
    print(json.dumps(to_json(_text(Path(file))), ensure_ascii=False, indent=2))


@app.command(name="from-json")
def from_json_(file: str) -> None:
    """Print the rule file that a JSON form stands for."""
    print(fmt(from_json(json.loads(_text(Path(file))))), end="")


@app.command
def decide(cases: str) -> None:
    """Judge one case a line (JSON: packs, at, facts, zones, history), and print one verdict a line.

    `packs` names built-in packs or rule files. A case that cannot be read gets
    an `error` in its place, so that the lines of both files match.
    """
    books: dict[tuple[str, ...], Any] = {}
    for number, line in enumerate(_text(Path(cases)).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            names = tuple(case.get("packs", ()))
            if names not in books:
                books[names] = compile_rules(_with_used(list(_sources(names))))
            print(json.dumps(decide_case({**case, "packs": books[names]}), ensure_ascii=False))
        except (ValueError, RulesError, ConfigError, AttributeError, TypeError) as error:
            print(json.dumps({"error": f"line {number}: {error}"}, ensure_ascii=False))


def _sources(names: Iterable[str]) -> Iterable[PackSource]:
    for name in names:
        path = Path(name)
        if name in BUILTIN_PACKS:
            yield builtin_pack(name)
        elif path.is_dir():
            yield from (PackSource(str(one), _text(one)) for one in sorted(path.rglob("*.rules")))
        else:
            yield PackSource(name, _text(path))


def _used_by(source: PackSource) -> list[PackSource]:
    """The built-in packs that a file's header says it uses."""
    header = _HEADER.search(source.text)
    names = [name.strip() for name in header.group(1).split(",")] if header else []
    return [builtin_pack(name) for name in names if name in BUILTIN_PACKS]


def _with_used(sources: list[PackSource]) -> list[PackSource]:
    """The sources behind the packs they use, each once."""
    together = {one.name: one for source in sources for one in (*_used_by(source), source)}
    return list(together.values())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(BUILTIN_PACKS)
        msg = f"{path}: cannot be read ({error}); give a rule file, a folder, or one of {known}"
        raise ConfigError(msg) from error
