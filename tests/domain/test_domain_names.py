"""Which names can be a customer's domain, and who has which."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain import (
    customers,
    domain_checks,
    domain_names,
    erasure,
    own_data,
    site_keeping,
    site_pages,
    sites,
)
from webapp.domain.dns_verdicts import Verdict
from webapp.errors import Conflict, Invalid
from webapp.models import (
    Customer,
    DomainName,
    DomainStatus,
    Event,
    Membership,
    MembershipStatus,
    Move,
    Site,
    SiteStatus,
)
from webapp.transactions import unit_of_work

OURS = ("parzelle.example.net", "www.parzelle.example.net")
GOOD = Verdict()


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("example.com", "example.com"),
        (" WWW.Example.COM ", "www.example.com"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("XN--BCHER-KVA.example.com", "xn--bcher-kva.example.com"),
        ("straße.de", "xn--strae-oqa.de"),
        ("例え。jp", "xn--r8jz45g.jp"),
        ("ＡＢ．example.com", "ab.example.com"),
        ("a-b.c1.museum", "a-b.c1.museum"),
        (f"{'a' * 63}.com", f"{'a' * 63}.com"),
    ],
)
def test_a_name_is_kept_as_browsers_send_it(typed: str, name: str) -> None:
    assert domain_names.normalise(typed, ours=OURS) == name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter a domain, like"),
        ("https://example.com", "before the name"),
        ("example.com/shop", "Leave out the path"),
        ("example.com?x=1", "Leave out the path"),
        ("example.com:8080", "Leave out the port"),
        ("me@example.com", "e-mail address"),
        ("*.example.com", "all names at once"),
        ("192.0.2.1", "IP address"),
        ("192.0.2.1:80", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("2001:db8::1", "IP address"),
        ("example.com.", "dot at the end"),
        ("example", "at least two parts"),
        ("a..example.com", "a dot too many"),
        (".example.com", "a dot too many"),
        ("a b.com", "no spaces"),
        ("a_b.example.com", "underscore"),
        ("-a.example.com", "hyphen"),
        ("a-.example.com", "hyphen"),
        (f"{'a' * 64}.com", "too long"),
        (f"{'ü' * 62}.com", "too long"),
        (".".join(["a" * 60] * 5), "too long"),
        ("exa!mple.com", "characters"),
        ("☃.example.com", "characters"),
        ("xn--zzzz.com", "characters"),
        ("1.2.3", "a number"),
        ("0x7f.0x1", "a number"),
        ("parzelle.example.net", "network's own"),
        ("Bakery.Parzelle.example.net", "network's own"),
        ("shop.localhost", "Nobody on the internet"),
        ("printer.local", "Nobody on the internet"),
        ("co.uk", "an ending under which"),
    ],
)
def test_each_mistake_has_a_sentence_of_its_own(typed: str, sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        domain_names.normalise(typed, ours=OURS)
    assert refused.value.field == "domain"


@given(st.text(max_size=80) | st.from_regex(r"[a-zü0-9.-]{1,20}\.[a-z]{2,5}", fullmatch=True))
@example("xn--a.com")
@example("a" * 300 + ".com")
@example("\u0660.1")
@example("a.\u2488com")
@example("\u00ad.com")
def test_whatever_is_typed_is_a_name_of_dns_or_refused(typed: str) -> None:
    try:
        name = domain_names.normalise(typed, ours=OURS)
    except Invalid:
        return
    labels = name.split(".")
    assert name.isascii()
    assert name == name.lower()
    assert len(name) <= 253
    assert len(labels) >= 2
    assert all(0 < len(label) <= 63 and label.strip("-") == label for label in labels)
    assert not set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789.-")
    assert domain_names.normalise(name, ours=OURS) == name


# -- whose they are --------------------------------------------------------------------------------------------------
Make = Callable[..., Site]


@pytest.fixture
def site_of(db: Session) -> Make:
    def make(slug: str, customer: Customer | None = None, **values: Any) -> Site:
        membership = factories.active_membership(**({"customer": customer} if customer else {}))
        facts = {"customer": membership.customer, "membership": membership, "title": slug.title(), **values}
        site: Site = factories.save(lambda: Site(slug=slug, **{"status": SiteStatus.PUBLISHED, **facts}))
        return site

    return make


def add(site: Site, name: str = "example.com", *, main: bool = False) -> int:
    with unit_of_work("test"):
        return domain_names.add(sites.locked(site.id), name, ours=OURS, main=main).id


def record(domain_id: int, verdict: Verdict = GOOD) -> DomainName:
    with unit_of_work("worker"):
        domain_checks.record(domain_id, verdict)
    return domain_names.find(domain_id)


def events(db: Session) -> list[str]:
    return list(db.scalars(select(Event.type).where(Event.object_type == "domain_names").order_by(Event.id)))


def test_asking_for_a_name_hinders_nobody_until_it_is_shown_to_be_theirs(db: Session, site_of: Make) -> None:
    squatter, owner, late = site_of("squatter"), site_of("owner"), site_of("late")
    first, second = add(squatter), add(owner)
    assert record(second).status == DomainStatus.ACTIVE
    assert record(first).problem == "taken"
    assert domain_names.find(first).status == DomainStatus.WAITING
    with pytest.raises(Invalid, match="write to us"):
        add(late, "EXAMPLE.com")
    assert events(db) == ["domain.created", "domain.created", "domain.verified"]


def test_the_same_customer_is_told_where_it_is(site_of: Make) -> None:
    one = site_of("one")
    other = site_of("other", one.customer)
    record(add(one))
    with pytest.raises(Invalid, match="Your site One has this domain"):
        add(other)
    with pytest.raises(Invalid, match="in the list already"):
        add(one)


def test_who_shows_that_it_is_theirs_gets_what_another_has_let_go(site_of: Make) -> None:
    before, now = site_of("before"), site_of("now")
    old = add(before, main=True)
    record(old)
    record(old, Verdict("elsewhere", "192.0.2.1"))
    new = add(now)
    assert record(new).status == DomainStatus.ACTIVE
    lost = domain_names.find(old)
    assert (lost.status, lost.problem, lost.next_check_at) == (DomainStatus.GIVEN_UP, "taken-over", None)
    assert sites.find(before.id).main_domain == ""


def test_a_site_in_the_archive_keeps_no_name_from_others(db: Session, site_of: Make) -> None:
    away, now = site_of("away"), site_of("now")
    record(add(away))
    with unit_of_work("test"):
        sites.find(away.id).move_to(SiteStatus.ARCHIVED, reason="test")
    assert record(add(now)).status == DomainStatus.ACTIVE


def test_the_main_address_is_one_that_leads_here(db: Session, site_of: Make) -> None:
    site = site_of("bakery")
    wished, plain = add(site, "example.com", main=True), add(site, "example.org")
    with pytest.raises(Conflict), unit_of_work("test"):
        domain_names.make_main(sites.locked(site.id), domain_names.find(plain))
    record(wished)
    assert sites.find(site.id).main_domain == "example.com"
    record(plain)
    assert sites.find(site.id).main_domain == "example.com"
    with unit_of_work("test"):
        domain_names.make_main(sites.locked(site.id), domain_names.find(plain))
    assert domain_names.find(plain).is_main
    with unit_of_work("test"):
        domain_names.remove(domain_names.find(plain))
    assert sites.find(site.id).main_domain == ""
    assert db.scalars(select(DomainName.id)).all() == [wished]
    assert events(db)[-2:] == ["domain.primary_changed", "domain.removed"]


def test_a_site_made_elsewhere_has_none(site_of: Make) -> None:
    with pytest.raises(Conflict):
        add(site_of("elsewhere", provisioner="webhook"))


def test_no_more_than_so_many(site_of: Make) -> None:
    site = site_of("many")
    for number in range(domain_names.AT_MOST):
        add(site, f"n{number}.example.com")
    with pytest.raises(Invalid, match="at most"):
        add(site, "one-more.example.com")


def test_what_is_deleted_leaves_no_domain(db: Session, site_of: Make) -> None:
    site = site_of("gone")
    record(add(site, main=True))
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(site.id), reason="test")
    assert db.scalars(select(DomainName)).all() == []
    assert sites.find(site.id).main_domain == ""


def test_a_customers_own_data_holds_their_domains(db: Session, site_of: Make) -> None:
    site = site_of("mine")
    add(site, "bücher.example.com")
    [told] = own_data.of(site.customer)["domains"]
    assert told["name"] == "xn--bcher-kva.example.com"


def test_of_two_workers_at_the_same_instant_one_is_quicker(
    db: Session, site_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one had looked before the other had written: only the index of names sees it."""
    quick, slow = add(site_of("quick")), add(site_of("slow"), main=True)
    record(quick)
    monkeypatch.setattr(domain_names, "holder", lambda _name: None)
    lost = record(slow)
    assert (lost.status, lost.problem, lost.asked_at) == (DomainStatus.WAITING, "taken", None)
    assert lost.checked_at is not None
    assert lost.next_check_at is not None
    assert lost.site.main_domain == ""
    moves = select(Move).where(Move.object_type == "domain_names", Move.object_id == slow)
    assert db.scalars(moves).all() == []
    assert events(db) == ["domain.created", "domain.created", "domain.verified"]


def test_who_is_forgotten_is_not_known_by_a_domain_of_theirs(db: Session, site_of: Make) -> None:
    site = site_of("mine")
    removed, kept = add(site, "ada-lovelace.example.com"), add(site, "ada.example.org")
    record(removed)
    record(kept)
    with unit_of_work("test"):
        sites.locked(site.id)
        domain_names.remove(domain_names.find(removed))
    with unit_of_work("test"):
        customer = customers.find(site.customer_id)
        customer_memberships = db.scalars(select(Membership).where(Membership.customer_id == customer.id))
        for one in customer_memberships:
            one.move_to(MembershipStatus.CANCELLED, reason="test")
        erasure.delete_account(customer)
    assert db.scalars(select(DomainName)).all() == []
    told = [str(data) for data in db.scalars(select(Event.data).order_by(Event.id))]
    assert len(told) > 5
    assert [one for one in told if "ada" in one.lower()] == []


@pytest.mark.parametrize("query", [site_pages.BY_DOMAIN, site_pages.CERTIFIED_DOMAIN])
def test_a_host_is_found_by_an_index_however_many_there_are(db: Session, site_of: Make, query: Any) -> None:
    record(add(site_of("one")))
    sqlite = db.get_bind().dialect.name == "sqlite"
    if not sqlite:  # with one row it rightly reads the table
        db.execute(text("SET LOCAL enable_seqscan = off"))
    bound = query.params(name="example.com").compile(db.get_bind(), compile_kwargs={"literal_binds": True})
    plan = db.execute(text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{bound}")).all()
    assert "uq_domain_names_served" in str(plan)
    assert "SCAN domain_names" not in str(plan)
