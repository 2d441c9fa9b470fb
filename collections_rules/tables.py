"""Tables: what each cell label holds, and whether every account meets exactly one row."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from attrs import define, frozen

from collections_rules import tree_choices as c
from collections_rules.diagnostics import Span, suggest
from collections_rules.facts import FACT_TABLE, FactKind, FactSpec, FactValue
from collections_rules.tree import Word

__all__ = ["Axis", "Label", "Table", "axes_of", "table_of"]

Fault = Callable[[Span, str, str, str], None]

_RANGE = re.compile(r"(?P<low>\d+)(?:\s*-\s*(?P<high>\d+)|(?P<open>\+))?")
_UP_TO = re.compile(r"(?:up to|이하)\s+(?P<high>\d+)")
_REST = ("other", "나머지")
_YES_NO = {"yes": True, "no": False, "예": True, "아니오": False}


@frozen
class Label:
    """What one row or column is for: whole numbers from `low` to `high`, or values; `is_rest` takes what is left."""

    word: Word
    low: float = 0.0
    high: float = 0.0
    values: frozenset[FactValue] = frozenset()
    is_rest: bool = False


@frozen
class Axis:
    """The labels of one fact. A number below the lowest label is outside the table."""

    spec: FactSpec
    labels: tuple[Label, ...]

    def find(self, value: FactValue | None) -> int | None:
        """The one label that holds this value; None when it is unknown or outside."""
        if value is None:
            return None
        for index, label in enumerate(self.labels):
            if self._holds(label, value):
                return index
        rest = [index for index, label in enumerate(self.labels) if label.is_rest]
        return rest[0] if rest else None

    def _holds(self, label: Label, value: FactValue) -> bool:
        if self.spec.kind is FactKind.NUMBER:
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            return is_number and not label.is_rest and label.low <= value < label.high + 1  # type: ignore[operator]
        return not isinstance(value, frozenset) and value in label.values


@define(eq=False)
class Table:
    """A choice by one or two facts. It can never open a gate."""

    table_id: str
    titles: tuple[str, str]
    result: str
    axes: tuple[Axis, ...]
    cells: tuple[tuple[str, ...], ...]

    def choose(self, values: Sequence[FactValue | None]) -> str | None:
        """The cell for these values of the axes, in order; None when one is unknown or outside the table."""
        found = [axis.find(value) for axis, value in zip(self.axes, values, strict=True)]
        if any(index is None for index in found):
            return None
        row, column = found[0], found[1] if len(found) > 1 else 0
        assert row is not None
        assert column is not None
        return self.cells[row][column]

    @property
    def keys(self) -> tuple[str, ...]:
        """The facts it reads."""
        return tuple(axis.spec.name for axis in self.axes)


def table_of(block: c.TableBlock) -> Table:
    """A table that has passed `axes_of` without a fault."""
    axes = axes_of(block, lambda *_: None)
    cells = tuple(tuple(cell.text for cell in row.cells[1:]) for row in block.rows[1:])
    return Table(block.table_id.text, block.titles, block.result.text, axes, cells)


def axes_of(block: c.TableBlock, fault: Fault) -> tuple[Axis, ...]:
    """The axes of a table; `fault` hears of unknown facts, unreadable labels, gaps and overlaps."""
    if len(block.keys) > 2:
        fault(block.keys[2].span, "R301", "a table reads one fact or two", "make a table of its own for each value")
        return ()
    specs = [_spec(word, fault) for word in block.keys]
    if len(block.rows) < 2:
        fault(
            block.table_id.span, "R302", f"table `{block.table_id.text}` has no rows", "add lines such as `1-4 | sms`"
        )
    if None in specs or len(block.rows) < 2:
        return ()
    _check_shape(block, fault)
    words = [[row.cells[0] for row in block.rows[1:]], list(block.rows[0].cells[1:])]
    axes = []
    for spec, labels in zip(specs, words, strict=False):
        assert spec is not None
        axes.append(_axis(block, spec, labels, fault))
    _check_whole(block, axes, fault)
    return tuple(axes)


def _spec(word: Word, fault: Fault) -> FactSpec | None:
    spec = FACT_TABLE.get(word.text)
    if spec is None:
        meant = suggest(word.text, FACT_TABLE)
        fault(word.span, "R102", f"unknown fact `{word.text}`", f"write `{meant}`" if meant else "")
    elif spec.kind not in (FactKind.NUMBER, FactKind.WORD, FactKind.TEXT, FactKind.FLAG):
        fault(word.span, "R103", f"`{word.text}` is {spec.kind.value}", "a table reads numbers, words and yes or no")
        return None
    return spec


def _check_shape(block: c.TableBlock, fault: Fault) -> None:
    head = block.rows[0]
    key = block.keys[0].text
    if head.cells[0].text not in (key, key.rpartition(".")[2]):
        text = f"the first line of a table names its facts, not `{head.cells[0].text}`"
        fault(head.cells[0].span, "R302", text, f"begin with `{key.rpartition('.')[2]} |`")
    if len(block.keys) == 1 and len(head.cells) != 2:
        fault(head.span, "R302", "a table of one fact has two columns", "name a second fact after `by`")
    for row in block.rows[1:]:
        if len(row.cells) != len(head.cells):
            text = f"this line has {len(row.cells)} cells, the first has {len(head.cells)}"
            fault(row.span, "R302", text, "give every column a cell")
        for cell in row.cells:
            if not cell.text:
                fault(cell.span, "R302", "an empty cell", "write `none` where nothing is done")


def _axis(block: c.TableBlock, spec: FactSpec, words: Sequence[Word], fault: Fault) -> Axis:
    labels = [label for word in words if (label := _label(spec, word, fault)) is not None]
    return Axis(spec, tuple(labels))


def _label(spec: FactSpec, word: Word, fault: Fault) -> Label | None:
    if word.text in _REST:
        return Label(word, is_rest=True)
    if spec.kind is FactKind.NUMBER:
        return _number_label(word, fault)
    found: set[FactValue] = set()
    for part in (part.strip().strip('"') for part in word.text.split(",")):
        if spec.kind is FactKind.FLAG and part in _YES_NO:
            found.add(_YES_NO[part])
        elif spec.kind is FactKind.FLAG or (spec.words and part not in spec.words):
            meant = suggest(part, spec.words or tuple(_YES_NO))
            listed = f"`{spec.name}` is one of {', '.join(spec.words or ('yes', 'no'))}"
            fault(word.span, "R101", f"unknown word `{part}`", f"write `{meant}`" if meant else listed)
        else:
            found.add(part)
    return Label(word, values=frozenset(found)) if found else None


def _number_label(word: Word, fault: Fault) -> Label | None:
    up_to, match = _UP_TO.fullmatch(word.text), _RANGE.fullmatch(word.text)
    if up_to:
        return Label(word, float("-inf"), float(up_to["high"]))
    if match is None:
        fault(word.span, "R103", f"`{word.text}` is not a range of numbers", "write `1-4`, `90+` or `up to 4`")
        return None
    low = float(match["low"])
    high = float("inf") if match["open"] else float(match["high"] or low)
    if low > high:
        fault(word.span, "R105", f"`{word.text}` runs backwards", "write the lower number first")
        return None
    return Label(word, low, high)


# Exactly one row ------------------------------------------------------------------


def _check_whole(block: c.TableBlock, axes: Sequence[Axis], fault: Fault) -> None:
    for index, axis in enumerate(axes):
        others = [_example(other) for n, other in enumerate(axes) if n != index]
        seen = _NumberGaps(block, axis, others, fault) if axis.spec.kind is FactKind.NUMBER else None
        if seen is not None:
            seen.check()
        else:
            _check_values(block, axis, others, fault)


def _example(axis: Axis) -> str:
    for label in axis.labels:
        if label.is_rest:
            continue
        value = f"{label.high if label.low == float('-inf') else label.low:g}"
        if axis.spec.kind is not FactKind.NUMBER:
            value = sorted("yes" if v is True else "no" if v is False else str(v) for v in label.values)[0]
        return f"{axis.spec.name.rpartition('.')[2]} {value}"
    return ""


def _said(name: str, value: str, others: Sequence[str]) -> str:
    return "example account: " + ", ".join([f"{name.rpartition('.')[2]} {value}", *(o for o in others if o)])


@frozen
class _NumberGaps:
    block: c.TableBlock
    axis: Axis
    others: Sequence[str]
    fault: Fault

    def check(self) -> None:
        name, table = self.axis.spec.name, self.block.table_id.text
        short = name.rpartition(".")[2]
        labels = sorted((label for label in self.axis.labels if not label.is_rest), key=lambda label: label.low)
        has_rest = len(labels) < len(self.axis.labels)
        reach = float("-inf")
        for before, after in pairwise(labels):
            reach = max(reach, before.high)
            if after.high <= reach:
                text = f"row `{after.word.text}` is never reached: other rows hold all of it"
                self.fault(after.word.span, "R312", text, _said(name, f"{max(after.low, 0):g}", self.others))
            elif after.low <= reach:
                text = f"rows `{before.word.text}` and `{after.word.text}` overlap"
                self.fault(after.word.span, "R311", text, _said(name, f"{after.low:g}", self.others))
            elif after.low > reach + 1 and not has_rest:
                gap = f"{reach + 1:g}" + (f"-{after.low - 1:g}" if after.low - 1 > reach + 1 else "")
                text = f"{table} leaves a gap: {short} {gap} has no row"
                self.fault(after.word.span, "R310", text, _said(name, f"{(reach + after.low) // 2:g}", self.others))
        last = max((label.high for label in labels), default=0.0)
        if last != float("inf") and not has_rest and labels:
            text = f"{table} leaves a gap: {short} above {last:g} has no row"
            self.fault(labels[-1].word.span, "R310", text, _said(name, f"{last + 1:g}", self.others))


def _check_values(block: c.TableBlock, axis: Axis, others: Sequence[str], fault: Fault) -> None:
    name, table = axis.spec.name, block.table_id.text
    taken: dict[FactValue, Label] = {}
    for label in axis.labels:
        twice = [value for value in label.values if value in taken]
        shown = ["yes" if v is True else "no" if v is False else str(v) for v in sorted(twice, key=str)]
        if twice and len(twice) == len(label.values):
            text = f"row `{label.word.text}` is never reached: other rows hold all of it"
            fault(label.word.span, "R312", text, _said(name, shown[0], others))
        elif twice:
            first = taken[twice[0]].word.text
            text = f"rows `{first}` and `{label.word.text}` overlap"
            fault(label.word.span, "R311", text, _said(name, shown[0], others))
        taken.update(dict.fromkeys(label.values, label))
    domain = {True: "yes", False: "no"} if axis.spec.kind is FactKind.FLAG else {w: w for w in axis.spec.words}
    missing = [shown for value, shown in domain.items() if value not in taken]
    if missing and axis.labels and not any(label.is_rest for label in axis.labels):
        text = f"{table} leaves a gap: {name.rpartition('.')[2]} {', '.join(missing)} has no row"
        fault(block.rows[0].cells[0].span, "R310", text, _said(name, missing[0], others))
