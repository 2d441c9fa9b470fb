"""Hover and outline: what the word under the cursor means, where a rule comes from, and what is in a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import frozen

from collections_rules import FACT_TABLE, PackSource
from collections_rules import tree as t
from collections_rules.korean import english_head
from collections_rules.layout import Block, split_blocks
from collections_rules.reference import unknown_means
from collections_rules.syntax import parse_pack
from dialer.commands.rules.lsp.completion import reads_as
from dialer.commands.rules.lsp.meanings import MEANINGS
from dialer.commands.rules.lsp.place import word_at

__all__ = ["Symbol", "held_text", "hover", "outline", "percent", "rule_at"]


@frozen
class Symbol:
    """A block of a file: 0-based lines, the last one included."""

    name: str
    detail: str
    kind: str
    first_line: int
    last_line: int


def hover(sources: Sequence[PackSource], line: int, col: int, in_korean: bool) -> str:
    """What is known about the word at a place (0-based) of the last source, as Markdown; empty for nothing."""
    source = sources[-1]
    word, start, _ = word_at(source.text, line, col)
    rules = {rule.rule_id.text: rule for one in sources for rule in parse_pack(one, []).rules}
    if word in FACT_TABLE:
        return _of_fact(word, in_korean)
    if word in rules:
        return _of_rule(rules[word], in_korean)
    block = _block_at(source, line)
    if block is None or not word:
        return ""
    own = rules.get(_name_of(block, source))
    parts = [_of_keyword(source.text, line, start, word, in_korean), _of_rule(own, in_korean) if own else ""]
    return "\n\n".join(part for part in parts if part)


def rule_at(sources: Sequence[PackSource], line: int, col: int) -> str:
    """The rule that the word at a place (0-based) of the last source names, or whose block it stands in."""
    source = sources[-1]
    word, _, _ = word_at(source.text, line, col)
    rules = {rule.rule_id.text for one in sources for rule in parse_pack(one, []).rules}
    block = _block_at(source, line)
    own = _name_of(block, source) if block is not None and word not in FACT_TABLE else ""
    return next((name for name in (word, own) if name in rules), "")


def percent(share: float) -> str:
    """`71 %`; what is there at all is never `0 %`."""
    return f"< {_LEAST:.0%}".replace("%", " %") if 0 < share < _LEAST else f"{share:.0%}".replace("%", " %")


_LEAST = 0.01


def held_text(held: int, size: int, at: datetime, in_korean: bool) -> str:
    """How many accounts a rule keeps from being called."""
    when = f"{at:%Y-%m-%d %H:%M}"
    if in_korean:
        return f"{when} 현재 {size:,}개 계좌 중 **{held:,}개**({percent(held / size)})를 막고 있음"
    return f"holds **{held:,}** of {size:,} accounts ({percent(held / size)}) at {when}"


def _of_fact(name: str, in_korean: bool) -> str:
    spec = FACT_TABLE[name]
    kind = f"{spec.kind.value}{f' ({spec.unit})' if spec.unit else ''}"
    return f"**`{name}`** · {kind}\n\n{reads_as(spec, in_korean)}\n\n{unknown_means(spec, in_korean)}"


def _of_rule(rule: t.RuleBlock, in_korean: bool) -> str:
    title = rule.title_ko if in_korean or not rule.title_en else rule.title_en
    lines = [f"**`{rule.rule_id.text}`** {title}"]
    for clause in rule.clauses:
        if isinstance(clause, t.Source):
            unverified = " — 확인되지 않음: 꺼져 있음" if in_korean else " — not verified, so it is off"
            lines.append(f"{clause.layer}: {clause.text}{'' if clause.is_verified else unverified}")
        elif isinstance(clause, t.Effective):
            lines.append(f"{clause.from_date or ''} – {clause.until_date or ''}".strip())
        elif isinstance(clause, t.Note):
            lines.append(f"*{clause.head}*: {clause.text}")
    return "\n\n".join(lines)


def _of_keyword(text: str, line: int, start: int, word: str, in_korean: bool) -> str:
    is_first = not text.split("\n")[line][:start].strip()
    ko, en = MEANINGS.get(english_head(word), ("", "")) if is_first else ("", "")
    if line and english_head(word) == "at" and not text.split("\n")[line][start:].startswith(("at most", "최대")):
        ko, en = "이 시점의 판단", "the question at this moment, and its answer"
    said = ko if in_korean else en
    return f"**{word}** — {said}" if said else ""


# The blocks of a file ----------------------------------------------------------------


def _block_at(source: PackSource, line: int) -> Block | None:
    before = [block for block in split_blocks(source, []) if block.header.line <= line + 1]
    return before[-1] if before else None


def _name_of(block: Block, source: PackSource) -> str:
    words = source.text[block.header.start : block.header.end].split()
    return words[1] if len(words) > 1 else ""


def outline(source: PackSource) -> Iterator[Symbol]:
    """Every block of a file, in order."""
    blocks = split_blocks(source, [])
    ends = [block.header.line - 2 for block in blocks[1:]] + [source.text.rstrip().count("\n")]
    for block, last in zip(blocks, ends, strict=True):
        header = source.text[block.header.start : block.header.end]
        rest = header[block.header.head_chars :].strip()
        name = rest.strip('"') if block.header.head == "test" else rest.split()[0] if rest else ""
        detail = rest.removeprefix(name).strip().strip('"').replace('"', " ")
        yield Symbol(name or header, "" if block.header.head == "test" else detail, block.header.head,
                     block.header.line - 1, max(last, block.header.line - 1))  # fmt: skip
