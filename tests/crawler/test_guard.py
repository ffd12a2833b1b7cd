"""What a source may not reach, by address and by name."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from crawler.guard import is_public, refusal
from pipelines.config import Source

SOURCE = Source(
    id="courier",
    kind="feed",
    url="https://www.courier.co.uk/rss",
    publisher="Courier",
    hosts=("cdn.example.org",),
)

PRIVATE = [
    "127.0.0.1",
    "127.8.9.1",
    "10.0.0.1",
    "172.16.4.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.88.99.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_however_it_is_spelt(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_pass(address: str):
    assert is_public(ip_address(address))


ODD = [
    "ftp://www.courier.co.uk/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,hi",
    "https:///x",
    "https://evil.org/x",
    "https://courier.co.uk.evil.org/x",
    "https://notcourier.co.uk/x",
    "https://co.uk/x",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://[::1]/",
    "http://127.0.0.1\\@www.courier.co.uk/",
    "https://user:secret@www.courier.co.uk/",
    "https://www.courier.co.uk@evil.org/",
    "https://www.courier.co.uk:22/",
    "https://www.courier.co.uk:99999/",
    "https://www.courier.co.uk/a b",
    "https://www.courier.co.uk/a\x00b",
    "https://www.courier.co.uk\r\nHost: evil.org/",
]


@pytest.mark.parametrize("url", ODD)
def test_what_is_not_a_web_address_of_the_source_is_refused(url: str):
    assert refusal(url, SOURCE)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.courier.co.uk/a",
        "http://courier.co.uk:80/a",
        "https://blog.courier.co.uk/a?b=c",
        "https://cdn.example.org/a",
        "https://img.cdn.example.org/a",
    ],
)
def test_its_host_its_registered_domain_and_declared_hosts_pass(url: str):
    assert refusal(url, SOURCE) is None
