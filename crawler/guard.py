"""What a source may not reach: other hosts, schemes and ports than declared, and addresses that are not public.

Three doors, one rule: the `Guard` middleware sees every request, `GuardedRedirect` every redirect before it is
followed, and `GuardedResolver` every address at the moment of connecting, so no name can change in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from courlan import extract_domain
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response
from twisted.internet.address import IPv4Address as TwistedIPv4
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.failures import ADDRESSES_REFUSED, RefusedError
from pipelines.config import Source

# `ipaddress` calls some of these global: they are tunnels to, or other spellings of, IPv4 addresses.
NOT_PUBLIC = tuple(
    ip_network(net)
    for net in (
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "192.88.99.0/24",
    )
)  # fmt: skip


def refusal(url: str, source: Source) -> str | None:
    """Why a source may not fetch this address; None if it may."""
    if "\\" in url or " " in url or not url.isprintable():
        return "its address has characters that no address has"
    try:
        parts = urlsplit(url)
        host, port = _ascii((parts.hostname or "").rstrip(".")), parts.port
    except ValueError:
        return "its address cannot be read"
    if parts.scheme not in ("http", "https") or not host:
        return f"its address is no web address ({parts.scheme or 'no scheme'})"
    if parts.username is not None or parts.password is not None:
        return "its address carries a user name"
    if port not in (None, 80, 443, urlsplit(source.url).port):
        return f"port {port} is not a port of this source"
    if not any(host == known or host.endswith(f".{known}") for known in _hosts(source.host, source.hosts)):
        return f"{host} is not a host of this source (add it to its hosts if it should be)"
    return None


def same_site(one: Source, other: Source) -> bool:
    """Whether two sources may lead to the same pages."""
    return _domain(one.host) == _domain(other.host)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, and not a way around to one that is not."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    inside = any(address in net for net in NOT_PUBLIC if net.version == address.version)
    return address.is_global and not (address.is_multicast or address.is_reserved or inside)


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    return extract_domain(f"https://{host}/") or host


def _hosts(host: str, more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_ascii(name) for name in (host, _domain(host), *(name.lower() for name in more)))


@lru_cache(maxsize=4096)
def _ascii(host: str) -> str:
    """The name as it goes over the wire: of an international one, libraries give now this form, now the other."""
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


class Guard:
    """Downloader middleware: no request leaves that belongs to no source or leads elsewhere than the source may."""

    def process_request(self, request: Request) -> None:
        """Raises RefusedError, which the spider's errback puts into words."""
        source = request.meta.get("source")
        if source is None:
            raise RefusedError("it belongs to no source")
        if why := refusal(request.url, source):
            raise RefusedError(why)


class GuardedRedirect(RedirectMiddleware):
    """A redirect that the guard refuses is handed on as the response it is, so that it is told and not lost."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]  # spiders are passed no longer
        """The request to follow, or the response."""
        onward = super().process_response(request, response)
        if isinstance(onward, Request) and refusal(onward.url, request.meta["source"]):
            return response
        return onward

    def _engine_started(self) -> None:
        """Scrapy warns here that no Referer will be sent; that is what we want."""


def redirect_target(response: Response) -> str:
    """Where a response that was not followed leads to, as its server wrote it; empty if nowhere."""
    location = (response.headers.get("Location") or b"").decode("latin-1").strip()
    try:
        return urljoin(response.url, location) if location else ""
    except ValueError:  # no address at all, as in http://[
        return location


@implementer(IHostnameResolver)
class GuardedResolver:
    """Lets through public addresses only; with `allow_loopback`, this machine's only."""

    def __init__(self, reactor: Any, *, allow_loopback: bool) -> None:
        self._reactor = reactor
        self._below = reactor.nameResolver
        self._allow_loopback = allow_loopback

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Called by Scrapy once a process."""
        return cls(reactor, allow_loopback=crawler.settings.getbool("GUARD_ALLOW_LOOPBACK"))

    def install_on_reactor(self) -> None:
        """Every connection by name or literal address goes through here from now on."""
        self._reactor.installNameResolver(self)

    def resolveHostName(  # noqa: N802
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> Any:
        """Twisted's interface; `*.localhost` is this machine (RFC 6761) without asking any name server."""
        sieve = _Sieve(resolutionReceiver, hostName, self._permits)
        if hostName == "localhost" or hostName.endswith(".localhost"):
            sieve.resolutionBegan(_Known(hostName))
            sieve.addressResolved(TwistedIPv4("TCP", "127.0.0.1", portNumber))
            sieve.resolutionComplete()
            return resolutionReceiver
        return self._below.resolveHostName(sieve, hostName, portNumber, addressTypes, transportSemantics)

    def _permits(self, host: str) -> bool:
        address = ip_address(host)
        return address.is_loopback if self._allow_loopback else is_public(address)


@implementer(IHostResolution)
class _Known:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing is under way."""


@implementer(IResolutionReceiver)
class _Sieve:
    def __init__(self, receiver: Any, name: str, permits: Any) -> None:
        self._receiver, self._name, self._permits = receiver, name, permits

    def resolutionBegan(self, resolution: Any) -> None:  # noqa: N802
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:  # noqa: N802
        if self._permits(address.host):
            self._receiver.addressResolved(address)
        else:
            ADDRESSES_REFUSED[self._name] = address.host

    def resolutionComplete(self) -> None:  # noqa: N802
        self._receiver.resolutionComplete()
