"""Another template for a site, whole or not at all, and the way back for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import TurnedClock
from tests.domain.test_site_renaming import site
from tests.flows.at_once import at_once
from webapp.domain import entitlements, placeholders, site_building, site_keeping, site_pictures, site_switching, sites
from webapp.errors import Conflict, DomainError, Invalid, NotFound
from webapp.extensions import db
from webapp.jobs import schedule
from webapp.models import Site, SiteCopy, SitePage, SitePicture, SiteStatus
from webapp.transactions import unit_of_work


@pytest.fixture
def bakery(app: Flask) -> Site:
    made = site("bakery", title="Ada's bakery")
    with unit_of_work("test"):
        held = sites.locked(made.id)
        site_building.build(held)
        held.pages[0].body = "# My own words"
        held.accent = "#123456"
    return now()


def now() -> Site:
    db.session.rollback()
    return db.session.scalars(select(Site)).one()


def shown() -> tuple[Any, ...]:
    one = now()
    pages = [(page.slug, page.title, page.body, page.in_menu, page.published) for page in one.pages]
    return one.title, one.design, one.accent, one.logo, one.locale, one.template, pages


def pictures() -> list[str]:
    db.session.rollback()
    return sorted(db.session.scalars(select(SitePicture.name)))


def copies() -> list[SiteCopy]:
    db.session.rollback()
    return list(db.session.scalars(select(SiteCopy).order_by(SiteCopy.id)))


def switch(template: str, seen: int | None = None) -> None:
    one = now()
    site_id, seen = one.id, one.content_version if seen is None else seen
    with unit_of_work("customer:1"):
        site_switching.switch(sites.locked(site_id), template, seen=seen)


def bring_back(copy_id: int) -> None:
    one = now()
    site_id, seen = one.id, one.content_version
    with unit_of_work("customer:1"):
        site_switching.bring_back(sites.locked(site_id), copy_id, seen=seen)


def test_the_new_pages_stand_where_the_old_ones_did_and_the_old_ones_come_back(bakery: Site) -> None:
    before, old_pictures, version = shown(), pictures(), bakery.content_version
    switch("event")
    after = shown()
    assert after[:3] == ("Ada's bakery", "event", "")
    assert after[5] == "event"
    assert all("My own words" not in page[2] for page in after[6])
    assert set(old_pictures) <= set(pictures())
    assert now().content_version != version
    [copy] = copies()
    bring_back(copy.id)
    assert shown() == before
    assert pictures() == old_pictures
    [kept_in_turn] = copies()
    bring_back(kept_in_turn.id)
    assert shown() == after


def test_what_was_changed_meanwhile_is_not_replaced(bakery: Site) -> None:
    seen = bakery.content_version
    switch("event", seen)
    with pytest.raises(Conflict):
        switch("portfolio", seen)  # the same page sent twice, or another window
    assert (now().template, len(copies())) == ("event", 1)


@pytest.mark.parametrize("template", ["", "no-such", "../business"])
def test_only_what_is_offered_can_be_chosen(bakery: Site, template: str) -> None:
    with pytest.raises(Invalid):
        switch(template)
    assert copies() == []


@pytest.mark.parametrize(("limit", "most"), [("pages", 1), ("disk", 10)])
def test_a_plan_without_room_for_the_template_refuses_it(bakery: Site, limit: str, most: int) -> None:
    with unit_of_work("test") as session:
        one = session.get_one(Site, bakery.id)
        one.overrides = {"limits": {limit: most}}
        for page in [page for page in one.pages if page.slug]:
            session.delete(page)
        for picture in one.pictures:
            session.delete(picture)
        one.logo = ""
    before = shown()
    with pytest.raises(Invalid) as refused:
        switch("portfolio")
    assert (refused.value.code, refused.value.field) == ("limit_reached", "template_id")
    assert (shown(), copies(), pictures()) == (before, [], [])


def test_a_site_that_holds_too_much_already_gets_a_template_with_less(bakery: Site) -> None:
    with unit_of_work("test") as session:
        one = session.get_one(Site, bakery.id)
        one.overrides = {"limits": {"pages": 1}}
        for number in range(9):
            session.add(SitePage(site_id=one.id, slug=f"more-{number}", title="More", body="", position=20 + number))
    switch("portfolio")
    assert now().template == "portfolio"


def test_a_template_that_fails_half_way_leaves_all_as_it_was(bakery: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown()

    def fails(*_args: Any) -> None:
        raise RuntimeError("half-way")

    for part, step in ((placeholders, "values"), (site_building, "add_picture")):
        with monkeypatch.context() as patch:
            patch.setattr(part, step, fails)
            with pytest.raises(RuntimeError):
                switch("event")
        assert (shown(), copies()) == (before, [])


def test_two_at_once_switch_once(app: Flask, bakery: Site) -> None:
    site_id, seen = bakery.id, bakery.content_version

    def take(template: str) -> str:
        try:
            with unit_of_work("test"):
                site_switching.switch(sites.locked(site_id), template, seen=seen)
        except DomainError as error:
            return error.code
        return "done"

    assert sorted(at_once(app, lambda: take("event"), lambda: take("portfolio"))) == ["changed_meanwhile", "done"]
    assert len(copies()) == 1


def test_a_copy_is_kept_for_thirty_days(bakery: Site, clock: TurnedClock) -> None:
    switch("event")
    [copy] = copies()
    clock.now += timedelta(days=29)
    assert schedule.forget_copies() == 0
    assert site_switching.copies(now()) == [copies()[0]]
    clock.now += timedelta(days=1)
    assert site_switching.copies(now()) == []
    with pytest.raises(NotFound):
        bring_back(copy.id)
    assert (schedule.forget_copies(), copies()) == (1, [])


def test_no_more_than_a_few_are_kept(bakery: Site) -> None:
    for number in range(site_switching.COPIES_AT_MOST + 2):
        switch(("event", "portfolio")[number % 2])
    assert len(copies()) == site_switching.COPIES_AT_MOST


def test_what_was_there_comes_back_though_the_plan_allows_less_by_now(bakery: Site) -> None:
    before = shown()
    switch("event")
    with unit_of_work("test"):
        entitlements.override(sites.locked(bakery.id), {"pages": 1, "disk": 0}, {}, reason="")
    bring_back(copies()[0].id)
    assert shown() == before


def test_somebody_elses_copy_is_not_found(bakery: Site) -> None:
    switch("event")
    [copy] = copies()
    copy_id, other = copy.id, site("garden")
    with pytest.raises(NotFound), unit_of_work("test"):
        held = sites.locked(other.id)
        held.design = "business"
        site_switching.bring_back(held, copy_id, seen=held.content_version)


def test_a_site_that_is_made_elsewhere_or_gone_has_no_other_template(bakery: Site) -> None:
    for change in ({"provisioner": "webhook"}, {"provisioner": "", "status": SiteStatus.ARCHIVED}):
        with unit_of_work("test"):
            for name, value in change.items():
                setattr(sites.locked(bakery.id), name, value)
        with pytest.raises(NotFound):
            switch("event")


def test_with_what_a_site_holds_its_copies_go(bakery: Site) -> None:
    switch("event")
    with unit_of_work("test"):
        site_keeping.empty(sites.locked(bakery.id), reason="test")
    assert copies() == []


def test_the_logo_stays_and_so_does_its_picture(bakery: Site) -> None:
    with unit_of_work("test"):
        held = sites.locked(bakery.id)
        site_pictures.use_as_logo(held, held.pictures[0])
    logo = now().logo
    switch("event")
    assert now().logo == logo
    kept = select(func.count()).select_from(SitePicture).where(SitePicture.name == logo)
    assert db.session.scalar(kept) == 1
    assert db.session.scalar(select(func.count()).select_from(SitePage)) > 0
