"""Who somebody is to the review page, and what of the record is theirs to see."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account may be; it may be several."""

    REVIEWER = "reviewer"
    """Settles marks and pages of the account's units."""
    PROFESSIONAL = "professional"
    """Sees and settles what is of the account's own cases."""
    TEAM_LEAD = "team_lead"
    """Sees figures of the account's units: aggregates, no sheet."""
    AUDITOR = "auditor"
    """Sees the log: no picture and no score."""
    ADMIN = "admin"
    """Looks after accounts: nothing of a client."""
