"""`paceline rules lsp`: a language server for rule files, spoken over standard input and output."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

__all__ = ["lsp"]


def lsp(
    *,
    stdio: bool = True,  # editors pass --stdio by habit
    portfolio: Annotated[
        Path | None, Parameter(help="A configuration: show how many accounts of its list each word and rule concerns.")
    ] = None,
    at: Annotated[str, Parameter(help="Date and time on the configuration's clock; without it now.")] = "",
    campaign: Annotated[str, Parameter(help="Which campaign's list; needed where there are several.")] = "",
    journal: Annotated[str, Parameter(help="Count the contacts and facts that this journal holds.")] = "",
) -> None:
    """Serve an editor: completion, hover, diagnostics, formatting and fixes, over standard input and output."""
    # Here and not above: the server's library is slow to load, and no other command needs it.
    from dialer.commands.rules.lsp.server import serve

    assert stdio
    if portfolio is None:
        serve(None)
        return
    from dialer.clock import system_now
    from dialer.commands.rules.lsp.live import ListAsked
    from dialer.commands.rules.portfolio import campaign_of, instant
    from dialer.config import load_config

    config = load_config(portfolio)
    campaign_of(config, campaign)
    when = instant(at, config) if at else system_now().astimezone(config.zone)
    serve(ListAsked(portfolio, when, campaign, journal))
