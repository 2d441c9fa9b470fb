"""Who may import whom, which clocks are read where, and that no two modules need each other."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("pacing", "collections_rules", "dialer", "adapters")
STDLIB = set(sys.stdlib_module_names)

ALLOWED = {
    "pacing": {"attrs", "numpy", "scipy"},
    "collections_rules": {"attrs", "lark", "numpy", "holidays"},
    "dialer": {"pacing", "collections_rules", "attrs", "trio", "structlog", "cattrs", "msgspec"},
    "adapters": {"attrs", "trio", "structlog", "numpy", "apsw", "polars", "phonenumbers", "msgspec"},
}
# Only here.
ALLOWED_IN = {
    "dialer/commands/rules/lsp/server.py": {"pygls", "lsprotocol"},
    "dialer/commands/rules/lsp/place.py": {"lark"},
    "adapters/asterisk/protocol.py": {"wsproto"},
    "dialer/report/table.py": {"rich"},
    "dialer/publishing.py": {"rich"},
    "dialer/sealing.py": {"cryptography"},
    "dialer/anchors.py": {"cryptography"},
    "dialer/commands/journal_people.py": {"polars"},
    "adapters/journal_postgres/schema.py": {"psycopg"},
    "adapters/journal_postgres/store.py": {"psycopg"},
    "adapters/journal_postgres/leases.py": {"psycopg"},
}
# Only below here.
ALLOWED_BELOW = {
    "adapters/web/": {"anycorn", "litestar", "argon2"},
    "adapters/web/metrics.py": {"prometheus_client"},
    "adapters/web/webhooks/": {"httpx2"},
    "adapters/web/accepting.py": {"anyio"},
    "adapters/web/serving.py": {"anyio"},
}
# What adapters may know of the engine: its ports and its words.
ENGINE_WORDS = {
    f"dialer.{name}"
    for name in (
        "ports", "board", "books", "case_words", "model", "records", "record_codec", "disposition", "clock",
        "list_mapping", "chain", "sealing", "desk_work", "stations",
    )
}  # fmt: skip
WALL_CLOCKS = {
    "time": {"time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "sleep"},
    "datetime": {"now", "today", "utcnow"},
    "date": {"today"},
    "random": {"*"},
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, by its full name."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)}: a relative import"
            assert node.module is not None
            yield node.module


def is_command(path: Path) -> bool:
    """Whether the file is of the command line: the one place that knows adapters, and that draws on a terminal."""
    return place(path) == "dialer/__main__.py" or place(path).startswith("dialer/commands/")


def strangers(path: Path) -> set[str]:
    """What a file of a package may not import."""
    package = path.relative_to(ROOT).parts[0]
    known = ALLOWED[package] | ALLOWED_IN.get(place(path), set()) | STDLIB | {package}
    for folder, names in ALLOWED_BELOW.items():
        if place(path).startswith(folder):
            known |= names
    if is_command(path):
        known |= {"adapters", "rich", "cyclopts"}
    return {name for name in imports(path) if name.split(".")[0] not in known}


@pytest.mark.parametrize("package", PACKAGES)
def test_package_imports_only_what_it_may(package):
    found = {place(path): names for path in sources(package) if (names := strangers(path) - ENGINE_WORDS)}
    assert found == {}


def test_engine_is_known_to_adapters_by_its_words_alone():
    for path in sources("adapters"):
        engine = {name for name in imports(path) if name.split(".")[0] == "dialer"}
        assert engine <= ENGINE_WORDS, place(path)


def test_other_packages_do_not_know_the_engine():
    for package in ("pacing", "collections_rules"):
        for path in sources(package):
            assert not ENGINE_WORDS & set(imports(path)), place(path)


# What telephone switches have in common.
SHARED_BY_ADAPTERS = "switches"


def adapter_of(name: str) -> str:
    """`adapters.simulated.trunk` belongs to `simulated`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


def test_no_adapter_imports_another():
    for path in sources("adapters"):
        own = adapter_of(module_name(path))
        for name in imports(path):
            if name.split(".")[0] == "adapters":
                assert adapter_of(name) in (own, SHARED_BY_ADAPTERS), f"{place(path)} imports {name}"


def test_only_the_command_line_knows_adapters():
    for path in sources("dialer"):
        if not is_command(path):
            assert not {name for name in imports(path) if name.split(".")[0] in ("adapters", "bench", "tests")}


def test_measurements_do_not_import_tests():
    for path in sources("bench"):
        assert not {name for name in imports(path) if name.split(".")[0] == "tests"}, place(path)


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_that_is_shipped_imports_measurements_or_tests(package):
    for path in sources(package):
        assert not {name for name in imports(path) if name.split(".")[0] in ("bench", "tests")}, place(path)


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is imported: everything but the bodies of functions."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from at_import(node)


@pytest.mark.parametrize("package", [*PACKAGES, "bench"])
def test_modules_of_a_package_do_not_need_each_other_in_a_circle(package):
    names = {module_name(path): path for path in sources(package)}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        needed = set()
        for node in at_import(tree_of(path)):
            if isinstance(node, ast.Import):
                needed |= {one.name for one in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                # `from a import b` needs the module a.b if there is one, else a.
                full = {f"{node.module}.{one.name}" for one in node.names}
                needed |= (full & set(names)) or {node.module}
        graph[name] = (needed & set(names)) - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def forbidden_reads(path: Path) -> Iterator[str]:
    """Reads of a clock or of shared randomness."""
    tree = tree_of(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "random"):
            # A `Random` of one's own is a generator with a seed, as the caller's is.
            yield from (f"{place(path)}:{node.lineno} {one.name}" for one in node.names if one.name != "Random")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = WALL_CLOCKS.get(node.value.id, set())
            if node.attr in names or ("*" in names and node.attr != "Random"):
                yield f"{place(path)}:{node.lineno} {node.value.id}.{node.attr}"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            # np.random.x draws from numpy's shared generator; a Generator is passed in.
            is_shared = node.value.attr == "random" and node.attr not in ("Generator", "default_rng", "SeedSequence")
            if is_shared or (node.value.attr == "datetime" and node.attr in WALL_CLOCKS["datetime"]):
                yield f"{place(path)}:{node.lineno} {ast.unparse(node)}"


@pytest.mark.parametrize("package", ["pacing", "collections_rules"])
def test_core_reads_no_clock_and_draws_no_shared_randomness(package):
    assert [read for path in sources(package) for read in forbidden_reads(path)] == []


def test_engine_reads_real_time_only_where_it_makes_its_clock():
    readers = {read.partition(":")[0] for path in sources("dialer") for read in forbidden_reads(path)}
    # Waiting for another process to let go of a journal is no time that anything is decided by.
    waiting = {"dialer/commands/locking.py"}
    # The doctor examines the machine's clock; nothing is decided by what it finds.
    examining = {"dialer/commands/doctor.py"}
    makers = {"dialer/clock.py", "dialer/commands/simulate.py", "dialer/simulation.py"}
    assert readers <= makers | waiting | examining


@pytest.mark.parametrize(
    "text",
    [
        "import time\ntime.time()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import date\ndate.today()",
        "import random\nrandom.random()",
        "from random import choice",
        "import numpy as np\nnp.random.normal()",
    ],
)
def test_a_clock_read_would_be_noticed(tmp_path, monkeypatch, text):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    path = tmp_path / "a.py"
    path.write_text(text)
    assert list(forbidden_reads(path)) != []
