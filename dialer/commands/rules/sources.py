"""Which rule files a command is about: files, folders of them, built-in packs, and what they use."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from collections_rules import BUILTIN_PACKS, PackSource, builtin_pack
from dialer.faults import ConfigError

__all__ = ["Files", "beside", "console", "read_sources", "read_text", "used_by", "with_used"]

console = Console(highlight=False, markup=False, soft_wrap=True)

_HEADER = re.compile(r"^\s*(?:pack|campaign|규정집|캠페인)\b.*?\b(?:uses|포함)\s+([^#\n]+)", re.MULTILINE)

Files = Annotated[str, Parameter(help="Rule files, folders of them, or names of built-in packs.")]


def read_sources(names: Iterable[str]) -> Iterable[PackSource]:
    for name in names:
        path = Path(name)
        if name in BUILTIN_PACKS:
            yield builtin_pack(name)
        elif path.is_dir():
            yield from (PackSource(str(one), read_text(one)) for one in sorted(path.rglob("*.rules")))
        else:
            yield PackSource(name, read_text(path))


def used_by(source: PackSource) -> list[PackSource]:
    """The built-in packs that a file's header says it uses."""
    header = _HEADER.search(source.text)
    names = [name.strip() for name in header.group(1).split(",")] if header else []
    return [builtin_pack(name) for name in names if name in BUILTIN_PACKS]


_NAME = re.compile(r"^(?:pack|campaign|규정집|캠페인)\s+(\S+)", re.MULTILINE)


def beside(source: PackSource, path: Path) -> list[PackSource]:
    """The packs in the folder of a file that its header says it uses, as they are on disk."""
    header = _HEADER.search(source.text)
    names = [name.strip() for name in header.group(1).split(",")] if header else []
    wanted = {name for name in names if name not in BUILTIN_PACKS}
    files = sorted(path.parent.glob("*.rules")) if wanted else []
    others = [PackSource(str(one), read_text(one)) for one in files if one != path]
    return [one for one in others if (found := _NAME.search(one.text)) and found[1] in wanted]


def with_used(sources: list[PackSource]) -> list[PackSource]:
    """The sources behind the packs they use, each once."""
    together = {one.name: one for source in sources for one in (*used_by(source), source)}
    return list(together.values())


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(BUILTIN_PACKS)
        msg = f"{path}: cannot be read ({error}); give a rule file, a folder, or one of {known}"
        raise ConfigError(msg) from error
