"""The rules of a running engine: opened, reloaded, tried in the shadow, promoted. Every change is journaled.

Whatever does not compile changes nothing, and its diagnostics are the answer. A change is
complete in one step of the engine: the next verdict goes by it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import attrs
import structlog
import trio
from attrs import define, field, frozen

from collections_rules import PackSource, RuleBook, RulesError, compile_rules
from collections_rules.changes import RuleChanges, changes_between, replaced
from dialer.campaign import Campaign
from dialer.clock import WallClock
from dialer.config import Config
from dialer.forgetting import reaches_behind
from dialer.journal import Journal
from dialer.records import PackTexts, Record, RulesChanged, ShadowNoted
from dialer.rule_drafts import Draft, Stage
from dialer.rule_files import book_of_hash, campaign_sources, compile_campaign_rules, kept_sources
from dialer.rule_promotion import Promotion, objections
from dialer.state import EngineState

__all__ = ["OpenedRules", "RuleDesk", "RuleDeskError", "drafted", "open_rules"]

log = structlog.get_logger()

OffLoop = Callable[..., Awaitable[Any]]


class RuleDeskError(ValueError):
    """What was asked for cannot be done, and nothing has changed; `reasons` are the objections, one sentence each."""

    def __init__(self, text: str, reasons: Sequence[str] = ()) -> None:
        self.reasons = tuple(reasons)
        super().__init__(text)


class _Engine(Protocol):
    config: Config
    state: EngineState
    journal: Journal
    clock: WallClock
    campaigns: dict[str, Campaign]


@frozen
class OpenedRules:
    """What a campaign begins with, and what to append so that the journal says so."""

    book: RuleBook
    draft: Draft | None
    records: tuple[Record, ...]


def open_rules(config: Config, state: EngineState, now_at: datetime) -> dict[str, OpenedRules]:
    """By campaign: the rules of its files, or those that were promoted while the files stayed as they are."""
    kept, found = set(state.packs), {}
    for settings in config.campaigns:
        opened = _open_one(settings.id, config, state, now_at)
        # Campaigns share packs: each text is written once.
        records = tuple(one for one in opened.records if not isinstance(one, PackTexts) or one.pack_hash not in kept)
        kept |= {one.pack_hash for one in records if isinstance(one, PackTexts)}
        found[settings.id] = attrs.evolve(opened, records=records)
    return found


def _open_one(campaign_id: str, config: Config, state: EngineState, now_at: datetime) -> OpenedRules:
    settings = next(one for one in config.campaigns if one.id == campaign_id)
    book, known = compile_campaign_rules(settings, config), state.rules.get(campaign_id)
    if known is not None and known.files_hash == book.pack_hash:
        live = book if known.pack_hash == book.pack_hash else book_of_hash(known.pack_hash, state.packs)
        return OpenedRules(live, drafted(known, live, state.packs) if known.draft_hash else None, ())
    sources = campaign_sources(settings, config)
    reason = "opened" if known is None else "opened with other files"
    changed = RulesChanged(now_at, campaign_id, book.pack_hash, files_hash=book.pack_hash, reason=reason)
    return OpenedRules(book, None, (*_texts(book.pack_hash, sources, now_at), changed))


def _texts(pack_hash: str, sources: Sequence[PackSource], now_at: datetime) -> tuple[PackTexts, ...]:
    return (PackTexts(now_at, pack_hash, tuple((one.name.rsplit("/", 1)[-1], one.text) for one in sources)),)


def drafted(known: RulesChanged, live: RuleBook, packs: Mapping[str, tuple[tuple[str, str], ...]]) -> Draft:
    """The draft that a record names, ready to judge."""
    kept = dict(packs)
    book = book_of_hash(known.draft_hash, kept)
    changes = changes_between(kept_sources(known.pack_hash, kept), kept_sources(known.draft_hash, kept))
    rest = live.with_law_of(book) if changes.touches_law else live
    seed = known.staged_at.isoformat() if known.staged_at else ""
    return Draft(book, Stage(known.stage), rest, seed, known.share)


async def _beside_the_loop(work: Callable[..., Any], *args: Any) -> Any:
    """In a thread: reading a large pack takes longer than a person on the line may wait."""
    return await trio.to_thread.run_sync(work, *args)


@frozen
class _Step:
    """A change that is worked out, ready to be taken."""

    changed: RulesChanged
    texts: tuple[PackTexts, ...]
    book: RuleBook
    draft: Draft | None


@define(eq=False)
class RuleDesk:
    """Changes the rules of a running engine. `off_loop` runs what takes long; a simulation runs it in place."""

    engine: _Engine
    off_loop: OffLoop = _beside_the_loop
    _lock: trio.Lock = field(factory=trio.Lock)

    async def reload(self, actor: str, reason: str = "") -> dict[str, str]:
        """Read the rule files again; by campaign, what became of it. One fault in any file changes nothing."""
        async with self._lock:
            found, steps = {}, []
            for settings in self.engine.config.campaigns:
                sources = campaign_sources(settings, self.engine.config)
                known, texts = self._known(settings.id), _Texts(self.engine.state.packs)
                files_hash = await self._keep(sources, texts)
                found[settings.id] = "unchanged"
                if files_hash == known.files_hash:
                    continue
                changed = _reloaded(known, files_hash, actor, reason)
                if changed.draft_hash:
                    both = await self._run(replaced, sources, self._own_packs(known))
                    changed = attrs.evolve(changed, draft_hash=await self._keep(both, texts))
                found[settings.id] = "reloaded"
                steps.append(await self._step(changed, texts))
            for step in steps:
                self._take(step)
            return found

    async def shadow(
        self, campaign_id: str, drafts: Sequence[PackSource], actor: str, min_days: float = 0.0
    ) -> RuleChanges:
        """Evaluate a draft beside the live rules, without effect; what it changes. Replaces an earlier draft."""
        async with self._lock:
            known, texts = self._known(campaign_id), _Texts(self.engine.state.packs)
            if known.stage == Stage.SHARE.value:
                msg = f"a draft already judges {known.share:.0%} of `{campaign_id}`; promote it to all or back to draft"
                raise RuleDeskError(msg)
            live = texts.sources(known.pack_hash)
            both = await self._run(replaced, live, drafts)
            draft_hash = await self._keep(both, texts)
            if draft_hash == known.pack_hash:
                msg = "the draft says the same as the rules in force"
                raise RuleDeskError(msg)
            now_at = self.engine.clock.now_at()
            changed = RulesChanged(
                now_at, campaign_id, known.pack_hash, known.files_hash, draft_hash, Stage.SHADOW.value,
                reason="shadow", actor=actor, min_days=min_days, staged_at=now_at,
            )  # fmt: skip
            self._take(await self._step(changed, texts))
            changes: RuleChanges = await self._run(changes_between, live, both)
            return changes

    async def promote(self, campaign_id: str, asked: Promotion) -> tuple[str, ...]:
        """Take the draft to another stage; what was overridden. Raises `RuleDeskError` with the objections."""
        async with self._lock:
            known, texts = self._known(campaign_id), _Texts(self.engine.state.packs)
            if not known.draft_hash:
                msg = f"`{campaign_id}` has no draft; begin with `paceline rules shadow`"
                raise RuleDeskError(msg)
            now_at, tally = self.engine.clock.now_at(), self._tally(campaign_id)
            found: tuple[str, ...] = ()
            if asked.stage in (Stage.SHARE, Stage.ALL):
                live, draft = texts.sources(known.pack_hash), texts.sources(known.draft_hash)
                errors = tally.error_count if tally else 0
                found = await self._run(objections, asked, known, live, draft, now_at, errors)
            if found and not asked.is_overridden:
                msg = f"promote refused: {'; '.join(found)}"
                raise RuleDeskError(msg, found)
            self._take(await self._step(_promoted(known, asked, found, now_at), texts))
            return found

    def status(self, campaign_id: str) -> dict[str, Any]:
        """Which rules judge a campaign, which draft is being introduced, and how it compares."""
        known, tally = self._known(campaign_id), self._tally(campaign_id)
        found: dict[str, Any] = {"pack_hash": known.pack_hash, "files_hash": known.files_hash, "since": known.at}
        if known.draft_hash:
            found |= {"draft_hash": known.draft_hash, "stage": known.stage, "share": known.share,
                      "staged_at": known.staged_at}  # fmt: skip
        if tally is not None and known.stage == Stage.SHADOW.value:
            found["shadow"] = {
                "verdicts": tally.verdict_count, "newly_denied": dict(tally.newly_denied),
                "newly_allowed": dict(tally.newly_allowed), "examples": tally.examples, "errors": tally.error_count,
            }  # fmt: skip
        return found

    # How.

    async def _step(self, changed: RulesChanged, texts: "_Texts") -> _Step:
        book = await self._run(book_of_hash, changed.pack_hash, texts.all)
        draft = await self._run(drafted, changed, book, texts.all) if changed.draft_hash else None
        books, state = [book, *([draft.book] if draft is not None else [])], self.engine.state
        if reaches_behind(books, state, self.engine.clock.now_at()):
            msg = (
                f"these rules count contacts from before {state.forgotten_before:%Y-%m-%d}, which are not in memory; "
                "put them in the rule files and start `paceline run` again: it reads them from the journal"
            )
            raise RuleDeskError(msg)
        return _Step(changed, texts.new_for(changed), book, draft)

    def _take(self, step: _Step) -> None:
        """Everything at once: no verdict is taken between the first line and the last."""
        engine, changed = self.engine, attrs.evolve(step.changed, at=self.engine.clock.now_at())
        campaign = engine.campaigns[changed.campaign_id]
        self.note_shadow(changed.campaign_id)
        for texts in step.texts:
            if texts.pack_hash not in engine.state.packs:
                engine.journal.append(attrs.evolve(texts, at=changed.at))
        engine.journal.append(changed)
        campaign.gate.rules, campaign.gate.draft = step.book, step.draft
        campaign.rules_changed()
        log.info("rules_changed", campaign_id=changed.campaign_id, pack_hash=changed.pack_hash, reason=changed.reason,
                 draft_hash=changed.draft_hash, stage=changed.stage)  # fmt: skip

    def note_shadow(self, campaign_id: str) -> None:
        """Write down how the draft has compared so far."""
        known, tally = self.engine.state.rules.get(campaign_id), self._tally(campaign_id)
        if known is None or tally is None or not tally.verdict_count or known.stage != Stage.SHADOW.value:
            return
        self.engine.journal.append(
            ShadowNoted(self.engine.clock.now_at(), campaign_id, known.draft_hash, tally.verdict_count,
                        dict(tally.newly_denied), dict(tally.newly_allowed), tally.error_count)
        )  # fmt: skip

    def _tally(self, campaign_id: str) -> Any:
        draft = self.engine.campaigns[campaign_id].gate.draft
        return draft.tally if draft is not None else None

    def _known(self, campaign_id: str) -> RulesChanged:
        known = self.engine.state.rules.get(campaign_id)
        if known is None:
            msg = f"there is no campaign `{campaign_id}`; there are {', '.join(self.engine.campaigns)}"
            raise RuleDeskError(msg)
        return known

    def _own_packs(self, known: RulesChanged) -> list[PackSource]:
        """The files of a draft that are not those in force."""
        packs = self.engine.state.packs
        live = {one.text for one in kept_sources(known.pack_hash, packs)}
        return [one for one in kept_sources(known.draft_hash, packs) if one.text not in live]

    async def _keep(self, sources: Sequence[PackSource], texts: "_Texts") -> str:
        """The hash of files that compile; their texts are at hand from now on."""
        book: RuleBook = await self._run(compile_rules, sources)
        texts.keep(book.pack_hash, sources, self.engine.clock.now_at())
        return book.pack_hash

    async def _run(self, work: Callable[..., Any], *args: Any) -> Any:
        try:
            return await self.off_loop(work, *args)
        except RulesError as error:
            msg = "the rules do not check; nothing has changed"
            raise RuleDeskError(msg, str(error).splitlines()) from error


class _Texts:
    """The files behind every hash: those that the journal holds, and those that it will."""

    def __init__(self, kept: Mapping[str, tuple[tuple[str, str], ...]]) -> None:
        self.all = dict(kept)
        self._new: dict[str, PackTexts] = {}

    def keep(self, pack_hash: str, sources: Sequence[PackSource], now_at: datetime) -> None:
        if pack_hash not in self.all:
            (self._new[pack_hash],) = _texts(pack_hash, sources, now_at)
            self.all[pack_hash] = self._new[pack_hash].sources

    def sources(self, pack_hash: str) -> tuple[PackSource, ...]:
        return kept_sources(pack_hash, self.all)

    def new_for(self, changed: RulesChanged) -> tuple[PackTexts, ...]:
        wanted = (changed.pack_hash, changed.draft_hash)
        return tuple(self._new[one] for one in wanted if one in self._new)


def _reloaded(known: RulesChanged, files_hash: str, actor: str, reason: str) -> RulesChanged:
    """The files as they are now; a draft that is being introduced goes on, unless the files have become it."""
    changed = RulesChanged(
        known.at, known.campaign_id, files_hash, files_hash, reason=reason or "reloaded", actor=actor
    )
    if not known.draft_hash or files_hash == known.draft_hash:
        return changed
    return attrs.evolve(changed, draft_hash=known.draft_hash, stage=known.stage, share=known.share,
                        min_days=known.min_days, staged_at=known.staged_at)  # fmt: skip


def _promoted(known: RulesChanged, asked: Promotion, found: tuple[str, ...], now_at: datetime) -> RulesChanged:
    names = attrs.evolve(
        known, at=now_at, actor=asked.actor, approver=asked.approver, overridden=found,
        override_by=asked.override_by if found else "", override_reason=asked.override_reason if found else "",
    )  # fmt: skip
    gone = attrs.evolve(names, draft_hash="", stage="", share=0.0, staged_at=None, min_days=0.0)
    if asked.stage is Stage.ALL:
        return attrs.evolve(gone, pack_hash=known.draft_hash, reason="promoted to all")
    if asked.stage is Stage.NONE:
        return attrs.evolve(gone, reason="draft withdrawn")
    reason = f"promoted to {asked.share:.0%}" if asked.stage is Stage.SHARE else "back into the shadow"
    return attrs.evolve(names, stage=asked.stage.value, share=asked.share, reason=reason)
