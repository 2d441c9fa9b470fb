"""What two versions of the same packs say differently, rule by rule; notes and layout do not count."""

import json
from collections.abc import Sequence

from attrs import frozen

from collections_rules.compile import list_open_points
from collections_rules.diagnostics import Diagnostic, RulesError
from collections_rules.evaluate import LAW_LAYERS
from collections_rules.fmt import to_json
from collections_rules.source import PackSource
from collections_rules.syntax import parse_pack
from collections_rules.tree import Source

__all__ = ["RuleChanges", "changes_between", "new_open_points", "replaced"]


@frozen
class RuleChanges:
    """Rules by what became of them, in the order of their ids."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """The words of the rule, or the header of its pack, are others."""
    law: frozenset[str]
    """Those among them that are law or orders."""

    @property
    def touches_law(self) -> bool:
        """Whether any law or order is other than it was."""
        return bool(self.law)


def changes_between(before: Sequence[PackSource], after: Sequence[PackSource]) -> RuleChanges:
    """Compare two sets of packs. Both must compile."""
    old, new = _rules_of(before), _rules_of(after)
    changed = tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name]))
    added, removed = tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys()))
    layers = {name: layer for rules in (old, new) for name, (layer, _) in rules.items()}
    touched = (*added, *removed, *changed)
    return RuleChanges(added, removed, changed, frozenset(name for name in touched if layers[name] in LAW_LAYERS))


def _rules_of(sources: Sequence[PackSource]) -> dict[str, tuple[str, str]]:
    """By rule: its layer, and its words together with the header that gives them their meaning."""
    found: dict[str, tuple[str, str]] = {}
    for source in sources:
        pack = parse_pack(source, [])
        layers = {
            rule.rule_id.text: next(c.layer for c in rule.clauses if isinstance(c, Source)) for rule in pack.rules
        }
        blocks = [_words(block["lines"]) for block in to_json(source.text)["blocks"]]
        header = next((words for words in blocks if words and words[0][:1] in (["pack"], ["campaign"])), [])
        for words in blocks:
            if words and len(words[0]) > 1 and words[0][0] == "rule" and words[0][1] in layers:
                name = words[0][1]
                # The first line of a header is its name and version.
                found[name] = (layers[name], json.dumps([header[1:], words], ensure_ascii=False))
    return found


def _words(lines: Sequence[dict[str, list[str]]]) -> list[list[str]]:
    return [line["words"] for line in lines if line.get("words")]


def new_open_points(before: Sequence[PackSource], after: Sequence[PackSource]) -> tuple[Diagnostic, ...]:
    """Unverified citations and open questions that were not there before."""
    known = {(one.code, one.message) for one in list_open_points(before)}
    return tuple(one for one in list_open_points(after) if (one.code, one.message) not in known)


def replaced(sources: Sequence[PackSource], drafts: Sequence[PackSource]) -> tuple[PackSource, ...]:
    """The packs with drafts in the place of those of the same name; a draft with a new name stands at the end.

    Raises `RulesError` when a draft cannot be read.
    """
    faults: list[Diagnostic] = []
    by_name = {parse_pack(draft, faults).name.text: draft for draft in drafts}
    if faults:
        raise RulesError(faults)
    kept = [by_name.pop(parse_pack(source, []).name.text, source) for source in sources]
    return (*kept, *by_name.values())
