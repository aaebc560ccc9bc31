"""When a file has come to rest, whatever its writer did before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.settings_watch import WatchRules
from scanner.watch.settle import Rest, Settling, Signature

RULES = WatchRules(settle_s=2.0, settle_limit_s=10.0)
QUICK = settings(derandomize=True, max_examples=60, deadline=None, database=None)

looks = st.lists(st.tuples(st.floats(0.01, 6.0), st.integers(0, 2)), min_size=1, max_size=12)
"""Seconds since the last look, and which of three appearances the file has."""


def signature(appearance: int) -> Signature:
    return Signature(size_bytes=appearance, mtime_ns=10**18 - appearance, device=1, inode=7)


@QUICK
@given(looks)
def test_a_file_has_settled_exactly_when_it_did_not_change_for_long_enough(
    seen: list[tuple[float, int]],
) -> None:
    settling = Settling(RULES)
    now_s = since_s = 100.0
    last: int | None = None
    for seconds, appearance in seen:
        now_s += seconds
        if appearance != last:
            since_s, last = now_s, appearance
        rest = settling.observe("a", signature(appearance), now_s)
        quiet_s = now_s - since_s
        assert (rest is Rest.RESTLESS) == (quiet_s < RULES.settle_s)
        assert (rest is Rest.ABANDONED) == (quiet_s >= RULES.settle_limit_s)


def test_the_file_s_own_clock_is_never_reckoned_with() -> None:
    """A share's clock may be years ahead, or jump back: that is a change like any other, and no more."""
    settling = Settling(RULES)
    ahead = Signature(1, 4 * 10**18, 1, 7)
    back = Signature(1, -(10**18), 1, 7)
    assert settling.observe("a", ahead, 0.0) is Rest.RESTLESS
    assert settling.observe("a", ahead, 2.0) is Rest.SETTLED
    assert settling.observe("a", back, 3.0) is Rest.RESTLESS
    assert settling.observe("a", back, 5.0) is Rest.SETTLED


def test_another_file_of_the_same_name_must_settle_anew() -> None:
    settling = Settling(RULES)
    settling.observe("a", Signature(5, 9, 1, 7), 0.0)
    assert settling.observe("a", Signature(5, 9, 1, 8), 60.0) is Rest.RESTLESS
    assert settling.changed("a")


def test_what_was_found_inside_holds_until_the_file_changes() -> None:
    settling = Settling(RULES)
    settling.observe("a", signature(0), 0.0)
    assert settling.known_whole("a") is None
    settling.found("a", whole=False)
    settling.observe("a", signature(0), 3.0)
    assert settling.known_whole("a") is False
    settling.observe("a", signature(1), 4.0)
    assert settling.known_whole("a") is None
    assert settling.first_seen_s("a") == 0.0


def test_a_claimed_file_need_not_settle_again_and_others_are_forgotten() -> None:
    settling = Settling(RULES)
    for key in ("a", "b"):
        settling.observe(key, signature(0), 0.0)
    settling.rename("a", "token")
    settling.keep_only(["token"])
    assert settling.observe("token", signature(0), 2.5) is Rest.SETTLED
    assert not settling.knows("b")
