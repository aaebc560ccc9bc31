"""For all tests."""

import os

from tests.warm import warm, warm_nurseries

__all__ = ["warm", "warm_nurseries"]


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: many tests wait for services and servers most of their time."""
    return len(os.sched_getaffinity(0)) + 2
