"""`paceline rules shadow` and `promote`: a draft beside the rules of a running engine, then for ever more accounts."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from dialer.commands.control import Actor, Socket, send, who
from dialer.commands.rules.sources import console, read_sources

__all__ = ["promote", "shadow"]

Campaign = Annotated[str, Parameter(help="The campaign whose rules are meant.")]


def shadow(
    engine: Socket,
    campaign: Campaign,
    *drafts: Annotated[str, Parameter(help="Draft rule files; none asks how the present draft compares.")],
    days: Annotated[float, Parameter(help="How long it is to stay in the shadow before it may be promoted.")] = 0.0,
    by: Actor = "",
) -> None:
    """Evaluate a draft beside the rules in force, on live verdicts and without effect; then say how it compares."""
    if drafts:
        sources = [(Path(one.name).name, one.text) for one in read_sources(drafts)]
        request = {"command": "shadow", "campaign": campaign, "sources": sources, "days": days, "actor": who(by)}
        answer = send(engine, request)
        changes = answer["changes"]
        for sign, kind in (("+", "added"), ("-", "removed"), ("~", "changed")):
            for rule_id in changes[kind]:
                law = "  law: for all on its date" if rule_id in changes["law"] else ""
                console.print(f"{sign} {rule_id}{law}")
    else:
        answer = send(engine, {"command": "rules", "campaign": campaign})
    _say(campaign, answer)


def promote(
    engine: Socket,
    campaign: Campaign,
    *,
    stage: Annotated[str, Parameter(help="draft (take it back), shadow, a share such as 10%, or all.")],
    by: Actor = "",
    approved_by: Annotated[str, Parameter(help="The second person who approves.")] = "",
    override_by: Annotated[str, Parameter(help="Who answers for going on in spite of the objections.")] = "",
    override_reason: Annotated[str, Parameter(help="Why they do.")] = "",
) -> None:
    """Take a draft to its next stage. Refused, with the reasons, unless somebody overrides them by name."""
    answer = send(engine, {
        "command": "promote", "campaign": campaign, "stage": stage, "actor": who(by), "approver": approved_by,
        "override_by": override_by, "override_reason": override_reason,
    })  # fmt: skip
    for objection in answer["overridden"]:
        console.print(f"overridden by {override_by}: {objection}")
    _say(campaign, answer)


def _say(campaign: str, rules: dict[str, Any]) -> None:
    if not rules.get("draft_hash"):
        note = "" if rules["pack_hash"] == rules["files_hash"] else "; save them into the rule files to keep them there"
        console.print(f"{campaign}: rules {rules['pack_hash']} for all accounts, no draft{note}")
        return
    where = f"judges {rules['share']:.0%} of the accounts" if rules["stage"] == "share" else "in the shadow"
    console.print(
        f"{campaign}: rules {rules['pack_hash']}, draft {rules['draft_hash']} {where} since {rules['staged_at']}"
    )
    found = rules.get("shadow")
    if found is None:
        return
    console.print(f"{found['verdicts']:,} verdicts compared, {found['errors']} could not be")
    for what, counts in (("newly refused", found["newly_denied"]), ("newly allowed", found["newly_allowed"])):
        for rule_id, count in sorted(counts.items(), key=lambda one: -one[1]):
            console.print(f"  {what}  {rule_id}  {count:,}  e.g. {', '.join(found['examples'].get(rule_id, ()))}")
