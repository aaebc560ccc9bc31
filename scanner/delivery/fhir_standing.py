"""What a FHIR server has of a sheet already, so that nothing older is ever written over something newer.

A request that got stuck on the way may arrive when a later version of the sheet is there. A first version is
therefore only ever created, never replaced; a later one names the very version on the server that it replaces
(`ifMatch`), so that the server refuses it when another one stands there by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class UnclearError(Exception):
    """The answer is no search result."""


class SeveralError(Exception):
    """More than one resource has the identifier: a person has to say which one counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One resource on the server."""

    id: str
    etag: str | None
    """Of the version that stands there; None where the server counts no versions."""
    version: int | None
    """Which version of the sheet it says; None where the server has not kept our tag."""


Standings = Mapping[str, Standing]
"""By the type of the resource; without those that are not there."""


def found(said: Any, kind: str, tag_system: str) -> Standing | None:
    """The resource in the answer to a search by identifier; None when there is none yet.

    Raises UnclearError and SeveralError.
    """
    if not isinstance(said, dict) or (said.get("resourceType"), said.get("type")) != ("Bundle", "searchset"):
        raise UnclearError("the answer to a search is no searchset")
    entries = said.get("entry", [])
    if not isinstance(entries, list):
        raise UnclearError("the answer to a search has no list of entries")
    resources = [entry.get("resource") if isinstance(entry, dict) else None for entry in entries]
    # A server may put its remarks among them.
    mine = [one for one in resources if isinstance(one, dict) and one.get("resourceType") == kind]
    if len(mine) > 1:
        raise SeveralError(f"the server has {len(mine)} of {kind} with this identifier")
    if not mine:
        if resources and not all(_is_remark(one) for one in resources):
            raise UnclearError("the answer to a search holds something else")
        return None
    return _standing(mine[0], tag_system)


def _standing(resource: Mapping[str, Any], tag_system: str) -> Standing:
    key, meta = resource.get("id"), resource.get("meta")
    if not isinstance(key, str) or not key:
        raise UnclearError("the answer to a search has a resource without an id")
    meta = meta if isinstance(meta, dict) else {}
    counted = meta.get("versionId")
    tags = meta.get("tag")
    ours = [
        number
        for tag in (tags if isinstance(tags, list) else [])
        if isinstance(tag, dict) and tag.get("system") == tag_system
        for number in [str(tag.get("code", "")).rpartition("-")[2]]
        if number.isascii() and number.isdigit()
    ]
    return Standing(
        id=key,
        etag=f'W/"{counted}"' if isinstance(counted, str) and counted else None,
        # Servers may keep the tags of earlier versions beside the newest one.
        version=max(map(int, ours), default=None),
    )


def _is_remark(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("resourceType") == "OperationOutcome"
