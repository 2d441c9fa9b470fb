"""Preview and progressive: one call for each idle agent."""

from hypothesis import given
from hypothesis import strategies as st

from pacing import Pacer, PacerSettings, PacingMode, Snapshot

counts = st.integers(0, 60)


@given(
    idle=counts,
    ringing=counts,
    detecting=counts,
    waiting=counts,
    free_lines=st.integers(-3, 60),
    mode=st.sampled_from([PacingMode.PREVIEW, PacingMode.PROGRESSIVE]),
)
def test_calls_in_flight_never_outnumber_idle_agents(idle, ringing, detecting, waiting, free_lines, mode):
    snapshot = Snapshot(
        now_s=100.0,
        idle_count=idle,
        ringing_since_s=(95.0,) * ringing,
        detecting_since_s=(99.0,) * detecting,
        waiting_since_s=(99.5,) * waiting,
        free_lines=free_lines,
    )
    decision = Pacer(PacerSettings(mode=mode)).decide(snapshot)
    assert decision.mode is mode
    assert 0 <= decision.launch_count <= max(0, free_lines)
    assert decision.launch_count == 0 or decision.launch_count + snapshot.in_flight_count <= idle


def test_every_idle_agent_gets_a_call_when_lines_are_free():
    decision = Pacer(PacerSettings()).decide(Snapshot(now_s=0.0, idle_count=7, ringing_since_s=(-1.0,), free_lines=50))
    assert decision.launch_count == 6
    assert decision.reason == "7 idle, 1 in flight, 50 lines free"
