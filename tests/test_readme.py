"""Whatever the README tells people to type exists, and what is quick is run."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dialer.__main__ import app

ROOT = Path(__file__).parents[1]
_SMALL = {"simulate": ("--agents", "6", "--until", "09:10")}
# Started and awaited elsewhere: `run` goes on until it is told to stop.
_NOT_RUN = {"run"}


def typed() -> list[str]:
    """The commands of every shell block."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line.startswith(("paceline ", "make "))]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples to type in."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def paceline(words: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dialer", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def test_the_readme_tells_something_to_type():
    assert any(line.startswith("make ") for line in typed())
    assert any(line.startswith("paceline simulate ") for line in typed())


@pytest.mark.parametrize("line", [one for one in typed() if one.startswith("make ")])
def test_every_make_target_exists(line):
    done = subprocess.run(["make", "-n", *shlex.split(line)[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [one for one in typed() if one.startswith("paceline ")])
def test_every_command_line_can_be_parsed_and_names_files_that_exist(line):
    words = shlex.split(line)[1:]
    app.parse_args(words, exit_on_error=False, print_error=False)
    for word in words:
        if word.startswith("examples/") and not word.endswith(".journal"):
            assert (ROOT / word).exists(), word


@pytest.mark.slow
def test_every_command_runs(tree):
    # In the order of the page: what one writes, another reads. A journal of `run` is a simulated one here.
    start = ["simulate", "examples/bank_day/day.toml", *_SMALL["simulate"]]
    done = paceline([*start, "--journal", "examples/bank_day/paceline.journal"], tree)
    assert done.returncode == 0, done.stderr
    for line in typed():
        words = shlex.split(line)[1:]
        if not line.startswith("paceline ") or words[0] in _NOT_RUN:
            continue
        if words[0] in _SMALL:
            words = without(words, "--agents", "--until") + list(_SMALL[words[0]])
        done = paceline(words, tree)
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def without(words: list[str], *options: str) -> list[str]:
    """The words without these options and their values."""
    kept: list[str] = []
    for index, word in enumerate(words):
        if word not in options and (index == 0 or words[index - 1] not in options):
            kept.append(word)
    return kept
