"""Which addresses the hub connects to."""

from ipaddress import ip_network

import pytest

from hub.outgoing.addresses import refusal

INWARD = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::10.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1::1"),
    *("2001:db8::1", "2001:20::1", "3fff::1", "5f00::1", "100::1", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fd12::1", "fec0::1", "ff02::1", "2606:4700::200:5efe:7f00:1"),
]
OPEN = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]


@pytest.mark.parametrize("address", INWARD)
def test_an_address_that_leads_inward_is_refused(address):
    assert refusal(address)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_not(address):
    assert refusal(address) == ""


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_a_permitted_network_opens_that_network_and_no_other(address):
    allowed = [ip_network("10.1.0.0/16")]
    assert refusal(address) and refusal(address, allowed=allowed) == ""
    assert refusal("10.2.0.1", allowed=allowed) and refusal("127.0.0.1", allowed=allowed)


@pytest.mark.parametrize("text", ["", "localhost", "1.2.3", "0x7f.1", "127.1"])
def test_what_is_no_address_is_refused(text):
    assert refusal(text) == "not an address"
