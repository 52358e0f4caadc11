"""Asking name servers for the records of a domain, so that every kind of answer can be told from the others.

Each answer is asked for by itself and its CNAME records are followed here: what a resolver makes of a chain that ends
nowhere, or goes round in a circle, is different with each of them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
from dns.rdatatype import RdataType

from webapp.domain.dns_verdicts import DnsProblem, Seen
from webapp.errors import ConfigurationError
from webapp.settings import Settings

P = DnsProblem
VARIABLE = "DNS_SERVERS"
SECONDS = 3.0  # for one answer of one server
LONGEST_CHAIN = 10
TROUBLES = {dns.rcode.NXDOMAIN: P.NO_NAME, dns.rcode.SERVFAIL: P.BROKEN, dns.rcode.REFUSED: P.REFUSED}
Server = tuple[str, int]


@dataclass(slots=True)
class Said:
    """`records` of the kind that was asked for, at the end of `chain`; `trouble`: why there are none."""

    records: list[str] = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    trouble: DnsProblem | None = None


def from_settings(settings: Settings) -> NameServers:
    """Those that DNS_SERVERS names, `9.9.9.9,127.0.0.1:5353`; else those of this machine. Raises ConfigurationError."""
    given = settings.env.get(VARIABLE, "").strip()
    return NameServers([server(one) for one in given.split(",")] if given else of_this_machine())


def server(text: str) -> Server:
    """`9.9.9.9`, `127.0.0.1:5353`, `2620:fe::fe` or `[::1]:5353`."""
    host, port = text.strip(), "53"
    if host.startswith("[") and "]" in host:
        host, _bracket, port = host[1:].partition("]")
        port = port.removeprefix(":") or "53"
    elif host.count(":") == 1:
        host, _colon, port = host.partition(":")
    try:
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError:
        raise ConfigurationError(f"{VARIABLE} must hold addresses like 9.9.9.9, not {text!r}.") from None


def of_this_machine() -> list[Server]:
    try:
        found = dns.resolver.Resolver().nameservers
    except dns.exception.DNSException:  # no resolv.conf, or none that can be read
        return []
    return [(one, 53) for one in found if isinstance(one, str) and "://" not in one]


class NameServers:
    """Each is asked in turn until one answers."""

    def __init__(self, servers: Sequence[Server]) -> None:
        self.servers, self.seconds = servers, SECONDS

    def look(self, name: str, token_name: str) -> Seen:
        """Everything that is to be known about a domain."""
        four, six = self.follow(name, RdataType.A), self.follow(name, RdataType.AAAA)
        texts = self.follow(token_name, RdataType.TXT)
        trouble = four.trouble if four.trouble is not None else six.trouble
        addresses = (*four.records, *six.records)
        chain = tuple(four.chain or six.chain)
        return Seen(addresses, chain, trouble if not addresses else None, tuple(texts.records), texts.trouble)

    def addresses(self, name: str) -> list[str]:
        """Of a host: IPv4 and IPv6."""
        return [*self.follow(name, RdataType.A).records, *self.follow(name, RdataType.AAAA).records]

    def follow(self, name: str, kind: RdataType) -> Said:
        """The records of a name, along its CNAME records."""
        said = Said()
        seen, current = {name}, name
        while True:
            found = self.ask(current, kind)
            said.records, said.trouble = found.records, found.trouble
            for target in found.chain:
                if target in seen or len(said.chain) >= LONGEST_CHAIN:
                    return Said(chain=said.chain, trouble=P.LOOP)
                seen.add(target)
                said.chain.append(target)
            if found.records or found.trouble is not None or not found.chain:
                return said
            current = found.chain[-1]

    def ask(self, name: str, kind: RdataType) -> Said:
        """One question, at one server after the other: the last one's word when none of them knows."""
        said = Said(trouble=P.SILENT)
        for where, port in self.servers:
            said = self._ask(name, kind, where, port)
            if said.trouble in (None, P.NO_NAME):
                break
        return said

    def _ask(self, name: str, kind: RdataType, where: str, port: int) -> Said:
        query = dns.message.make_query(name, kind)
        try:
            answer, _tcp = dns.query.udp_with_fallback(query, where, timeout=self.seconds, port=port)
        except (dns.exception.Timeout, OSError, EOFError):
            return Said(trouble=P.SILENT)
        except (dns.exception.DNSException, ValueError):  # nothing that can be read
            return Said(trouble=P.LAME)
        return read(answer, name, kind)


def read(answer: dns.message.Message, name: str, kind: RdataType) -> Said:
    """What an answer says of a name: the chain in it, and the records at its end."""
    said, current = Said(), dns.name.from_text(name)
    for _step in range(LONGEST_CHAIN + 1):
        cname = answer.get_rrset(answer.answer, current, dns.rdataclass.IN, RdataType.CNAME)
        if cname is None:
            break
        current = cname[0].target
        said.chain.append(current.to_text(omit_final_dot=True).lower())
    found = answer.get_rrset(answer.answer, current, dns.rdataclass.IN, kind)
    if found is not None:
        said.records = [text_of(one) for one in found]
    elif answer.rcode() != dns.rcode.NOERROR:
        said.trouble = TROUBLES.get(answer.rcode(), P.LAME)
    elif not said.chain and is_referral(answer):
        said.trouble = P.LAME
    return said


def is_referral(answer: dns.message.Message) -> bool:
    """It knows nothing, and names others who should: a server that was told to answer for the domain does not."""
    kinds = {one.rdtype for one in answer.authority}
    return RdataType.NS in kinds and RdataType.SOA not in kinds


def text_of(record: object) -> str:
    """An address; or the parts of a TXT record, put together."""
    strings = getattr(record, "strings", None)
    return str(record) if strings is None else b"".join(strings).decode("utf-8", "replace")
