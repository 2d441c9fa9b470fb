"""Finding a decision in a journal, the facts that name it, and what a draft's stages are called."""

import pytest
import trio
from attrs import evolve

from dialer.config import ConfigError
from dialer.model import NumberKind, PhoneNumber
from dialer.record_codec import encode
from dialer.records import Judged, VerdictStage
from dialer.rule_decisions import decision_id, find_decision, state_known_at
from dialer.rule_drafts import Stage, is_drawn
from dialer.rule_promotion import parse_stage
from tests.dialer.parts import Parts, a_state
from tests.dialer.test_rule_facts import ACCOUNT, a_gate, values_of
from tests.fakes import TEN


async def a_journal():
    """One call: claimed, and judged again when it was answered."""
    parts = Parts()
    parts.claim()
    parts.journal.append(Judged(TEN, "c-1", "c", VerdictStage.ANSWER, "hash", "facts"))
    return parts.store


async def test_decision_is_found_by_id_line_or_attempt_and_stage(autojump_clock):
    store = await a_journal()
    claimed, judged = store.lines
    for wanted, stage, line in [
        (decision_id(claimed)[:6], "pick", claimed),
        ("#2", "pick", judged),
        ("c-1", "pick", claimed),
        ("c-1", "answer", judged),
    ]:
        found = find_decision(store.read, wanted, a_state, stage)
        assert found.line == line
    assert list(found.state.attempts) == ["c-1"]  # what was known just before
    assert encode(found.record) == judged


@pytest.mark.parametrize("wanted", ["c-2", "#3", "ffffffffffff", ""])
async def test_decision_that_is_not_there_is_said_so(autojump_clock, wanted):
    store = await a_journal()
    with pytest.raises(ConfigError, match="the journal has no decision"):
        find_decision(store.read, wanted, a_state)


async def test_state_known_at_an_instant_ends_there(autojump_clock):
    parts = Parts()
    parts.claim()
    await trio.sleep(10)
    parts.claim("c-2")
    assert list(state_known_at(parts.store.read(), a_state(), TEN).attempts) == ["c-1"]
    assert list(state_known_at(parts.store.read(), a_state(), None).attempts) == ["c-1", "c-2"]


def test_facts_hash_names_what_a_verdict_reads_and_nothing_else():
    gate, number = a_gate(), ACCOUNT.numbers[0]
    first = gate.facts_hash(ACCOUNT, number, 24.0, is_asked_for=False)
    assert first == a_gate().facts_hash(ACCOUNT, number, 24.0, is_asked_for=False)
    others = [
        gate.facts_hash(ACCOUNT, ACCOUNT.numbers[1], 24.0, is_asked_for=False),
        gate.facts_hash(ACCOUNT, number, 0.0, is_asked_for=False),
        gate.facts_hash(ACCOUNT, number, 24.0, is_asked_for=True),
        a_gate(purpose="telesales").facts_hash(ACCOUNT, number, 24.0, is_asked_for=False),
    ]
    gate.state.facts["p-1"] = {"person.attorney": "known"}
    others.append(gate.facts_hash(ACCOUNT, number, 24.0, is_asked_for=False))
    assert len({first, *others}) == 6


def test_number_is_evidence_of_a_place_beside_what_the_list_says():
    florida = PhoneNumber("n-9", "+13055550123", NumberKind.MOBILE)
    account = evolve(ACCOUNT, numbers=(florida,))
    assert values_of(account)["evidence"] == {"FL"}
    assert values_of(evolve(account, facts={"evidence": frozenset({"NY"})}))["evidence"] == {"FL", "NY"}
    tollfree = evolve(account, numbers=(PhoneNumber("n-9", "+18005550123"),))
    assert "evidence" not in values_of(tollfree)  # it says nothing, and unknown stays unknown


def test_role_of_the_callee_is_kept_with_the_attempt_and_unknown_where_nobody_says():
    gate = a_gate()
    assert gate.callee_role(ACCOUNT) == ""
    assert gate.callee_role(evolve(ACCOUNT, facts={"callee.role": "guarantor"})) == "guarantor"
    assert a_gate(assumed={"callee.role": "debtor"}).callee_role(ACCOUNT) == "debtor"


def test_share_is_stable_and_the_larger_holds_the_smaller():
    tenth = {n for n in range(2000) if is_drawn(f"p{n}", "seed", 0.1)}
    third = {n for n in range(2000) if is_drawn(f"p{n}", "seed", 0.3)}
    assert tenth < third
    assert 150 < len(tenth) < 250
    assert tenth != {n for n in range(2000) if is_drawn(f"p{n}", "other", 0.1)}


@pytest.mark.parametrize(
    ("text", "stage"), [("draft", (Stage.NONE, 0.0)), ("shadow", (Stage.SHADOW, 0.0)), ("2.5%", (Stage.SHARE, 0.025)),
                        ("all", (Stage.ALL, 0.0))],
)  # fmt: skip
def test_stage_is_read_from_words(text, stage):
    assert parse_stage(text) == stage


@pytest.mark.parametrize("text", ["", "half", "10", "0%", "100%", "-5%", "nan%"])
def test_stage_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="is no stage"):
        parse_stage(text)
