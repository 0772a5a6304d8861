import pytest

from speechd.server.recycling import LOOK_S, PAUSE_S, DesiredWorkers, Recycler

TWO = DesiredWorkers(2)
MIB = 1 << 20


def light(index):
    return 0


def heavy(index):
    return (100 + index) * MIB


def crew_of(count=2, *, after_s=0.0, over_bytes=0, chance=0.0):
    turnover = Recycler(after_s=after_s, over_bytes=over_bytes)
    for index in range(count):
        turnover.begin(index, DesiredWorkers(count), 0.0, chance)
    return turnover


def words(turnover):
    return repr(turnover).removeprefix("<Turnover ").removesuffix(">")


def test_workers_live_for_ever_where_there_is_no_limit():
    turnover = crew_of()
    assert turnover.choose(TWO, [0, 1], 1e12, heavy) is None
    assert turnover.missing(TWO) == 0
    assert turnover.dismiss(TWO, [0, 1]) == []


@pytest.mark.parametrize(
    ("now", "ready", "expected"),
    [
        (99.9, [0, 1], None),
        (100.0, [0, 1], 0),
        (100.0, [0], None),  # the other is not ready: it may be that there is reason not to touch the one that is
        (100.0, [], None),
    ],
)
def test_oldest_worker_is_replaced_from_its_age_on_once_all_are_ready(now, ready, expected):
    turnover = Recycler(after_s=100.0, over_bytes=0)
    turnover.begin(1, TWO, 50.0, 0.0)
    turnover.begin(0, TWO, 0.0, 0.0)
    chosen = turnover.choose(TWO, ready, now, light)
    assert (chosen[0] if chosen else None) == expected


@pytest.mark.parametrize(("chance", "life_s"), [(0.0, 100.0), (0.5, 95.0), (1.0, 90.0)])
def test_life_is_cut_short_by_chance(chance, life_s):
    turnover = crew_of(after_s=100.0, chance=chance)
    assert turnover.choose(TWO, [0, 1], life_s - 0.1, light) is None
    assert turnover.choose(TWO, [0, 1], life_s + 0.1, light) is not None


def test_heaviest_worker_is_replaced_from_its_limit_on():
    turnover = crew_of(over_bytes=100 * MIB)
    assert turnover.choose(TWO, [0, 1], 0.0, heavy) == (1, "it holds 101 MiB of its own")
    assert words(turnover) == "0 stays, 1 leaves"


def test_memory_at_the_limit_is_within_it():
    assert crew_of(over_bytes=101 * MIB).choose(TWO, [0, 1], 0.0, heavy) is None


def test_memory_is_looked_at_now_and_then():
    turnover = crew_of(over_bytes=100 * MIB)
    assert turnover.choose(TWO, [0, 1], 0.0, light) is None
    assert turnover.choose(TWO, [0, 1], LOOK_S - 0.1, heavy) is None
    assert turnover.choose(TWO, [0, 1], LOOK_S, heavy) is not None


def test_limit_that_all_are_over_replaces_one_in_each_pause():
    turnover, chosen, now = crew_of(over_bytes=1), [], 0.0
    while now < 3 * PAUSE_S:
        if picked := turnover.choose(TWO, [0, 1], now, heavy):
            chosen.append(now)
            turnover.end(picked[0])  # as if all that follows took no time
            turnover.begin(picked[0], TWO, now, 0.0)
        now += 1.0
    assert chosen == [0.0, PAUSE_S, 2 * PAUSE_S]


def test_replacement_comes_before_one_leaves_and_another_leaves_after_it():
    turnover = crew_of(after_s=100.0)
    assert turnover.choose(TWO, [0, 1], 100.0, light)[0] == 0
    assert turnover.missing(TWO) == 1
    turnover.begin(2, TWO, 100.0, 0.0)
    assert turnover.missing(TWO) == 0
    assert turnover.dismiss(TWO, [0, 1]) == []  # it is not ready yet
    assert turnover.dismiss(TWO, [0, 1, 2]) == [0]
    assert words(turnover) == "0 retires, 1 stays, 2 stays"
    assert turnover.dismiss(TWO, [0, 1, 2]) == []  # told but once
    assert turnover.choose(TWO, [0, 1, 2], 100.0, light) is None  # one at a time
    turnover.end(0)
    assert turnover.choose(TWO, [1, 2], 100.0, light)[0] == 1


def test_replacement_that_fails_leaves_the_one_before_it_in_service():
    turnover = crew_of(1, after_s=100.0)
    one = DesiredWorkers(1)
    turnover.choose(one, [0], 100.0, light)
    for _ in range(3):
        turnover.begin(1, one, 100.0, 0.0)
        turnover.end(1)
        assert turnover.missing(one) == 1
        assert turnover.dismiss(one, [0]) == []


def test_worker_that_dies_before_it_retires_has_its_replacement_already():
    turnover = crew_of(after_s=100.0)
    turnover.choose(TWO, [0, 1], 100.0, light)
    turnover.begin(2, TWO, 100.0, 0.0)
    turnover.end(0)
    assert turnover.missing(TWO) == 0
    assert turnover.dismiss(TWO, [1, 2]) == []


def test_worker_that_retires_is_not_missed_when_it_dies():
    turnover = crew_of(after_s=100.0)
    turnover.choose(TWO, [0, 1], 100.0, light)
    turnover.begin(2, TWO, 100.0, 0.0)
    turnover.dismiss(TWO, [0, 1, 2])
    turnover.end(0)
    assert turnover.missing(TWO) == 0


def test_other_worker_that_dies_during_a_replacement_keeps_the_one_that_leaves():
    turnover = crew_of(after_s=100.0)
    turnover.choose(TWO, [0, 1], 100.0, light)
    turnover.begin(2, TWO, 100.0, 0.0)
    turnover.end(1)
    assert turnover.missing(TWO) == 1
    assert turnover.dismiss(TWO, [0, 2]) == []
    turnover.begin(1, TWO, 100.0, 0.0)
    assert turnover.dismiss(TWO, [0, 1, 2]) == [0]


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 2)])
def test_whole_generation_leaves_when_the_next_is_ready(before, after):
    turnover, next_crew = crew_of(before), DesiredWorkers(after, generation=1)
    assert turnover.missing(next_crew) == after
    for index in range(after):
        turnover.begin(10 + index, next_crew, 0.0, 0.0)
    old, new = [*range(before)], [*range(10, 10 + after)]
    assert turnover.missing(next_crew) == 0
    assert turnover.dismiss(next_crew, [*old, *new]) == old
    assert not turnover.is_settled(next_crew, [*old, *new])
    for index in old:
        turnover.end(index)
    assert turnover.is_settled(next_crew, new)
