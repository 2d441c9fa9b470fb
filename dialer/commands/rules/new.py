"""`paceline rules new`: five questions, and the rule with its boundary tests stands in the file."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from collections_rules import PackSource, RulesError
from collections_rules.draft import NEW_PACK, Answers, with_rule
from collections_rules.rule_tests import run_tests
from dialer.commands.rules.sources import console, read_text, used_by
from dialer.faults import ConfigError

__all__ = ["new"]

_QUESTIONS = {
    "who": (
        "누구마다 셉니까? (사람, 채권, 번호, 캠페인)",
        "Counted for whom? (person, debt, number, campaign)",
        "debt",
    ),
    "what": (
        "무엇을 셉니까? (접촉, 통화, 시도, 대화, 문자)",
        "What is counted? (contacts, calls, attempts, talks, texts)",
        "contacts",
    ),
    "how_many": ("몇 번까지 됩니까?", "How many are allowed?", "7"),
    "in_what_time": ("어떤 기간에? (168시간, 7일, 하루)", "In what time? (168 hours, 7 days, day)", "168 hours"),
    "source": ("출처는? (예: policy 매뉴얼 4.3)", "From which source? (e.g. policy manual 4.3)", ""),
}  # fmt: skip

Answer = Annotated[str | None, Parameter(show_default=False)]


def new(
    file: str,
    *,
    who: Answer = None,
    what: Answer = None,
    how_many: Answer = None,
    in_what_time: Answer = None,
    source: Answer = None,
    id: Answer = None,  # the flag is `--id`
    title_ko: str = "",
    title_en: str = "",
    language: str = "en",
) -> None:
    """Ask five questions (who, what, how many, in what time, which source), write the rule and its tests into a file.

    A question whose answer is given as an option is not asked. A file that is not there is begun.
    """
    given = {"who": who, "what": what, "how_many": how_many, "in_what_time": in_what_time, "source": source}
    said = {name: value if value is not None else _ask(name, language) for name, value in given.items()}
    path = Path(file)
    text = read_text(path) if path.exists() else NEW_PACK.format(name=_name_of(path))
    answers = _answers(said, id or "", title_ko, title_en, _name_of(path))
    pack = PackSource(file, text)
    try:
        made = with_rule(pack, tuple(used_by(pack)), answers)
        report = run_tests(made, used_by(made))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    except RulesError as error:
        raise ConfigError(f"nothing was written, because the file would not check:\n{error}") from None
    path.write_text(made.text, encoding="utf-8")
    console.print(_block(made.text, answers.rule_id))
    console.print(f"written to {file}; {report.text()}")
    if report.failures:
        sys.exit(1)


def _block(text: str, rule_id: str) -> str:
    """The rule as it stands in the file."""
    blocks = text.split("\n\n")
    return next((block for block in blocks if block.split()[1:2] == [rule_id]), "")


def _ask(name: str, language: str) -> str:
    ko, en, usual = _QUESTIONS[name]
    if not sys.stdin.isatty() and not sys.stdin.readable():
        raise ConfigError(f"`--{name.replace('_', '-')}` is needed: nobody can be asked here")
    shown = f"{ko if language == 'ko' else en}{f' [{usual}]' if usual else ''} "
    try:
        return input(shown).strip() or usual
    except EOFError:
        raise ConfigError(f"`--{name.replace('_', '-')}` is needed: nobody answered") from None


def _answers(said: dict[str, str], rule_id: str, title_ko: str, title_en: str, pack: str) -> Answers:
    try:
        how_many = int(said["how_many"].removesuffix("회").removesuffix("번"))
    except ValueError:
        raise ConfigError(f"`{said['how_many']}` is not a number; write one such as 7") from None
    period = said["in_what_time"]
    name = rule_id or f"{pack.partition('.')[0]}.{said['what'].split()[0]}-{how_many}".lower()
    return Answers(
        name, title_ko or f"{period} {how_many}회", title_en or f"{how_many} {said['what']} in {period}",
        said["who"], said["what"], how_many, period, said["source"],
    )  # fmt: skip


def _name_of(path: Path) -> str:
    """A pack name from a file name: `own-rules.rules` becomes `own-rules`."""
    stem = "".join(char if char.isalnum() or char in "-." else "-" for char in path.stem.lower()).strip("-.")
    return stem if stem and stem[0].isalpha() else f"own.{stem or 'rules'}"
