"""A name server of the tests' own, on this machine, by UDP and TCP: it answers as it is told, rightly or not."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from types import TracebackType

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from dns.rdatatype import RdataType

Answer = Callable[[dns.message.Message], "bytes | None"]


def one_port() -> tuple[socket.socket, socket.socket]:
    """By UDP and TCP alike: a port that is free for the one may be somebody's for the other, so several are tried."""
    for last in range(50, -1, -1):
        udp, tcp = (socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM))
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind(("127.0.0.1", 0))
            tcp.bind(udp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
            if not last:
                raise
        else:
            return udp, tcp
    raise AssertionError("not reached")


class NameServer:
    """`records`: what it knows, by name and kind. `tricks`: what it does instead, by name."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.tricks: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []
        self._udp, self._tcp = one_port()
        self.port = int(self._udp.getsockname()[1])
        self._tcp.listen(5)
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._serve_udp, self._serve_tcp)]

    def __enter__(self) -> NameServer:
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Knock, so that the threads that wait for somebody look up and see that it is over."""
        self._over = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            knock.sendto(b"", ("127.0.0.1", self.port))
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        for one in self._threads:
            one.join()
        self._udp.close()
        self._tcp.close()

    _over = False

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def set(self, name: str, kind: str, *values: str) -> None:
        self.records[(name, kind)] = list(values)

    def _serve_udp(self) -> None:
        while True:
            wire, where = self._udp.recvfrom(4096)
            if self._over:
                return
            answer = self._answer(wire, udp=True)
            if answer is not None:
                self._udp.sendto(answer, where)

    def _serve_tcp(self) -> None:
        while True:
            connection, _where = self._tcp.accept()
            with connection:
                if self._over:
                    return
                size = int.from_bytes(connection.recv(2), "big")
                answer = self._answer(connection.recv(size), udp=False)
                if answer is not None:
                    connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, wire: bytes, *, udp: bool) -> bytes | None:
        query = dns.message.from_wire(wire)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), RdataType.to_text(question.rdtype)
        if udp:
            self.asked.append((name, kind))
        trick = self.tricks.get(name)
        if trick is not None:
            return trick(query)
        response = self._told(query, name, kind)
        return response.to_wire(max_size=512 if udp else 65535) if udp else response.to_wire()

    def _told(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        """As a server does that knows a zone and follows no alias."""
        response = dns.message.make_response(query)
        found = self.records.get((name, kind)) or self.records.get((name, "CNAME"))
        if found:
            told = kind if (name, kind) in self.records else "CNAME"
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", told, *found))
        elif not any(known == name for known, _kind in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


def silence(query: dns.message.Message) -> None:
    return None


def says(rcode: dns.rcode.Rcode) -> Answer:
    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return response.to_wire()

    return answer


def refers(query: dns.message.Message) -> bytes:
    """To others, as a server does that does not know the domain itself."""
    response = dns.message.make_response(query)
    response.authority.append(dns.rrset.from_text("com.", 60, "IN", "NS", "a.gtld-servers.net."))
    return response.to_wire()


def rubbish(query: dns.message.Message) -> bytes:
    return query.id.to_bytes(2, "big") + b"\x81\x80\x00\x01\xff\xff"


def only_by_tcp(server: NameServer, name: str) -> Answer:
    """Cut off by UDP; whole when asked again by TCP."""
    asked: list[int] = []

    def answer(query: dns.message.Message) -> bytes:
        kind = RdataType.to_text(query.question[0].rdtype)
        response = server._told(query, name, kind)
        asked.append(query.id)
        if asked.count(query.id) == 1:
            response.answer.clear()
            response.flags |= dns.flags.TC
        return response.to_wire()

    return answer
