"""Connections to public addresses only, for calls whose address somebody typed: decided when they are made.

A name may lead to another address each time it is asked for, so the one that was looked at is the one that is called.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

# Addresses of the old protocol in the clothes of the new one: whatever is inside is what is called.
DISGUISES = tuple(ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


class NotPublic(ValueError):
    """The name leads to a private address, to this machine, or to no single machine."""


def is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    disguised = address.version == 6 and any(address in one for one in DISGUISES)
    return address.is_global and not address.is_multicast and not disguised


def addresses_of(host: str, port: int) -> list[str]:
    """In the order in which they are to be tried. Raises NotPublic when one of them is not, and OSError."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(map(is_public, found)):
        raise NotPublic(host)
    return list(dict.fromkeys(found))


class _Guarded(HTTPConnection):
    """Connects to the addresses that were looked at; the name stays what the certificate is held to."""

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            addresses = addresses_of(name, self.port or 0)
        except socket.gaierror as problem:
            raise NameResolutionError(name, self, problem) from problem
        try:
            return self._first_of(addresses)
        finally:
            self._dns_host = name

    def _first_of(self, addresses: list[str]) -> socket.socket:
        for address in addresses[:-1]:
            self._dns_host = address
            try:
                return super()._new_conn()
            except NewConnectionError:
                continue
        self._dns_host = addresses[-1]
        return super()._new_conn()


class _GuardedTLS(_Guarded, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _GuardedTLS


class GuardedAdapter(HTTPAdapter):
    """For a session of `requests`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}
