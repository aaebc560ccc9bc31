"""How often somebody may try to sign in, without a stranger's tries locking the owner out.

Tries are counted for a name together with the address that they come from, and for an address as a
whole. A browser in which the owner has signed in before has a budget of its own (a sealed cookie),
so that not even somebody at the same address can use it up.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256

from scanner.record import Record
from scanner.review.access.keys import ServerKey

WINDOW_S = 900.0
"""Tries older than this count no more."""

NAME_TRIES = 10
"""For one name from one address."""
DEVICE_TRIES = 10
CODE_TRIES = 10
"""Codes for one account, once its password is known: six digits are soon found without a bound."""
ADDRESS_TRIES = 100
"""From one address, whatever the names; a whole office may stand behind one."""

AT_ONCE = 8
"""Sign-ins that are looked at, or wait for it, at the same time."""

DEVICE_DAYS = 180


class TooManyError(Exception):
    """Somebody has to wait before another try."""


class BusyError(Exception):
    """Too many sign in at this moment."""


class Throttle:
    """Counts failed tries in the record, under digests that tell nothing."""

    def __init__(self, record: Record, key: ServerKey) -> None:
        self._record = record
        self._digest_key = key.derived("throttle")
        self._device_key = key.derived("device")
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Room for one sign-in. Raises BusyError when there is none: those at work go before."""
        if not self._places.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._places.release()

    def for_password(self, name: str, address: str, device: str | None) -> dict[str, int]:
        """The counters of a try with a password, and how far each may go; `device`: see `device_of`."""
        if device is not None:
            return {self._digest("device", device): DEVICE_TRIES}
        who = unicodedata.normalize("NFKC", name).casefold()
        place = network_of(address)
        return {
            self._digest("name", who, place): NAME_TRIES,
            self._digest("address", place): ADDRESS_TRIES,
        }

    def for_code(self, account_id: int, device: str | None) -> dict[str, int]:
        """The counters of a try with a code."""
        if device is not None:
            return {self._digest("code-device", device): CODE_TRIES}
        return {self._digest("code", str(account_id)): CODE_TRIES}

    def require_room(self, counters: Mapping[str, int]) -> None:
        """Raises TooManyError when one of the counters has reached its bound."""
        since = self._record.moment() - timedelta(seconds=WINDOW_S)
        failed = self._record.failed_sign_ins(list(counters), since)
        if any(failed[key].count >= bound for key, bound in counters.items()):
            raise TooManyError

    def failed(self, counters: Mapping[str, int]) -> None:
        self._record.note_failed_sign_in(list(counters))

    def succeeded(self, counters: Mapping[str, int]) -> None:
        """Forget the failures of this person. An address keeps its own: others may be trying there."""
        own = [key for key, bound in counters.items() if bound != ADDRESS_TRIES]
        self._record.forget_failed_sign_ins(own)

    def new_device(self, account_id: int) -> str:
        """A cookie for a browser in which this account has signed in."""
        device = f"{account_id}.{secrets.token_urlsafe(16)}"
        return f"{device}.{self._seal(device)}"

    def device_of(self, cookie: str | None, account_id: int | None) -> str | None:
        """The device that a cookie names, when it is one of ours and of this account."""
        device, _, seal = (cookie or "").rpartition(".")
        if account_id is None or not hmac.compare_digest(self._seal(device).encode(), seal.encode()):
            return None
        return device if device.partition(".")[0] == str(account_id) else None

    def _seal(self, device: str) -> str:
        return hmac.new(self._device_key, device.encode(), sha256).hexdigest()

    def _digest(self, *parts: str) -> str:
        return hmac.new(self._digest_key, "\x00".join(parts).encode(), sha256).hexdigest()


def network_of(address: str) -> str:
    """The address as the throttle counts it: of IPv6 the /64, of which one subscriber has all."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((int(known) >> 64 << 64, 64)))
    return str(known)
