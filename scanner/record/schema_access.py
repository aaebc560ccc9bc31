"""The tables of who may use the review page: accounts, what they may see, sessions, failed sign-ins.

No password and no secret stands here as it is: passwords as argon2id digests, TOTP secrets sealed with
a key from outside the database, the tokens of sessions as SHA-256 digests.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
)

from scanner.record.columns import BigId, UtcTime
from scanner.record.schema import case, metadata

PASSING = ("web_session", "sign_in_failure")
"""Tables that hold for hours: they are in no backup."""

account = Table(
    "account",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String, nullable=False),
    Column("folded_name", String, nullable=False, unique=True),
    Column("display_name", String, nullable=False),
    Column("roles", String, nullable=False),
    Column("language", String),
    Column("all_units", Boolean, nullable=False),
    Column("password_hash", String),
    Column("must_change_password", Boolean, nullable=False),
    Column("totp_secret", String),
    Column("totp_last_step", BigInteger),
    Column("oidc_issuer", String),
    Column("oidc_subject", String),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    UniqueConstraint("oidc_issuer", "oidc_subject"),
    CheckConstraint("(oidc_issuer IS NULL) = (oidc_subject IS NULL)", name="oidc_whole"),
)

account_unit = Table(
    "account_unit",
    metadata,
    Column("account_id", ForeignKey(account.c.id), primary_key=True),
    Column("unit", String, primary_key=True),
)

account_case = Table(
    "account_case",
    metadata,
    Column("account_id", ForeignKey(account.c.id), primary_key=True),
    Column("case_id", ForeignKey(case.c.id), primary_key=True),
)

web_session = Table(
    "web_session",
    metadata,
    Column("token_digest", String(64), primary_key=True),
    Column("account_id", ForeignKey(account.c.id), nullable=False, index=True),
    Column("stage", String, nullable=False),
    Column("way", String, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_sign_in_failure_key_at", "key", "at"),
    Index(None, "at"),
)
"""Keys are digests: who failed where is nobody's business after the throttle has forgotten it."""
