"""The command, with a home of the test's own."""

from tests.acceptance.command import home, jana

__all__ = ["home", "jana"]
