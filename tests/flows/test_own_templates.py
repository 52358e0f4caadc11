"""Templates of the operator's own: what one holds, who may use it, and a site made of it whole, once, or not at all."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import factories
from webapp import hooks
from webapp.domain import (
    network,
    own_templates,
    placeholders,
    site_export,
    site_import,
    site_packing,
    site_pictures,
    site_switching,
    site_templates,
    site_text,
    sites,
)
from webapp.domain.form_definitions import Spec
from webapp.domain.own_templates import Facts
from webapp.domain.site_import import Package
from webapp.errors import Conflict, Invalid, NotFound
from webapp.extensions import db
from webapp.flows import provisioning
from webapp.models import AuditEntry, Product, Site, SitePage, SitePicture, SiteStatus, SiteTemplate
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
WORDS = "# {{ site_title }}\n\n[Write](mailto:{{ email }}) to {{ owner_name }}.\n\n`{{ site_title }}`\n"
DOT = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle cx="2" cy="2" r="1"/></svg>'


def requested(
    template: str, *, slug: str = "bakery", plan: Product | None = None, title: str = "Ada's *Bakery*"
) -> Site:
    customer = factories.customer(user=factories.user(email=f"{slug}@example.com"), display_name="Ada [x](y)")
    more = {"plan": plan} if plan is not None else {}
    membership = factories.active_membership(customer=customer, **more)
    facts = {"customer": customer, "membership": membership, "title": title, "template": template}
    return factories.save(lambda: Site(slug=slug, **facts))


def written(*bodies: str) -> Package:
    """A site of these pages, with a picture on the first, as an export holds it."""
    site = requested("business", slug="model", title="Model")
    provisioning.provision(site)
    with unit_of_work("test"):
        site = sites.locked(site.id)
        picture = site_pictures.add(site, DOT, "dot.svg")
        for place, body in enumerate(bodies):
            site.pages[place].body = body + (f"\n![A dot]({picture.name})\n" if not place else "")
        db.session.flush()
        file = site_export.write(site)
    return site_import.read(io.BytesIO(file.read()))


def kept(package: Package | None = None, *, title: str = "Workshop", **facts: Any) -> str:
    """The slug of a new template."""
    held = package or written(WORDS)
    with unit_of_work("test"):
        return own_templates.create(Facts(titles={"en": title, "de": "Werkstatt"}, **facts), held, of="test").slug


def again(site: Site) -> Site:
    db.session.rollback()
    return db.session.get_one(Site, site.id)


def count(kind: type[Any], site: Site) -> int:
    return db.session.scalar(select(func.count()).select_from(kind).where(kind.site_id == site.id)) or 0


# -- a site made of one ----------------------------------------------------------------------------------------------
def test_a_site_says_the_words_of_its_buyer_each_as_they_have_to_be_where_they_stand() -> None:
    site = requested(kept())
    assert provisioning.provision(site) == "published"
    site = again(site)
    front = site.pages[0]
    assert (site.title, site.template, front.slug) == ("Ada's *Bakery*", "workshop", "")
    assert front.body.startswith("# Ada's \\*Bakery\\*\n")
    assert "[Write](mailto:bakery@example.com) to Ada \\[x\\]\\(y\\)." in front.body
    assert "`Ada's *Bakery*`" in front.body
    assert sorted(one.label for one in site.pictures) == ["dot.svg", "team.svg"]


def test_only_what_pages_show_is_taken_and_the_logo_stays_its_owners() -> None:
    package = written(WORDS)
    assert len(package.pictures) > 1
    assert len(site_packing.shown(site_import.read(io.BytesIO(site_packing.packed(package))))) == len(
        site_packing.shown(package)
    )
    site = requested(kept(package))
    provisioning.provision(site)
    assert again(site).logo == ""


def test_delivered_twice_it_is_made_once() -> None:
    site, told = requested(kept()), []
    hooks.add_action("wu_site_published", lambda site, membership: told.append(site.id))
    provisioning.provision(site)
    before = count(SitePage, site), count(SitePicture, site)
    assert provisioning.provision(again(site)) == "nothing to do"
    assert (count(SitePage, site), count(SitePicture, site)) == before
    assert told == [site.id]


def test_a_worker_that_died_on_the_way_is_followed_by_one_that_makes_it_whole() -> None:
    site = requested(kept())
    with unit_of_work("test"):
        sites.begin_creating(site.id)
    assert provisioning.provision(again(site)) == "published"
    assert count(SitePage, site) == 4


def test_one_that_fails_half_way_leaves_nothing_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    site = requested(kept())
    real, calls = site_text.filled, []

    def fail_at_the_second(*args: Any) -> str:
        calls.append(args)
        if len(calls) == 2:
            raise OSError("disk full")
        return real(*args)

    with monkeypatch.context() as patch:
        patch.setattr(site_text, "filled", fail_at_the_second)
        with pytest.raises(OSError, match="disk full"):
            provisioning.provision(site)
    site = again(site)
    assert (site.status, site.problem) == (SiteStatus.FAILED, "OSError: disk full")
    assert (count(SitePage, site), count(SitePicture, site), site.design) == (0, 0, "")
    assert provisioning.provision(site) == "published"
    assert again(site).problem == ""


def test_what_cannot_be_read_any_more_fails_until_it_is_replaced() -> None:
    slug = kept()
    site = requested(slug)
    with unit_of_work("test"):
        own_templates.locked(slug).content = b"no ZIP"
        site_templates.offer_anew()
    with pytest.raises(Invalid):
        provisioning.provision(site)
    assert (again(site).status, count(SitePage, site)) == (SiteStatus.FAILED, 0)
    with unit_of_work("test"):
        own_templates.delete(own_templates.locked(slug))
    assert provisioning.provision(again(site)) == "published"
    assert again(site).template == "business"


def test_deleted_or_switched_off_meanwhile_its_buyer_gets_a_site_all_the_same() -> None:
    slug = kept()
    first, second = requested(slug), requested(slug, slug="other")
    with unit_of_work("test"):
        own_templates.place(slug, active=False, list_order=100)
    provisioning.provision(first)
    assert again(first).template == slug
    with unit_of_work("test"):
        own_templates.delete(own_templates.locked(slug))
    provisioning.provision(second)
    assert (again(second).template, again(second).status) == ("business", SiteStatus.PUBLISHED)


def test_deleted_in_the_very_moment_the_next_try_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slug = kept()
    site = requested(slug)

    def gone(_own: Any) -> Package:
        raise NotFound

    with monkeypatch.context() as patch:
        patch.setattr(own_templates, "package", gone)
        with pytest.raises(NotFound):
            provisioning.provision(site)
    assert count(SitePage, site) == 0
    assert provisioning.provision(again(site)) == "published"


def test_a_site_is_switched_to_one_and_back_and_keeps_its_pictures() -> None:
    slug = kept()
    site = requested("event")
    provisioning.provision(site)
    with unit_of_work("test"):
        one = sites.locked(site.id)
        before, pictures = [page.body for page in one.pages], {picture.name for picture in one.pictures}
        copy = site_switching.switch(one, slug, seen=one.content_version)
        copy_id = copy.id
    site = again(site)
    assert (site.template, site.title) == (slug, "Ada's *Bakery*")
    assert pictures < {picture.name for picture in site.pictures}
    with unit_of_work("test"):
        one = sites.locked(site.id)
        site_switching.bring_back(one, copy_id, seen=one.content_version)
    assert [page.body for page in again(site).pages] == before


# -- who may use it --------------------------------------------------------------------------------------------------
def test_a_plan_that_names_templates_has_these_alone() -> None:
    slug = kept(list_order=5)
    plan = factories.product("craft", site_templates=[slug, "event"])
    assert [one.slug for one in site_templates.allowed(plan)] == [slug, "event"]
    assert [one.slug for one in site_templates.allowed(None)] == [slug, "business", "event", "portfolio"]
    assert site_templates.check("", plan) == slug
    assert site_templates.check("event", plan) == "event"
    for forged in ("portfolio", "../event"):
        with pytest.raises(Invalid) as refused:
            site_templates.check(forged, plan)
        assert (refused.value.code, refused.value.field) == ("template_not_available", "template_id")
    site = requested("event", plan=plan)
    provisioning.provision(site)
    with unit_of_work("test"), pytest.raises(Invalid):
        one = sites.locked(site.id)
        site_switching.switch(one, "portfolio", seen=one.content_version)


def test_one_that_is_needed_is_neither_switched_off_nor_deleted() -> None:
    slug = kept()
    factories.product("craft", name="Craft", site_templates=[slug])
    for step in (
        lambda: own_templates.delete(own_templates.locked(slug)),
        lambda: own_templates.place(slug, active=False, list_order=100),
    ):
        with pytest.raises(Conflict, match="Craft"), unit_of_work("test"):
            step()
    with unit_of_work("test"):
        for other in ("event", "portfolio", "business"):
            own_templates.place(other, active=False, list_order=1)
    with pytest.raises(Conflict), unit_of_work("test"):
        own_templates.place(slug, active=False, list_order=100)


def test_what_one_process_changes_the_next_request_of_another_sees(app: Flask) -> None:
    kept(title="First")
    before = list(site_templates.offered())
    with unit_of_work("test"):
        own_templates.place("business", active=False, list_order=10)
    db.session.remove()
    assert set(before) - set(site_templates.offered()) == {"business"}
    with pytest.raises(RuntimeError), unit_of_work("test"):
        own_templates.place("event", active=False, list_order=20)
        assert "event" not in site_templates.offered()
        raise RuntimeError("undone")
    db.session.remove()
    assert "event" in site_templates.offered()


def test_a_choice_costs_no_statement_once_it_is_known(statements: list[str]) -> None:
    kept()
    site_templates.offered()
    db.session.rollback()
    network.settings()
    statements.clear()
    site_templates.allowed(None)
    assert statements == []


# -- what is kept of one ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("body", ["{{ site_titel }}", "`{{ Owner }}`", "[x]({{ answers.nobody_asks }})", "{{}}"])
def test_placeholders_that_mean_nothing_are_refused_by_name(body: str) -> None:
    package = written(f"# Hello\n\n{body}\n")
    with pytest.raises(Invalid) as refused:
        kept(package)
    assert body.partition("{{")[2].partition("}}")[0].strip() in refused.value.message
    assert (refused.value.code, refused.value.field) == ("unknown_placeholder", "file")
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(SiteTemplate)) == 0


def test_answers_to_the_order_forms_questions_stand_where_they_are_asked_for() -> None:
    factories.order_form("survey", "single-step", Spec("motto", "text", label={"en": "Motto"}))
    slug = kept(written("> {{ answers.motto }}\n"))
    site = requested(slug)
    with unit_of_work("test"):
        sites.find(site.id).customer.answers = {"motto": {"label": "Motto", "value": "*Bread*\nfor all"}}
    provisioning.provision(again(site))
    assert again(site).pages[0].body.startswith("> \\*Bread\\* for all\n")
    other = requested(slug, slug="unasked")
    provisioning.provision(other)
    assert "{{" not in again(other).pages[0].body


def test_made_of_a_site_its_owners_words_become_placeholders() -> None:
    site = requested("business")
    provisioning.provision(site)
    with unit_of_work("test"):
        package = own_templates.package_of(sites.find(site.id), with_placeholders=True)
        plain = own_templates.package_of(sites.find(site.id), with_placeholders=False)
    texts = "\n".join(page.body for page in package.pages)
    assert "# {{ site_title }}" in texts
    assert "{{ email }}" in texts
    assert "Bakery" not in texts
    assert "bakery@example" not in texts.replace("\\", "")
    assert "Bakery" in plain.pages[0].body
    assert placeholders.unknown([texts]) == []


def test_a_file_of_somebody_elses_is_drawn_anew_once_and_refused_as_an_import_is() -> None:
    with pytest.raises(Invalid):
        site_import.read(io.BytesIO(b"PK"))
    content = site_packing.packed(written(WORDS))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "site.json" in archive.namelist()
    assert site_import.read(io.BytesIO(content)).pages[0].body.startswith("# {{ site_title }}")


def test_titles_are_needed_bounded_and_made_into_a_name_that_nothing_else_has() -> None:
    package = written(WORDS)
    for titles, field in (({}, "title_en"), ({"en": "x" * 61}, "title_en")):
        with pytest.raises(Invalid) as refused, unit_of_work("test"):
            own_templates.create(Facts(titles=titles), package, of="test")
        assert refused.value.field == field
    assert [kept(package, title="Business"), kept(package, title="Business")] == ["business-2", "business-3"]


def test_changed_copied_and_noted(app: Flask) -> None:
    slug = kept()
    with unit_of_work("test"):
        row = own_templates.locked(slug)
        own_templates.change(row, Facts(titles={"en": "Studio"}, active=False), None, seen=row.version)
        copy = own_templates.duplicate(row).slug
    with pytest.raises(Conflict), unit_of_work("test"):
        own_templates.change(own_templates.locked(slug), Facts(titles={"en": "Late"}), None, seen=1)
    db.session.rollback()
    assert (copy, copy in site_templates.offered(), slug in site_templates.offered()) == ("workshop-2", False, False)
    told = db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "site_templates"))
    assert sorted(told) == ["site-templates.change", "site-templates.create", "site-templates.duplicate"]
