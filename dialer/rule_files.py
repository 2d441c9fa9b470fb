"""The rule files of a campaign: read from the configuration's folder, compiled, kept in the journal."""

from collections.abc import Sequence

from collections_rules import PackSource, RuleBook, RulesError, builtin_pack, compile_rules
from dialer.config import CampaignSettings, Config, ConfigError

__all__ = ["book_of_hash", "campaign_sources", "compile_campaign_rules", "kept_sources"]

KeptPacks = dict[str, tuple[tuple[str, str], ...]]


def campaign_sources(campaign: CampaignSettings, config: Config) -> tuple[PackSource, ...]:
    """The packs that a campaign names, as they stand on disk now."""
    return tuple(_read(name, campaign, config) for name in campaign.rules)


def _read(name: str, campaign: CampaignSettings, config: Config) -> PackSource:
    path = config.folder / name
    try:
        if name.endswith(".rules"):
            return PackSource(str(path), path.read_text(encoding="utf-8"))
        return builtin_pack(name)
    except (OSError, UnicodeDecodeError) as error:
        msg = f"campaign `{campaign.id}`: the rule file {path} cannot be read ({error})"
        raise ConfigError(msg) from error
    except (KeyError, ValueError) as error:
        msg = f"campaign `{campaign.id}`: {error.args[0]}"
        raise ConfigError(msg) from error


def compile_campaign_rules(campaign: CampaignSettings, config: Config) -> RuleBook:
    """The rules of a campaign; raises `ConfigError` with every diagnostic of every pack."""
    try:
        return compile_rules(campaign_sources(campaign, config))
    except RulesError as error:
        raise ConfigError(str(error)) from error


def kept_sources(pack_hash: str, packs: KeptPacks) -> tuple[PackSource, ...]:
    """The files behind a hash, from the journal."""
    if pack_hash not in packs:
        msg = f"the journal does not hold the rule files {pack_hash}; it was begun by a version that kept none"
        raise ConfigError(msg)
    return tuple(PackSource(name, text) for name, text in packs[pack_hash])


def book_of_hash(pack_hash: str, packs: KeptPacks) -> RuleBook:
    """The rule book that a verdict names, compiled again from the journal.

    `a+b` are the rules of `a` with the law of the draft `b`: what judged the accounts
    that the draft did not reach.
    """
    live, plus, draft = pack_hash.partition("+")
    book = _compiled(kept_sources(live, packs))
    return book.with_law_of(_compiled(kept_sources(draft, packs))) if plus else book


def _compiled(sources: Sequence[PackSource]) -> RuleBook:
    try:
        return compile_rules(sources)
    except RulesError as error:
        msg = f"the rule files that the journal holds do not compile any more:\n{error}"
        raise ConfigError(msg) from error
