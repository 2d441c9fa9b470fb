"""May this number be called at this instant, and why: dated, cited rules as data.

Pure: text, facts and contacts in, a verdict out. No clock, no files, no threads.
"""

from collections_rules.builtin import BUILTIN_PACKS, builtin_pack
from collections_rules.case import decide_case
from collections_rules.choices import Arm, Keep, KeepLimit, Split
from collections_rules.compile import compile_rules, list_open_points
from collections_rules.diagnostics import Diagnostic, RulesError, Span, render
from collections_rules.evaluate import RuleBook, RuleInfo
from collections_rules.explain import render_explanation
from collections_rules.explanation import Explanation, explain_call
from collections_rules.facts import FACT_TABLE, FactKind, Facts, FactSpec, FactValue, check_values, clean_facts
from collections_rules.findings import list_findings
from collections_rules.fmt import fmt, from_json, to_json
from collections_rules.ledger import ContactEvent, ContactLedger
from collections_rules.reach import reach_of
from collections_rules.sequences import RetryStep, Sequence
from collections_rules.source import PackSource
from collections_rules.verdict import Finding, Verdict
from collections_rules.words import CHANNELS, OUTCOMES, SEQUENCE_WORDS

__all__ = [
    "BUILTIN_PACKS",
    "CHANNELS",
    "FACT_TABLE",
    "OUTCOMES",
    "SEQUENCE_WORDS",
    "Arm",
    "ContactEvent",
    "ContactLedger",
    "Diagnostic",
    "Explanation",
    "FactKind",
    "FactSpec",
    "FactValue",
    "Facts",
    "Finding",
    "Keep",
    "KeepLimit",
    "PackSource",
    "RetryStep",
    "RuleBook",
    "RuleInfo",
    "RulesError",
    "Sequence",
    "Span",
    "Split",
    "Verdict",
    "builtin_pack",
    "check_values",
    "clean_facts",
    "compile_rules",
    "decide_case",
    "explain_call",
    "fmt",
    "from_json",
    "list_findings",
    "list_open_points",
    "reach_of",
    "render",
    "render_explanation",
    "to_json",
]
