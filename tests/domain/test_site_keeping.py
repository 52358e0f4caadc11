"""How long a site that is shown no more is kept, and what puts it away or brings it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.conftest import TurnedClock
from webapp.domain import erasure, network, site_archive, site_keeping, sites
from webapp.errors import Conflict
from webapp.extensions import db
from webapp.models import (
    Delivery,
    Event,
    Membership,
    MembershipStatus,
    Site,
    SitePage,
    SitePicture,
    SiteStatus,
)
from webapp.transactions import unit_of_work

pytestmark = pytest.mark.usefixtures("app")
S = SiteStatus
BYTES = {"label": "a.png", "width": 1, "height": 1, "size": 3, "content": b"png"}


@pytest.fixture(autouse=True)
def noon(clock: TurnedClock) -> TurnedClock:
    clock.use("2027-01-01T12:00Z")
    return clock


def made(**values: Any) -> Site:
    """A site with a page and a picture, of a membership that is paid for."""
    agreement = values.pop("membership", None) or factories.active_membership()
    facts = {"slug": "bakery", "title": "Bakery", "status": S.PUBLISHED, "design": "calm", "logo": "a.png", **values}
    facts.setdefault("published_at", factories.clock.now())
    site = factories.save(lambda: Site(customer=agreement.customer, membership=agreement, **facts))
    factories.save(lambda: SitePage(site_id=site.id, slug="", title="Home", body="Bread"))
    factories.save(lambda: SitePicture(site_id=site.id, name="a.png", **BYTES))
    return site


def stop(site: Site, status: MembershipStatus = MembershipStatus.EXPIRED) -> None:
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, site.membership_id)
        agreement.move_to(status, reason="test")
        sites.stop_serving(agreement, reason="test")


def go_on(site: Site) -> None:
    with unit_of_work("test") as session:
        agreement = session.get_one(Membership, site.membership_id)
        agreement.move_to(MembershipStatus.ACTIVE, reason="test")
        sites.request_for(agreement)


def by_hand(step: Any, site: Site) -> Site:
    with unit_of_work("test") as session:
        step(session.get_one(Site, site.id), reason="test")
    return fresh(site)


def fresh(site: Site) -> Site:
    db.session.rollback()
    return db.session.get_one(Site, site.id, populate_existing=True)


def keep() -> int:
    with unit_of_work("test"):
        return site_keeping.work_off()


def warnings() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Delivery.callback.contains("warn_of_deletion"))) or 0


def holds(site: Site) -> tuple[int, int]:
    found = [db.session.scalar(select(func.count()).where(kind.site_id == site.id)) for kind in (SitePage, SitePicture)]
    return found[0] or 0, found[1] or 0


def told() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Event.type).where(Event.type.startswith("site.")).order_by(Event.id)))


# -- the time that runs ----------------------------------------------------------------------------------------------
def test_what_is_shown_is_kept_without_end(clock: TurnedClock) -> None:
    site = made()
    clock.tick(days=4000)
    assert keep() == 0
    assert fresh(site).status == S.PUBLISHED


def test_it_is_warned_of_twice_and_then_deleted(clock: TurnedClock) -> None:
    site = made()
    stop(site)
    for days, sent in ((59, 0), (60, 1), (82, 1), (83, 2), (89, 2)):
        clock.use("2027-01-01T12:00Z")
        clock.tick(days=days)
        keep()
        assert (warnings(), fresh(site).status) == (sent, S.SUSPENDED), days
    assert holds(site) == (1, 1)
    clock.tick(days=1)
    keep()
    gone = fresh(site)
    assert (gone.status, gone.logo, holds(gone)) == (S.DELETED, "", (0, 0))
    assert told() == ["site.suspended", "site.deleted"]
    assert keep() == 0


@pytest.mark.parametrize("days", [1, 7, 30, 90, 3650])
def test_nothing_goes_without_its_warnings_however_long_no_clock_ran(clock: TurnedClock, days: int) -> None:
    with unit_of_work("test"):
        network.change({"site_retention_days": days})
    site = made()
    stop(site)
    clock.tick(days=days * 3)
    for number, lead in enumerate(site_keeping.leads(days), start=1):
        keep()
        keep()  # again in the same moment: nothing more
        left = fresh(site).delete_at
        assert left is not None
        assert (warnings(), left - clock.now) == (number, lead)
        clock.now += lead - (site_keeping.leads(days)[number] if number < 2 else timedelta())
    keep()
    assert fresh(site).status == S.DELETED


def test_who_pays_again_finds_everything_and_the_time_begins_anew(clock: TurnedClock) -> None:
    site = made()
    stop(site)
    clock.tick(days=61)
    keep()
    go_on(site)
    back = fresh(site)
    assert (back.status, back.delete_at, back.next_step_at, back.warned) == (S.PUBLISHED, None, None, 0)
    clock.tick(days=100)
    assert keep() == 0
    stop(site)
    assert fresh(site).delete_at == clock.now + timedelta(days=90)


def test_zero_days_keep_it_and_stop_a_time_that_runs(clock: TurnedClock) -> None:
    running, later = made(), made(slug="later")
    stop(running)
    with unit_of_work("test"):
        network.change({"site_retention_days": 0})
    stop(later)
    clock.tick(days=200)
    keep()
    assert warnings() == 0
    for site in (running, later):
        assert (fresh(site).status, fresh(site).delete_at) == (S.SUSPENDED, None)


def test_what_an_operator_blocks_is_kept_while_it_is_paid_for(clock: TurnedClock) -> None:
    site = made()
    by_hand(sites.suspend, site)
    clock.tick(days=200)
    assert keep() == 0
    stop(site)
    assert fresh(site).delete_at == clock.now + timedelta(days=90)
    go_on(site)
    assert (fresh(site).status, fresh(site).delete_at) == (S.SUSPENDED, None)


def test_what_was_never_made_holds_nothing(clock: TurnedClock) -> None:
    site = made(status=S.REQUESTED, published_at=None)
    stop(site, MembershipStatus.CANCELLED)
    clock.tick(days=200)
    assert keep() == 0
    assert fresh(site).status == S.ARCHIVED


def test_many_are_worked_off_in_batches(clock: TurnedClock) -> None:
    for number in range(5):
        stop(made(slug=f"bakery-{number}"))
    clock.tick(days=60)
    with unit_of_work("test"):
        assert site_keeping.work_off(limit=3) == 3
    assert (keep(), warnings()) == (2, 5)


# -- by hand ---------------------------------------------------------------------------------------------------------
def test_an_archived_one_gives_its_address_free_and_comes_back_to_it() -> None:
    site = by_hand(site_archive.archive, made())
    assert (site.status, sites.is_taken("bakery"), site.delete_at is not None) == (S.ARCHIVED, False, True)
    site = by_hand(site_archive.restore, site)
    assert (site.status, site.slug, site.delete_at, holds(site)) == (S.PUBLISHED, "bakery", None, (1, 1))
    assert told() == ["site.suspended", "site.reactivated"]


def test_it_comes_back_to_an_address_like_it_when_its_own_has_gone() -> None:
    site = by_hand(site_archive.archive, made())
    made()
    assert by_hand(site_archive.restore, site).slug == "bakery-2"


def test_what_nobody_pays_for_comes_back_suspended_and_its_time_runs_on(clock: TurnedClock) -> None:
    site = by_hand(site_archive.archive, made())
    since = site.delete_at
    clock.tick(days=3)
    stop(site)
    site = by_hand(site_archive.restore, site)
    assert (site.status, site.delete_at) == (S.SUSPENDED, since)


def test_a_payment_does_not_take_out_what_its_owner_put_away() -> None:
    site = by_hand(site_archive.archive, made())
    stop(site)
    go_on(site)
    assert fresh(site).status == S.ARCHIVED


@pytest.mark.parametrize("status", [S.REQUESTED, S.CREATING, S.FAILED, S.ARCHIVED, S.DELETED])
def test_what_is_not_shown_or_stopped_is_not_archived(status: SiteStatus) -> None:
    site = made(status=status)
    with pytest.raises(Conflict):
        by_hand(site_archive.archive, site)


@pytest.mark.parametrize(
    "values", [{"status": S.PUBLISHED}, {"status": S.DELETED}, {"status": S.ARCHIVED, "published_at": None}]
)
def test_what_is_not_put_away_or_holds_nothing_is_not_restored(values: dict[str, Any]) -> None:
    site = made(**values)
    with pytest.raises(Conflict):
        by_hand(site_archive.restore, site)


def test_a_deleted_account_takes_what_its_sites_hold_along() -> None:
    site = made()
    stop(site, MembershipStatus.CANCELLED)
    with unit_of_work("test") as session:
        erasure.delete_account(session.get_one(Site, site.id).customer)
    gone = fresh(site)
    assert (gone.status, gone.title, holds(gone), gone.next_step_at) == (S.DELETED, f"Site {site.id}", (0, 0), None)
