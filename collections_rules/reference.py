"""The reference tables of the guide, made from the vocabulary itself so that they cannot drift."""

from collections_rules.facts import FACT_TABLE, FactKind, FactSpec

__all__ = ["fact_reference"]


_FEW = 40
"""A longer list of words, as that of all places, is described and not written out."""


def fact_reference() -> str:
    """Every fact as a Markdown table row."""
    rows = ["| fact | kind | clean | meaning | 뜻 |", "| --- | --- | --- | --- | --- |"]
    rows += [_row(spec) for spec in sorted(FACT_TABLE.values(), key=lambda spec: spec.name)]
    return "\n".join(rows)


def _row(spec: FactSpec) -> str:
    kind = ", ".join(spec.words) if spec.kind is FactKind.WORD else spec.kind.value
    if spec.kind is FactKind.SET and 0 < len(spec.words) <= _FEW:
        kind = f"a list of {', '.join(spec.words)}"
    unit = f" ({spec.unit})" if spec.unit else ""
    return f"| `{spec.name}` | {kind}{unit} | {_clean(spec)} | {spec.meaning_en} | {spec.meaning_ko} |"


def _clean(spec: FactSpec) -> str:
    if spec.clean is None:
        return "must be given"
    if isinstance(spec.clean, bool):
        return "yes" if spec.clean else "no"
    return "empty" if isinstance(spec.clean, frozenset) else f"{spec.clean}"
