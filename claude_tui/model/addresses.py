"""The addresses of a host: the two IP versions, why one of them fails, and redirected names."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AddressFault", "AddressKind", "Bypassed", "diverted_to", "is_address", "kind_of_address"]

_LOCAL = "localhost"


class AddressKind(StrEnum):
    """The version of the Internet Protocol that an address belongs to."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"

    @property
    def other(self) -> AddressKind:
        return AddressKind.IPV4 if self is AddressKind.IPV6 else AddressKind.IPV6


class AddressFault(StrEnum):
    """How connections to one kind of address fail."""

    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    FAILS = "fails"


_WORDS = {
    AddressFault.REFUSED: "is refused",
    AddressFault.NO_ANSWER: "gets no answer",
    AddressFault.FAILS: "fails",
}


@dataclass(frozen=True, slots=True)
class Bypassed:
    """What failed before a connection to another address succeeded: a kind of address, or a single one."""

    kind: AddressKind
    """The kind that does not work, or that of the address."""
    fault: AddressFault
    """How it fails."""
    address: str = ""
    """The address, if another one of its kind was connected; empty if its kind does not work."""
    of: int = 0
    """How many addresses the host has, if it is a single one."""

    @property
    def how(self) -> str:
        """How it fails, as the end of a clause."""
        return _WORDS[self.fault]

    def __str__(self) -> str:
        what = f"{self.address}, one of {self.of} addresses," if self.address else self.kind
        return f"{what} {self.how}"


def kind_of_address(address: str) -> AddressKind:
    return AddressKind.IPV6 if ":" in address else AddressKind.IPV4


def is_address(host: str) -> bool:
    """Whether a host is an IP address and not a name."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def diverted_to(host: str, addresses: Sequence[str]) -> str | None:
    """The address that an ad blocker or a hosts file has redirected the name `host` to; None if none has.

    That is 0.0.0.0 or a loopback address, unless the name means this machine.
    """
    name = host.rstrip(".").lower()
    if not addresses or is_address(host) or name == _LOCAL or name.endswith(f".{_LOCAL}"):
        return None
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in addresses]
    return addresses[0] if all(address.is_unspecified or address.is_loopback for address in parsed) else None
