"""`paceline rules decide`: one case a line in, one verdict a line out."""

import json
from pathlib import Path
from typing import Any

from collections_rules import RulesError, compile_rules, decide_case
from dialer.commands.rules.sources import read_sources, read_text, with_used
from dialer.faults import ConfigError

__all__ = ["decide"]


def decide(cases: str) -> None:
    """Judge one case a line (JSON: packs, at, facts, zones, history), and print one verdict a line.

    `packs` names built-in packs or rule files. A case that cannot be read gets
    an `error` in its place, so that the lines of both files match.
    """
    books: dict[tuple[str, ...], Any] = {}
    for number, line in enumerate(read_text(Path(cases)).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
            names = tuple(case.get("packs", ()))
            if names not in books:
                books[names] = compile_rules(with_used(list(read_sources(names))))
            print(json.dumps(decide_case({**case, "packs": books[names]}), ensure_ascii=False))
        except (ValueError, RulesError, ConfigError, AttributeError, TypeError) as error:
            print(json.dumps({"error": f"line {number}: {error}"}, ensure_ascii=False))
