"""Making a backup while the service works, and knowing that it can be read.

First the record at one moment, then the scans that it names: bytes are durable before their row is
there, so whatever the copied record knows can be copied after it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from scanner.errors import JanaError
from scanner.record import Anchor, AuditCheck, Record, RecordCopy
from scanner.upkeep.kept_scans import KeptScans
from scanner.upkeep.parcel import ANCHOR, DATABASES, MANIFEST, SCAN, contents, digest_of, scan_name, writing

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    product: str
    made_at: str
    """ISO 8601, UTC."""
    kind: str
    """`sqlite` or `postgresql`."""
    schema: str
    record_sha256: str
    record_bytes: int
    anchor: Anchor | None
    scans: int
    missing: tuple[str, ...]
    """Scans that the record names and that were not in the store, or not as they should be."""

    @classmethod
    def parse(cls, text: bytes) -> Manifest:
        """Raises ValueError, KeyError or TypeError when it is none."""
        told = json.loads(text)
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}")
        anchor = told["anchor"] and Anchor(int(told["anchor"]["sequence"]), str(told["anchor"]["digest"]))
        return cls(**{**told, "anchor": anchor, "missing": tuple(told["missing"])})


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made, and read again."""

    manifest: Manifest
    audit: AuditCheck
    """Of the record as it was copied: a backup of a broken log is made all the same, and says so."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A backup that was read from end to end."""

    manifest: Manifest
    damaged: tuple[str, ...]
    """Scans in it whose content is not what their name says."""


def make_backup(
    record: Record, store: KeptScans, out: Path, *, actor: str, step: Callable[[int], None] = lambda _: None
) -> Backup:
    """Write a backup to `out` and read it again; it appears under that name only when it is whole.

    `step` hears of each scan: how many there are. Raises JanaError when it cannot be made.
    """
    # Before the copy, so that the copy knows of itself.
    record.append_audit(actor, "record.backup", "record")
    with writing(out) as (parcel, scratch):
        copied = scratch / "record"
        content = record.copy_to(copied)
        with copied.open("rb") as stream:
            digest, size = digest_of(stream)
        parcel.add(DATABASES[content.kind], copied)
        copied.unlink()
        if content.audit.head is not None:
            parcel.add_text(ANCHOR, json.dumps(asdict(content.audit.head)) + "\n")
        missing = []
        for sha256 in content.scans:
            step(len(content.scans))
            if store.verify(sha256):
                with store.local(sha256) as path:
                    parcel.add(scan_name(sha256), path)
            else:
                missing.append(sha256)
        manifest = _manifest(content, digest, size, missing)
        parcel.add_text(MANIFEST, json.dumps(asdict(manifest), indent=2) + "\n")
    seen = inspect(out)
    if seen.damaged or seen.manifest != manifest:
        raise JanaError(f"The backup {out} does not read as it was written: do not trust this disk.")
    return Backup(manifest, content.audit)


def inspect(parcel: Path) -> Inspected:
    """Read a backup from end to end. Raises JanaError when its record cannot be used."""
    manifest, database, damaged, scans = None, None, [], 0
    for name, stream in contents(parcel):
        if name == MANIFEST:
            manifest = _parsed(stream.read(), parcel)
        elif name in DATABASES.values():
            database = (name, *digest_of(stream))
        elif found := SCAN.fullmatch(name):
            scans += 1
            sha256 = found[1] + found[2]
            if digest_of(stream)[0] != sha256:
                damaged.append(sha256)
    if manifest is None:
        raise JanaError(f"{parcel} is no finished backup: it has no {MANIFEST}.")
    if database != (DATABASES.get(manifest.kind), manifest.record_sha256, manifest.record_bytes):
        raise JanaError(f"The record in the backup {parcel} is missing or damaged: take another backup.")
    return Inspected(manifest, tuple(damaged))


def _parsed(text: bytes, parcel: Path) -> Manifest:
    try:
        return Manifest.parse(text)
    except (ValueError, KeyError, TypeError) as error:
        raise JanaError(f"{parcel} is no backup that this version knows ({error}).") from error


def _manifest(content: RecordCopy, digest: str, size: int, missing: list[str]) -> Manifest:
    known: dict[str, Any] = {"kind": content.kind, "schema": content.schema, "anchor": content.audit.head}
    return Manifest(
        format=FORMAT,
        product=metadata.version("jana"),
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        record_sha256=digest,
        record_bytes=size,
        scans=len(content.scans) - len(missing),
        missing=tuple(missing),
        **known,
    )
