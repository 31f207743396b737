"""Which addresses may be connected to: public ones, and the networks an operator permits."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

NAT64 = ip_network("64:ff9b::/96")
SIX_TO_FOUR = ip_network("2002::/16")
ISATAP = (0x00005EFE, 0x02005EFE)
PUBLIC_6 = ip_network("2000::/3")
# Within 2000::/3 and yet nobody's server. Older Pythons hold some of these for global.
NOT_PUBLIC_6 = tuple(ip_network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20"))
NOT_PUBLIC_4 = tuple(ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "192.31.196.0/24"))


def refusal(text: str, *, allowed: Iterable[object] = ()) -> str:
    """Why `text`, an address as resolved, may not be connected to; empty when it may."""
    try:
        found = ip_address(text)
    except ValueError:
        return "not an address"
    if getattr(found, "scope_id", None):
        return "an address of one link only"
    carried = inside(found)
    if any(each in network for network in allowed for each in (found, carried)):  # type: ignore[operator]
        return ""
    return "" if is_public(carried) else "not a public address"


def inside(found: Address) -> Address:
    """The IPv4 address that an IPv6 form leads to (mapped, compatible, NAT64, 6to4, ISATAP), or itself."""
    if isinstance(found, IPv4Address):
        return found
    number = int(found)
    last = IPv4Address(number & 0xFFFFFFFF)
    if found.ipv4_mapped or number >> 32 == 0 or found in NAT64:
        return last
    if found in SIX_TO_FOUR:
        return IPv4Address(number >> 80 & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        return last if not is_public(last) else found
    return found


def is_public(found: Address) -> bool:
    """Whether the address is a server's on the open network."""
    if found.is_multicast or found.is_reserved or found.is_unspecified or not found.is_global:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in NOT_PUBLIC_4)
    return found in PUBLIC_6 and not any(found in network for network in NOT_PUBLIC_6)
