"""For all tests."""

from tests.warm import warm, warm_nurseries

__all__ = ["warm", "warm_nurseries"]
