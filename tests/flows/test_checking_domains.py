"""Domains are looked at by their records: every kind of answer is told from the others, and nothing is taken away."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dns.rcode
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.fakes import name_server
from tests.fakes.name_server import NameServer
from webapp import hooks
from webapp.domain import domain_checks, domain_names, network, sites
from webapp.errors import ConfigurationError
from webapp.extensions import db as database
from webapp.flows import checking_domains
from webapp.integrations import certificates, name_servers
from webapp.jobs import chores, schedule
from webapp.models import DomainName, DomainStatus, Site, SiteStatus
from webapp.settings import Settings
from webapp.transactions import unit_of_work

NAME, HERE = "www.example.com", "bakery.localhost"
IPV4, IPV6, OTHER, PROXY = "203.0.113.7", "2001:db8::7", "198.51.100.9", "104.16.1.2"
D = DomainStatus


@pytest.fixture
def server() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture
def here(settings: Settings, server: NameServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(name_servers, "SECONDS", 0.3)
    return replace(settings, env={**settings.env, "DNS_SERVERS": server.address})


@pytest.fixture
def domain(db: Session, clock: Any) -> int:
    clock.use("2027-01-31T10:00Z")
    membership = factories.active_membership()
    facts = {"customer": membership.customer, "membership": membership, "status": SiteStatus.PUBLISHED}
    site = factories.save(lambda: Site(slug="bakery", title="Bakery", **facts))
    with unit_of_work("test"):
        network.change({"network_ips": f"{IPV4}\n{IPV6}"})
        return domain_names.add(sites.locked(site.id), NAME, ours=("localhost",)).id


def look(domain_id: int, here: Settings) -> DomainName:
    """Whether or not it is due."""
    with unit_of_work("test"):
        domain_names.find(domain_id).next_check_at = domain_checks.clock.now()
    assert checking_domains.check(domain_id, here)
    database.session.rollback()
    return domain_names.find(domain_id)


def prove(server: NameServer, domain_id: int) -> None:
    domain = domain_names.find(domain_id)
    server.set(domain.token_name, "TXT", '"v=spf1 -all"', f'"{domain.token}"')


# -- what leads here -------------------------------------------------------------------------------------------------
RIGHT = [
    {"A": [IPV4]},
    {"AAAA": ["2001:DB8:0::7"]},
    {"A": [IPV4], "AAAA": [IPV6]},
    {"CNAME": [f"{HERE}."]},
]


@pytest.mark.parametrize("records", RIGHT)
def test_records_that_lead_here_and_the_token_make_it_the_sites(
    server: NameServer, here: Settings, domain: int, records: dict[str, list[str]]
) -> None:
    for kind, values in records.items():
        server.set(NAME, kind, *values)
    assert look(domain, here).token_problem == "no-proof"
    prove(server, domain)
    seen = look(domain, here)
    assert (seen.status, seen.problem, seen.proxied) == (D.ACTIVE, "", False)
    assert seen.verified_at is not None
    assert seen.asked_at is None


def test_a_chain_of_aliases_is_followed_to_its_end(server: NameServer, here: Settings, domain: int) -> None:
    prove(server, domain)
    server.set(NAME, "CNAME", "web.example.com.")
    server.set("web.example.com", "CNAME", "lb.example.org.")
    server.set("lb.example.org", "A", IPV4)
    assert look(domain, here).status == D.ACTIVE


def test_an_alias_of_a_name_of_ours_is_enough_wherever_that_leads(
    server: NameServer, here: Settings, domain: int
) -> None:
    prove(server, domain)
    server.set(NAME, "CNAME", "Web.example.com.")
    server.set("web.example.com", "CNAME", "Bakery.LOCALHOST.")
    assert look(domain, here).status == D.ACTIVE


def test_a_service_in_between_is_known_and_the_token_suffices(server: NameServer, here: Settings, domain: int) -> None:
    server.set(NAME, "A", PROXY)
    server.set(NAME, "AAAA", "2606:4700::6810:102")
    assert look(domain, here).status == D.WAITING
    prove(server, domain)
    seen = look(domain, here)
    assert (seen.status, seen.proxied) == (D.ACTIVE, True)


def test_without_addresses_of_the_network_the_sites_own_name_says_where_it_is(
    server: NameServer, here: Settings, domain: int
) -> None:
    with unit_of_work("test"):
        network.change({"network_ips": ""})
    prove(server, domain)
    server.set(HERE, "A", IPV4)
    server.set(NAME, "A", IPV4)
    assert look(domain, here).status == D.ACTIVE


def test_a_name_that_leads_here_is_nobodys_without_the_token(server: NameServer, here: Settings, domain: int) -> None:
    server.set(NAME, "CNAME", f"{HERE}.")
    seen = look(domain, here)
    assert (seen.status, seen.problem, seen.token_problem) == (D.WAITING, "", "no-proof")
    server.set(seen.token_name, "TXT", '"another text"')
    assert look(domain, here).token_problem == "wrong-proof"


# -- what does not ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("trick", "problem"),
    [
        (name_server.silence, "silent"),
        (name_server.says(dns.rcode.SERVFAIL), "broken"),
        (name_server.says(dns.rcode.REFUSED), "refused"),
        (name_server.says(dns.rcode.NXDOMAIN), "no-name"),
        (name_server.says(dns.rcode.NOTIMP), "lame"),
        (name_server.says(dns.rcode.NOERROR), "no-records"),
        (name_server.refers, "lame"),
        (name_server.rubbish, "lame"),
    ],
)
def test_every_kind_of_answer_is_told_from_the_others(
    server: NameServer, here: Settings, domain: int, trick: Any, problem: str
) -> None:
    prove(server, domain)
    server.tricks[NAME] = trick
    seen = look(domain, here)
    assert (seen.status, seen.problem) == (D.WAITING, problem)
    del server.tricks[NAME]
    server.set(NAME, "A", IPV4)
    assert look(domain, here).status == D.ACTIVE


def test_records_that_lead_elsewhere_are_named(server: NameServer, here: Settings, domain: int) -> None:
    prove(server, domain)
    server.set(NAME, "A", OTHER)
    seen = look(domain, here)
    assert (seen.problem, seen.found) == ("elsewhere", OTHER)
    server.set(NAME, "A", IPV4)
    server.set(NAME, "AAAA", "2001:db8::bad")
    seen = look(domain, here)
    assert (seen.problem, seen.found) == ("mixed", "2001:db8::bad")


def test_aliases_in_a_circle_end(server: NameServer, here: Settings, domain: int) -> None:
    server.set(NAME, "CNAME", "b.example.com.")
    server.set("b.example.com", "CNAME", f"{NAME}.")
    assert look(domain, here).problem == "loop"
    for number in range(20):
        server.set(f"c{number}.example.com", "CNAME", f"c{number + 1}.example.com.")
    server.set(NAME, "CNAME", "c0.example.com.")
    assert look(domain, here).problem == "loop"


def test_an_alias_that_leads_nowhere_is_no_name(server: NameServer, here: Settings, domain: int) -> None:
    server.set(NAME, "CNAME", "gone.example.org.")
    seen = look(domain, here)
    assert (seen.problem, seen.found) == ("no-name", "gone.example.org")


def test_an_answer_that_is_cut_off_is_asked_for_again_by_tcp(server: NameServer, here: Settings, domain: int) -> None:
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    server.tricks[NAME] = name_server.only_by_tcp(server, NAME)
    assert look(domain, here).status == D.ACTIVE


def test_the_next_server_is_asked_when_one_is_silent(server: NameServer, here: Settings, domain: int) -> None:
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    with NameServer() as other:
        for name in (NAME, domain_names.find(domain).token_name):
            other.tricks[name] = name_server.says(dns.rcode.SERVFAIL)
        both = replace(here, env={"DNS_SERVERS": f"{other.address}, {server.address}"})
        assert look(domain, both).status == D.ACTIVE


@pytest.mark.parametrize("given", ["dns.example.com", "127.0.0.1:x", "9.9.9.9,,", "[::1"])
def test_name_servers_are_addresses(settings: Settings, given: str) -> None:
    with pytest.raises(ConfigurationError, match="DNS_SERVERS"):
        name_servers.from_settings(replace(settings, env={"DNS_SERVERS": given}))


def test_name_servers_have_ports() -> None:
    assert name_servers.server(" 9.9.9.9") == ("9.9.9.9", 53)
    assert name_servers.server("127.0.0.1:5353") == ("127.0.0.1", 5353)
    assert name_servers.server("2620:fe::fe") == ("2620:fe::fe", 53)
    assert name_servers.server("[::1]:5353") == ("::1", 5353)


# -- when ------------------------------------------------------------------------------------------------------------
def test_one_is_looked_at_when_it_is_due_and_by_one_worker(server: NameServer, here: Settings, domain: int) -> None:
    assert domain_checks.due() == [domain]
    with unit_of_work("worker"):
        assert domain_checks.claim(domain) is not None
    assert domain_checks.due() == []
    assert not checking_domains.check(domain, here)
    assert server.asked == []
    assert not checking_domains.check(10**9, here)


def test_no_transaction_is_open_while_name_servers_are_asked(
    server: NameServer, here: Settings, domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_then: list[bool] = []
    ask = name_servers.NameServers.ask

    def watched(self: Any, *args: Any) -> Any:
        open_then.append(database.session().in_transaction())
        return ask(self, *args)

    monkeypatch.setattr(name_servers.NameServers, "ask", watched)
    assert checking_domains.check(domain, here)
    assert set(open_then) == {False}


def test_one_that_waits_is_looked_at_less_and_less_and_then_given_up(
    server: NameServer, here: Settings, domain: int, clock: Any
) -> None:
    begun, pauses = domain_checks.clock.now(), []
    while domain_names.find(domain).status == D.WAITING:
        seen = look(domain, here)
        if seen.next_check_at is None:
            break
        pauses.append(seen.next_check_at - domain_checks.clock.now())
        clock.use(seen.next_check_at.isoformat())
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert len(pauses) < 150
    assert domain_checks.clock.now() - begun >= timedelta(days=7)
    assert (domain_names.find(domain).status, domain_checks.due()) == (D.GIVEN_UP, [])
    with unit_of_work("test"):
        domain_names.check_again(domain_names.find(domain))
    assert domain_checks.due() == [domain]
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    assert look(domain, here).status == D.ACTIVE


def test_one_that_leads_here_no_more_is_shown_so_and_served_on(
    server: NameServer, here: Settings, domain: int, clock: Any
) -> None:
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    seen = look(domain, here)
    assert seen.next_check_at == domain_checks.clock.now() + timedelta(days=1)
    server.records.clear()
    server.set(NAME, "A", IPV4)
    assert look(domain, here).status == D.ACTIVE  # its token need not stay
    server.set(NAME, "A", OTHER)
    seen = look(domain, here)
    assert (seen.status, seen.is_served, seen.problem) == (D.FAILING, True, "elsewhere")
    assert seen.next_check_at == domain_checks.clock.now() + timedelta(hours=1)
    server.set(NAME, "A", IPV4)
    seen = look(domain, here)
    assert (seen.status, seen.failing_since, seen.problem) == (D.ACTIVE, None, "")


def test_silence_is_no_proof_that_it_leads_elsewhere(server: NameServer, here: Settings, domain: int) -> None:
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    look(domain, here)
    server.tricks[NAME] = name_server.silence
    assert [look(domain, here).status for _look in range(3)] == [D.ACTIVE, D.ACTIVE, D.FAILING]


def test_one_removed_while_it_is_looked_at_is_let_be(server: NameServer, here: Settings, domain: int) -> None:
    with unit_of_work("worker"):
        question = domain_checks.claim(domain)
    with unit_of_work("test"):
        domain_names.remove(domain_names.find(domain))
    with unit_of_work("worker"):
        assert question is not None
        domain_checks.record(question.id, domain_checks.Verdict())


def test_the_clock_rings_for_each_that_is_due(domain: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(schedule.queue, "ring", lambda *args: rung.append(args))
    assert schedule.sweep_domains() == 1
    assert rung == [("domain_name", [str(domain)])]


def test_who_adds_a_domain_rings_for_a_worker_that_looks(
    app: Flask, server: NameServer, here: Settings, domain: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(schedule.queue, "ring_soon", lambda *args: rung.append(args))
    with unit_of_work("test"):
        domain_names.check_again(domain_names.find(domain))
    assert rung == [("domain_name", [str(domain)])]
    monkeypatch.setitem(app.extensions, "settings", here)
    chores.domain_name(str(domain))
    assert (NAME, "A") in server.asked
    database.session.rollback()
    assert domain_names.find(domain).problem == "no-name"


def test_the_moments_are_told(server: NameServer, here: Settings, domain: int, db: Session) -> None:
    told: list[tuple[str, str]] = []
    for hook in ("wu_domain_mapped", "wu_domain_became_primary"):
        hooks.add_action(hook, lambda one, hook=hook: told.append((hook, one.name)))
    with unit_of_work("test"):
        domain_names.find(domain).becomes_main = True
    prove(server, domain)
    server.set(NAME, "A", IPV4)
    look(domain, here)
    look(domain, here)
    assert told == [("wu_domain_mapped", NAME), ("wu_domain_became_primary", NAME)]


# -- over https ------------------------------------------------------------------------------------------------------
def certificate(host: str, folder: Path) -> tuple[Path, Path]:
    """One that names the host, and its key; nobody but who is told so trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)  # noqa: TID251 - TLS has its own clock
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*plain))
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server for NAME, trusted here, on port 443 as far as we know; the hosts that were asked for."""
    files, asked = certificate(NAME, tmp_path), list[str]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.sni_callback = lambda _socket, host, _context: asked.append(str(host))
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _where = listening.accept()
            try:
                with connection, context.wrap_socket(connection, server_side=True):
                    pass
            except OSError:
                if over.is_set():
                    return

    over = threading.Event()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    monkeypatch.setattr(certificates, "PORT", listening.getsockname()[1])
    monkeypatch.setattr(certificates, "SECONDS", 5.0)
    monkeypatch.setattr(certificates, "trusted", lambda: ssl.create_default_context(cafile=str(files[0])))
    yield asked
    over.set()
    socket.create_connection(listening.getsockname()).close()
    thread.join()
    listening.close()


def test_the_first_answer_over_https_is_told_once(
    server: NameServer, here: Settings, domain: int, https: list[str]
) -> None:
    told: list[str] = []
    hooks.add_action("wu_domain_ssl_verified", lambda one: told.append(one.name))
    with unit_of_work("test"):
        network.change({"network_ips": "127.0.0.1"})
    secure = replace(here, base_url="https://localhost")
    server.set(NAME, "A", "127.0.0.1")
    assert look(domain, secure).secure_at is None
    assert https == []  # nobody is called who has not shown that it is theirs
    prove(server, domain)
    assert look(domain, here).secure_at is None  # where the network itself is not, nothing is
    assert look(domain, secure).secure_at is not None
    look(domain, secure)
    assert (https, told) == ([NAME], [NAME])


def test_a_certificate_of_another_name_is_none(
    server: NameServer, here: Settings, domain: int, https: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work("test"):
        network.change({"network_ips": "127.0.0.1"})
    monkeypatch.setattr(certificates, "trusted", ssl.create_default_context)
    server.set(NAME, "A", "127.0.0.1")
    prove(server, domain)
    seen = look(domain, replace(here, base_url="https://localhost"))
    assert (seen.status, seen.secure_at) == (D.ACTIVE, None)
    assert seen.next_check_at == domain_checks.clock.now() + timedelta(minutes=15)
    assert not certificates.is_good(NAME, ["127.0.0.1", "203.0.113.0.1"])
