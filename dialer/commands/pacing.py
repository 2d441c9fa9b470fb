"""`paceline pacing …`: what a floor could do, for whoever plans one."""

from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from dialer.config import ConfigError
from pacing.what_if import what_if

__all__ = ["app"]

app = App(name="pacing", help="What pacing can and cannot do.")
console = Console(highlight=False)


@app.command(name="what-if")
def what_if_(
    *,
    agents: int,
    answer: Annotated[float, Parameter(help="Share of calls that a person answers, e.g. 0.2.")],
    target: Annotated[float, Parameter(help="Share of answered calls that may be abandoned.")] = 0.03,
    talk_s: float = 120.0,
    wrap_s: float = 20.0,
) -> None:
    """Say how busy a floor can be within its abandonment target, and what one more agent is worth."""
    try:
        floor = what_if(agents, answer, target, talk_s, wrap_s)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    console.print(
        f"{agents} agents, {answer:.0%} of calls answered, at most {target:.1%} abandoned:\n"
        f"  busy at most            {floor.limit:6.1%}   no policy can do better\n"
        f"  busy with this pacer    {floor.utilisation:6.1%}   "
        f"(one call per idle agent: {floor.one_call_per_agent:.1%})\n"
        f"  calls an hour           {floor.calls_per_hour:6,.0f}\n"
        f"  conversations an hour   {floor.connects_per_hour:6,.0f}   and {floor.abandoned_per_hour:.1f} abandoned\n"
        f"  one more agent adds     {floor.connects_per_hour_of_one_more_agent:6,.1f}   conversations an hour",
    )
