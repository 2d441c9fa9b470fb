from collections.abc import AsyncIterator

import pytest
from trio.testing import MockClock

from adapters.freeswitch.server import FreeswitchServer
from adapters.freeswitch.settings import ServerSettings
from tests.adapters.freeswitch.peer import PASSWORD, Peer, open_peer


@pytest.fixture
def autojump_clock() -> MockClock:
    """Virtual time, although the sockets are real: what is on its way over loopback arrives before the clock jumps."""
    return MockClock(autojump_threshold=0.002)


@pytest.fixture
async def peer(autojump_clock: MockClock) -> AsyncIterator[Peer]:
    async with open_peer() as peer:
        yield peer


def server_of(peer: Peer, password: str = PASSWORD, **settings: object) -> FreeswitchServer:
    """A dialer's side of the scripted switch; seldom asking, so that virtual time passes in few steps."""
    fast = {"address": peer.address, "secret_env": "X", "ping_s": 5.0, "retry_s": 0.02, "max_retry_s": 0.25}
    return FreeswitchServer(ServerSettings(**(fast | settings)), password)  # type: ignore[arg-type]
