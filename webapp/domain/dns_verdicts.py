"""What the records of a domain say: whether it leads here, and whether who asks for it may write its records.

Pure rules: what was seen comes from `integrations/name_servers.py`, what follows is in `domain_checks.py`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class DnsProblem(StrEnum):
    """`no-name` to `loop`: what keeps the records from being seen; the others: what they say."""

    NO_NAME = "no-name"
    SILENT = "silent"
    BROKEN = "broken"
    REFUSED = "refused"
    LAME = "lame"
    LOOP = "loop"
    NO_RECORDS = "no-records"
    ELSEWHERE = "elsewhere"
    MIXED = "mixed"
    NO_PROOF = "no-proof"
    WRONG_PROOF = "wrong-proof"
    TAKEN = "taken"
    TAKEN_OVER = "taken-over"


P = DnsProblem
# That nobody answered says nothing about a domain: it may be over in a minute.
PASSING = frozenset({P.SILENT, P.BROKEN, P.REFUSED, P.LAME})
# Services that stand before a server and keep its address to themselves: https://www.cloudflare.com/ips/
PROXIES: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        """
        173.245.48.0/20 103.21.244.0/22 103.22.200.0/22 103.31.4.0/22 141.101.64.0/18 108.162.192.0/18 190.93.240.0/20
        188.114.96.0/20 197.234.240.0/22 198.41.128.0/17 162.158.0.0/15 104.16.0.0/13 104.24.0.0/14 172.64.0.0/13
        131.0.72.0/22 2400:cb00::/32 2606:4700::/32 2803:f800::/32 2405:b500::/32 2405:8100::/32 2a06:98c0::/29
        2c0f:f248::/32
        """.split(),
    )
)


@dataclass(frozen=True, slots=True)
class Seen:
    """`chain`: the names that its CNAME records lead to, in order; `trouble`: why its addresses were not seen."""

    addresses: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    trouble: DnsProblem | None = None
    texts: tuple[str, ...] = ()
    texts_trouble: DnsProblem | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`problem`: why it does not lead here; `token_problem`: why it is not shown to be theirs. Empty: it is so."""

    problem: str = ""
    found: str = ""
    proxied: bool = False
    token_problem: str = ""

    @property
    def leads_here(self) -> bool:
        return not self.problem


def judge(seen: Seen, *, token: str, network_domain: str, addresses: Iterable[str]) -> Verdict:
    """`addresses`: where the network is. A name of ours in the chain is enough: whatever is behind it is ours."""
    proof = token_problem(seen, token)
    if any(is_under(one, network_domain) for one in seen.chain):
        return Verdict(token_problem=proof)
    if seen.trouble is not None and not seen.addresses:
        return Verdict(seen.trouble, told(seen.chain), token_problem=proof)
    if not seen.addresses:
        return Verdict(P.NO_RECORDS, told(seen.chain), token_problem=proof)
    ours = {canonical(one) for one in addresses}
    strange = [one for one in map(canonical, seen.addresses) if one not in ours]
    if not strange:
        return Verdict(token_problem=proof)
    if all(is_proxy(one) for one in strange):
        return Verdict(proxied=True, token_problem=proof)
    kind = P.ELSEWHERE if len(strange) == len(seen.addresses) else P.MIXED
    return Verdict(kind, told(strange), token_problem=proof)


def token_problem(seen: Seen, token: str) -> str:
    if token in (one.strip().strip('"') for one in seen.texts):
        return ""
    if seen.texts:
        return P.WRONG_PROOF
    passing = seen.texts_trouble is not None and seen.texts_trouble in PASSING
    return str(seen.texts_trouble) if passing else P.NO_PROOF


def is_under(name: str, network_domain: str) -> bool:
    return name == network_domain or name.endswith(f".{network_domain}")


def canonical(address: str) -> str:
    """Two spellings of an IPv6 address are one address."""
    return str(ipaddress.ip_address(address))


def is_proxy(address: str) -> bool:
    one = ipaddress.ip_address(address)
    return any(one in network for network in PROXIES if network.version == one.version)


def told(parts: Collection[str]) -> str:
    """For a person: a few of them."""
    some = list(parts)[:4]
    return ", ".join(some)[:300]
