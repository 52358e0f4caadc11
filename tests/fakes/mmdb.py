"""A small file in the MaxMind DB format, written from networks and their countries.

https://maxmind.github.io/MaxMind-DB/: a binary tree over the bits of an address, then the data its leaves point to,
then a map that says what is in the file. IPv4 networks are where the readers look for them, below ::/96.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

MARK = b"\xab\xcd\xefMaxMind.com"
MAP, TEXT, U16, U32, U64, LIST = 7, 2, 5, 6, 9, 11
WIDTH = 24


def _head(kind: int, size: int) -> bytes:
    long = [29, size - 29] if size >= 29 else [size]
    return bytes([kind << 5 | long[0], *long[1:]]) if kind <= 7 else bytes([long[0], kind - 7, *long[1:]])


def encoded(value: Any, kind: int = U32) -> bytes:
    """Texts, whole numbers, lists and maps of them."""
    if isinstance(value, str):
        return _head(TEXT, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return _head(MAP, len(value)) + b"".join(encoded(one) + encoded(value[one]) for one in value)
    if isinstance(value, list):
        return _head(LIST, len(value)) + b"".join(encoded(one) for one in value)
    number = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _head(kind, len(number)) + number


def write(path: Path, networks: dict[str, dict[str, Any]]) -> Path:
    """`networks`: what is known of each, like {"203.0.113.0/24": {"country": {"iso_code": "FR"}}}."""
    data, places = b"", {}
    for network, known in networks.items():
        places[network] = len(data)
        data += encoded(known)
    nodes: list[list[Any]] = [[None, None]]
    for network in networks:
        at = 0
        *way, last = _bits(network)
        for bit in way:
            if nodes[at][bit] is None:
                nodes.append([None, None])
                nodes[at][bit] = len(nodes) - 1
            at = nodes[at][bit]
        nodes[at][last] = ("data", places[network])
    tree = b"".join(_record(one, len(nodes)) for node in nodes for one in node)
    about: dict[str, Any] = {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1,
        "database_type": "Test-Country",
        "description": {"en": "for tests"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": len(nodes),
        "record_size": WIDTH,
    }
    path.write_bytes(tree + bytes(16) + data + MARK + encoded(about))
    return path


def _bits(network: str) -> list[int]:
    known = ipaddress.ip_network(network)
    longer = 128 - known.max_prefixlen
    bits = f"{int(known.network_address):0128b}"[: longer + known.prefixlen]
    return [int(one) for one in bits]


def _record(one: Any, count: int) -> bytes:
    where = count if one is None else count + 16 + one[1] if isinstance(one, tuple) else one
    return int(where).to_bytes(WIDTH // 8, "big")
