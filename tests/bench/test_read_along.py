"""The player's arithmetic, and what listeners make of blocks."""

import pytest

from bench.loadgen import Outcome
from bench.playback import Playback
from bench.read_along import Listener, Player, row_of


@pytest.mark.parametrize(
    ("speed", "arrivals", "stalls", "stall_s"),
    [
        (1.0, [], 0, 0.0),
        (1.0, [(5.0, 1.0)], 0, 0.0),
        (1.0, [(5.0, 1.0), (6.0, 1.0)], 0, 0.0),
        (1.0, [(5.0, 1.0), (6.25, 1.0)], 1, 0.25),
        (1.0, [(5.0, 1.0), (6.25, 1.0), (7.5, 1.0)], 2, 0.5),
        # What came early covers what comes late.
        (1.0, [(5.0, 1.0), (5.1, 2.0), (7.9, 1.0)], 0, 0.0),
        (2.0, [(5.0, 1.0), (6.0, 1.0)], 1, 0.5),
        # No gap that a listener hears.
        (1.0, [(5.0, 1.0), (6.005, 1.0)], 0, 0.0),
    ],
)
def test_player_stalls_when_it_has_played_all_that_came(
    speed: float, arrivals: list[tuple[float, float]], stalls: int, stall_s: float
) -> None:
    player = Player(speed)
    for arrival in arrivals:
        player.take(*arrival)
    assert player.stalls == stalls
    assert player.stall_s == pytest.approx(stall_s)


def block(latency_s: float, *, heard: bool = True) -> Outcome:
    playback = Playback(0.1, latency_s, [(0.1, 1.0), (latency_s, 2.0)], 0.0) if heard else None
    return Outcome(0.0, latency_s, playback, not heard, None, "")


def test_row_tells_the_first_block_from_all() -> None:
    listeners = [
        Listener(Player(stalls=1, stall_s=0.5), [block(0.1, heard=False), block(2.0), block(1.0)]),
        Listener(Player(), [block(2.0), block(1.0), block(1.0)]),
    ]
    row = row_of(listeners, 0.0, 1.0)
    assert (row["first_block_p50_s"], row["round_trip_p50_s"]) == (2.0, 1.0)
    assert (row["stalls_mean"], row["stalls_worst"], row["stall_s_mean"], row["stall_s_worst"]) == (0.5, 1, 0.25, 0.5)
    assert (row["heard"], row["refused"]) == (5, 1)


def test_row_of_nothing_heard_has_no_times() -> None:
    row = row_of([Listener(Player())], 0.0, 1.0)
    assert (row["first_block_p50_s"], row["stall_s_worst"], row["heard"]) == (None, 0.0, 0)
