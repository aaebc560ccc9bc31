"""Health: a loop that hangs is noticed by its silence, and trouble is seen until it is over."""

from __future__ import annotations

import threading

import pytest

from scanner.watch.health import Health


class HandClock:
    """A clock that goes only when it is pushed."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def health(clock: HandClock) -> Health:
    health = Health(clock)
    health.register("intake", allowed_s=5)
    health.register("reading", allowed_s=60)
    return health


def dead(health: Health) -> list[str]:
    return [part.part for part in health.state().parts if not part.live]


def test_each_part_has_its_own_time(health: Health, clock: HandClock) -> None:
    assert health.state().well
    clock.now_s += 5
    assert dead(health) == []
    clock.now_s += 0.1
    assert dead(health) == ["intake"]
    health.tick("intake")
    clock.now_s += 55
    health.tick("intake")
    assert dead(health) == ["reading"]
    assert not health.state().live
    health.tick("reading")
    assert health.state().well


def test_trouble_is_not_death_and_passes(health: Health, clock: HandClock) -> None:
    health.trouble("intake", "the disk is full")
    state = health.state()
    assert (state.live, state.well) == (True, False)
    assert [part.trouble for part in state.parts] == ["the disk is full", None]
    health.tick("intake")
    assert not health.state().well, "a loop that runs may still be in trouble"
    health.clear("intake")
    assert health.state().well
    clock.now_s += 6
    health.clear("intake")
    assert dead(health) == ["intake"], "the end of a trouble is no sign of life"


def test_what_has_no_loop_can_be_in_trouble_and_never_dies(health: Health, clock: HandClock) -> None:
    health.trouble("store", "it cannot be written")
    clock.now_s += 1e6
    (store,) = (part for part in health.state().parts if part.part == "store")
    assert (store.live, store.quiet_s, store.trouble) == (True, None, "it cannot be written")


def test_a_part_that_ended_is_not_missed(health: Health, clock: HandClock) -> None:
    clock.now_s += 10
    health.forget("intake")
    assert health.state().well
    with pytest.raises(KeyError):
        health.tick("intake")
    with pytest.raises(ValueError, match="reading"):
        health.register("reading", allowed_s=0)


def test_many_threads_may_speak_at_once(health: Health) -> None:
    def speak(number: int) -> None:
        for count in range(200):
            health.register(f"worker-{number}", allowed_s=1)
            health.trouble(f"worker-{number}", str(count))
            health.tick(f"worker-{number}")
            health.state()
            health.forget(f"worker-{number}")

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [part.part for part in health.state().parts] == ["intake", "reading"]
