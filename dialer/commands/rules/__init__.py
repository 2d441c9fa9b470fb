"""`paceline rules …`: what policy authors do at a terminal. A module a family of commands, imported when asked for."""

from cyclopts import App

__all__ = ["app"]

app = App(name="rules", help="Check, test and convert contact rules.")

_COMMANDS = {
    "check": ("files:check", "Say what is wrong with rule files, and what is worth a second look. Exit 1 for faults."),
    "test": (
        "files:try_tests",
        "Run the tests that stand in rule files. Exit 1 when one fails, or when a rule is never made true.",
    ),
    "new": (
        "new:new",
        "Ask five questions (who, what, how many, in what time, which source), "
        "write the rule and its tests into a file.",
    ),
    "explain": (
        "explain:explain",
        "Say why a call may be placed, or why not and when: every blocker, its release, its source.",
    ),
    "next-allowed": (
        "explain:next_allowed",
        "Print when one account may be called next, and by which rule: now, a moment, or never.",
    ),
    "as-of": (
        "as_of:as_of",
        "List the rules in force on a date, and what is absent: when it starts, or when it ended.",
    ),
    "portfolio": (
        "portfolio:portfolio",
        "Say who of a campaign's list may be called at an instant and at every hour after it, and what holds the rest.",
    ),
    "diff": (
        "diff:diff",
        "Say what changes from one edition of the rules to another, and with `--portfolio` for whom.",
    ),
    "backtest": (
        "backtest:backtest_",
        "Judge the attempts of a journal by a draft of the rules: what it would have blocked, and what that brought.",
    ),
    "shadow": (
        "promotion:shadow",
        "Evaluate a draft beside the rules in force, on live verdicts and without effect; then say how it compares.",
    ),
    "promote": (
        "promotion:promote",
        "Take a draft to its next stage. Refused, with the reasons, unless somebody overrides them by name.",
    ),
    "table": (
        "table:table",
        "Print a table of a rule file as CSV, write it for a spreadsheet, or take back what was edited there.",
    ),
    "decide": (
        "cases:decide",
        "Judge one case a line (JSON: packs, at, facts, zones, history), and print one verdict a line.",
    ),
    "fmt": ("files:fmt_", "Print a rule file laid out anew, with English or Korean keywords."),
    "json": ("files:json_", "Print a rule file as JSON; nothing is lost."),
    "from-json": ("files:from_json_", "Print the rule file that a JSON form stands for."),
    "vocabulary": (
        "vocabulary:vocabulary",
        "Print every fact, event and word of the language with its meaning, in Korean and English.",
    ),
    "lsp": (
        "lsp:lsp",
        "Serve an editor: completion, hover, diagnostics, formatting and fixes, over standard input and output.",
    ),
}
for _name, (_place, _help) in _COMMANDS.items():
    app.command(f"dialer.commands.rules.{_place}", name=_name, help=_help)
