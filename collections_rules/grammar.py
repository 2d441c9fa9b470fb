"""The grammar of one clause, and its parser.

Indentation is taken care of before (`layout`), so the parser sees one clause at a
time. Words of the language are written as `"word"` below and become terminals that
match whole words only; everything else that looks like a word is a NAME, whose
meaning `check` knows. A word of the language is one only where it can stand.
"""

import re
from functools import cache

from lark import Lark, Token, Tree

__all__ = ["CLAUSE_KINDS", "GRAMMAR_WORDS", "POSTPOSED_MARKS", "clause_parser", "words_of_terminal"]

_GRAMMAR = r"""
block: "pack" NAME NUM uses?                          -> pack_header
     | "campaign" NAME NUM uses?                      -> campaign_header
     | "rule" NAME STRING STRING?                     -> rule_header
     | "sequence" NAME STRING? STRING?                -> sequence_header
     | "test" STRING                                  -> test_header
     | "table" NAME STRING? STRING? NAME "by" NAME ("," NAME)*   -> table_header
     | "rank" NAME STRING? STRING? rank_item ("," "then"? rank_item)*   -> rank_header
     | "split" NAME STRING? STRING? split_part*       -> split_header
     | "keep" NAME STRING? STRING?                    -> keep_header
     | "always" STRING? "no" "call" "when" always_when   -> always_header
uses: "uses" NAME ("," NAME)*

header_clause: "calendar" NAME NUM "-" NUM added_dates? removed_dates?  -> calendar
     | "clock" clock_item ((";" | "and") "also"? clock_item)*   -> clock
     | "contact" NAME ("," NAME)*                     -> contact
     | "applies" condition                            -> applies
     | "enforce" NAME "by" STRING                     -> enforce
added_dates: ";" "also" DATE ("," DATE)*
removed_dates: ";" "except" DATE ("," DATE)*
clock_item: NAME                                      -> clock_name
     | "every" "evidence" ("of" NAME ("," NAME)*)?    -> clock_evidence

rule_clause: gate                                     -> undated
     | "from" DATE until_date? gate                   -> dated_from
     | "until" DATE gate                              -> dated_until
     | "from" DATE until_date? counting?              -> effective_from
     | "until" DATE                                   -> effective_until
     | "until" release (";" "else" release)*          -> until
     | "free" free_item (";" free_item)*              -> free
     | "applies" condition                            -> applies
     | "except" condition                             -> except
     | "except" NAME "when" condition                 -> except_rule
     | "say" said+                                    -> say
     | "clock" clock_item ((";" | "and") "also"? clock_item)*   -> clock
until_date: "until" DATE
counting: "," "counting" NAME "from" "that" "date"
said: NAME STRING

?gate: "open" open_item (";" open_item)*              -> open
     | "stop" "when" condition                        -> stop_when
     | "stop" "when" condition "unknown" "passes"     -> stop_when_known
     | "stop" "at" NAME                               -> stop_at
     | "at" "most" NUM nouns window? scope? together? filter?   -> at_most
     | "wait" duration day_counted? "after" NAME scope? together? filter?  -> wait_after
     | "wait" "until" NAME plus? filter?              -> wait_until
     | "fresh" NAME duration                          -> fresh

open_item: hours "every" "day"                        -> open_daily
     | days hours                                     -> open_days
     | "closed" days                                  -> closed_days
days: NAME ("," NAME)*
hours: hour_span ("," hour_span)*
hour_span: TIME "-" TIME                              -> hours_from
     | "after" TIME "until" TIME                      -> hours_after

nouns: NAME ("or" NAME)*
window: "in" "any" duration after_first?              -> window_any
     | ("a" | "an") UNIT                              -> window_unit
after_first: "after" "the" "first"
scope: "per" NAME ("and" NAME)*
     | NAME ("and" NAME)* _KO_PER
together: ","? "all" "collectors" "together"
filter: "when" condition
day_counted: "counting" "that" "day"
plus: "+" duration
duration: NUM UNIT                                    -> plain_duration
     | NUM "business" UNIT                            -> business_duration

release: NAME                                         -> release_at
     | duration "after" NAME                          -> release_after
     | "the" "end" "of" "the" "day" NAME              -> release_end
     | "the" "end" "of" "the" "day" duration "after" NAME   -> release_end_after

free_item: "when" condition                           -> free_when
     | NUM window "when" condition                    -> free_quota
     | "within" duration "of" NAME within_counted? within_until?   -> free_within
     | "notices" "required" "by" "law" "or" "contract"             -> free_notices
     | "answers" "given" "the" "day" "they" "were" "asked" "for"   -> free_answers
within_counted: "," "that" "day" "counted"
within_until: "," "until" "the" "next" NAME

?condition: conjunction ("or" conjunction)*           -> any_of
?conjunction: negation ("and" negation)*              -> all_of
?negation: "not" negation                             -> not
     | "(" condition ")"
     | comparison
comparison: NAME                                      -> is_true
     | NAME "is" value                                -> is_word
     | NAME "is" "not" value                          -> is_not_word
     | NAME "is" "one" "of" values                    -> is_one_of
     | NAME "is" "not" "one" "of" values              -> is_not_one_of
     | NAME "is" "at" "least" quantity                -> is_at_least
     | NAME "is" "at" "most" quantity                 -> is_at_most
     | NAME "is" "between" quantity "and" quantity    -> is_between
     | NAME "is" "unknown"                            -> is_unknown
     | NAME "is" "not" "unknown"                      -> is_known
     | NAME "in" NAME                                 -> in_list
     | NAME "has" NAME                                -> has
     | NAME "has" NAME "in" NAME                      -> has_in
     | NAME "newer" "than" duration                   -> newer
     | NAME ("longer" | "older") "than" duration      -> longer
     | "any" "evidence" "is" NAME                     -> evidence
     | NAME value _KO_IS                              -> is_word
     | NAME value _KO_NOT                             -> is_not_word
     | NAME values _KO_ONE                            -> is_one_of
     | NAME values _KO_NONE                           -> is_not_one_of
     | NAME quantity _KO_LEAST                        -> is_at_least
     | NAME quantity _KO_MOST                         -> is_at_most
     | NAME quantity "and" quantity _KO_BETWEEN       -> is_between
     | NAME duration _KO_NEWER                        -> newer
     | NAME duration (_KO_LONGER | _KO_OLDER)         -> longer
     | NAME NAME _KO_HAS                              -> has
     | NAME NAME _KO_IN                               -> in_list
values: listed ("," listed)*
listed: NAME | NUM | KW_UNKNOWN
value: NAME | NUM | STRING
quantity: NUM | DATE

sequence_clause: "numbers" number ("," number)*       -> numbers
     | "hour" best? hour_range ("," hour_range)*      -> hour
     | "hour" "best" "by" "model" "among" "open" "hours"   -> hour_best
     | "first" "within" duration "of" NAME first_open?     -> first
     | "after" chain ("|"? chain)*                    -> chains
     | "end" NUM ("attempts" | "attempt") per_day? rest?   -> end
first_open: "when" "open" (";" "else" "at" "next" "opening")?
number: NAME ("when" NAME)?
best: "best" "by" "model" "among" "open" "hours" ";" "else"
hour_range: NUM "-" NUM
chain: NAME chain_item ("," chain_item)*
chain_item: duration                                  -> chain_delay
     | duration "twice"                               -> chain_delay_twice
     | duration NUM "times"                           -> chain_delay_times
     | "twice"                                        -> chain_twice
     | "once"                                         -> chain_once
     | NUM "times"                                    -> chain_times
     | "same" "number"                                -> chain_same
     | "next" "number"                                -> chain_next
     | "then" "next" "number"                         -> chain_then_next
     | "drop" "number"                                -> chain_drop
     | "another" "part" "of" "the" "day"              -> chain_part
     | "each" "in" "another" "part" "of" "the" "day"  -> chain_part
     | "at" "the" "asked" "time"                      -> chain_asked
     | "same" "agent" ("when" "free" "within" duration)?   -> chain_agent
     | "stop"                                         -> chain_stop
per_day: "a" "day"
rest: "," "then" "rest" duration

test_clause: "given" given_item (";" given_item)*     -> given
     | "history" history_item (";" history_item)*     -> history
     | "at" moment ringing? about? settings? result because?   -> test_at
given_item: NAME given_word*
given_word: NAME | NUM | DATE | TIME | STRING
history_item: NAME+ history_when ("," history_when)* about? made_by?
history_when: history_dates? TIME+
history_dates: DATE (".." DATE)?
about: "about" NAME ("and" NAME)*
made_by: "by" NAME
moment: DATE TIME NAME?
ringing: "ringing" NUM UNIT
settings: "if" setting ("," setting)*
setting: NAME "is"? given_word*
result: "may" NAME                                    -> may_call
     | "blocked" "by" NAME ("," NAME)* next_at?       -> blocked
next_at: "next" moment                                -> next_moment
     | "next" "none"                                  -> next_none
because: BECAUSE

rank_item: "callback" "due"                           -> rank_due
     | "lead" "age" "under" duration                  -> rank_lead
     | NAME "high" "to" "low"                         -> rank_down
     | NAME "low" "to" "high"                         -> rank_up
     | negation                                       -> rank_when
split_part: "by" NAME                                 -> split_by
     | "seed" (NAME | NUM NAME?)                      -> split_seed
     | "from" DATE until_date?                        -> split_dates
     | arms
     | MEASURE                                        -> split_measure
split_clause: arms
arms: "arms" arm ("," arm)*
arm: NAME NAME? NUM
keep_clause: "limit" "abandoned" most PERCENT "of" "live" "answers" keep_window ("per" NAME)? pace?   -> limit_abandoned
     | "limit" "ring" "at" "least" duration           -> limit_ring
     | "limit" "connect" "within" duration            -> limit_connect
most: "at" "most"                                     -> at_or_below
     | "under"                                        -> below
keep_window: "in" "any" duration                      -> window_any
     | "in" "each" duration "from" "campaign" "start" -> window_each
     | ("a" | "an") UNIT                              -> window_unit
pace: ";" "pace" "to" PERCENT
always_when: "any" "clock" ("of" "evidence")? "is" at_or? "before" TIME "or" "from" TIME "on"   -> clock_outside
     | condition                                      -> always_condition
at_or: "at" "or"

NAME: /[^\W\d]\w*([-.\/]\w+)*\??/
NUM: /\d+(\.\d+)?/
UNIT.2: /(seconds?|minutes?|hours?|days?|months?|years?)(?![\w.\-\/])/
TIME.3: /\d{1,2}:\d{2}(:\d{2})?/
DATE.4: /\d{4}-\d{2}-\d{2}/
STRING: /"[^"\n]*"/
BECAUSE.3: /because\s[^\n]*/
MEASURE.3: /measure\s[^\n]*/
PERCENT.2: /\d+(\.\d+)?%/
COMMENT: /(?<=\s)#[^\n]*/
%ignore /\s+/
%ignore COMMENT
"""

POSTPOSED_MARKS = {
    name: chr(0xE000 + number)
    for number, name in enumerate(
        ("IS", "NOT", "ONE", "NONE", "LEAST", "MOST", "BETWEEN", "NEWER", "LONGER", "OLDER", "HAS", "IN", "PER")
    )
}
"""Words that stand behind what they belong to, as Korean has them; as characters that no author writes."""

CLAUSE_KINDS = (
    "block",
    "header_clause",
    "rule_clause",
    "sequence_clause",
    "test_clause",
    "split_clause",
    "keep_clause",
)
_WORD = re.compile(r'"([a-z]+)"')

GRAMMAR_WORDS = tuple(sorted({*_WORD.findall(_GRAMMAR), "unknown"}))
"""Every word of the language that is not in a vocabulary."""

_UNIT_WORDS = tuple(unit + s for unit in ("second", "minute", "hour", "day", "month", "year") for s in ("", "s"))


_KINDS = {
    "NAME": ("a name",),
    "NUM": ("a number",),
    "DATE": ("a date",),
    "TIME": ("a time",),
    "STRING": ("a text in quotes",),
    "PERCENT": ("a share such as 3%",),
    "MEASURE": ("measure",),
    "LPAR": ("(",),
    "RPAR": (")",),
}


def words_of_terminal(terminal: str) -> tuple[str, ...]:
    """The words that a terminal stands for; of an open one what it is, as `a number`."""
    if terminal == "UNIT":
        return _UNIT_WORDS
    if "KW_" in terminal:
        return (terminal.rsplit("KW_", 1)[1].lower(),)
    return _KINDS.get(terminal, ())


@cache
def clause_parser(has_marks: bool = False) -> Lark:
    """The parser for one clause; pass the kind of clause as `start`. With marks it also reads words put behind.

    Without them a fault is found where it stands: `a is b c` ends at `c`, which no mark can make good.
    """
    lines = [line for line in _GRAMMAR.split("\n") if has_marks or "_KO_" not in line]
    rules = _WORD.sub(lambda match: f"_KW_{match[1].upper()}", "\n".join(lines))
    terminals = [f"_KW_{word.upper()}.2: /{word}(?![\\w.\\-\\/])/" for word in GRAMMAR_WORDS]
    if has_marks:
        terminals += [f"_KO_{name}: /{mark}/" for name, mark in POSTPOSED_MARKS.items()]
    terminals.append("KW_UNKNOWN.3: /unknown(?![\\w.\\-\\/])/")
    return Lark(
        "\n".join([rules, *terminals]),
        parser="lalr",
        lexer="contextual",
        start=list(CLAUSE_KINDS),
        propagate_positions=True,
    )


ClauseTree = Tree[Token]
