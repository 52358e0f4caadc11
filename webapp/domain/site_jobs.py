"""What a site's provisioner is asked to do, and how far it has come.

What is decided about a site here is a row for a worker in the same transaction; one after the other goes out for each
site, and each is only done while it is still wanted: of blocking and showing again within an hour in which nobody could
be reached, nothing is left to tell but how things stand.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from webapp import clock
from webapp.domain import network, outbox
from webapp.extensions import db
from webapp.models import Delivery, Site, SiteStatus
from webapp.models.parts import new_reference

S = SiteStatus
HANDLER = "webapp.flows.provisioning"
CREATE, SUSPEND, RESUME, DELETE = "create", "suspend", "resume", "delete"
CALLBACKS = {CREATE: f"{HANDLER}:provision", **{one: f"{HANDLER}:{one}" for one in (SUSPEND, RESUME, DELETE)}}
WANTED = {S.PUBLISHED: RESUME, S.SUSPENDED: SUSPEND, S.DELETED: DELETE}
NOT_MADE = (S.REQUESTED, S.CREATING, S.FAILED)
# How soon it is asked what has come of a job that was taken, and how late at most.
SOONEST, LATEST = timedelta(seconds=10), timedelta(minutes=15)


def wanted(site: Site) -> str:
    """What its provisioner has to have done last, as things stand here."""
    if site.status in NOT_MADE:
        return CREATE
    if site.status == S.ARCHIVED:
        return DELETE if site.published_at is None else SUSPEND
    return WANTED[site.status]


# -- asking ----------------------------------------------------------------------------------------------------------
def order_of(site: Site) -> str:
    """Jobs of one site go out one after the other."""
    return f"site:{site.id}"


def request(site: Site, verb: str = CREATE, *more: int) -> None:
    """Have a worker ask for it; called when the site's row is written. `more`: what else the callback is given."""
    args, order = [site, *more], order_of(site)
    outbox.add("provisioning", CALLBACKS[verb], HANDLER, args, customer_id=site.customer_id, ordering_key=order)


def follow(site: Site) -> None:
    """It was moved here: its provisioner does the same, if it is another system that was ever told of it."""
    if site.is_elsewhere and site.job:
        request(site, wanted(site))


# -- one job in a worker's hand --------------------------------------------------------------------------------------
def take(site: Site, key: str) -> None:
    """This is what it is asked for now. It is served by whom it was once given to, whatever is set since."""
    if not site.provisioner:
        site.provisioner = site.membership.plan.provisioner or network.settings().provisioner
    if site.reference is None:
        site.reference = new_reference()
    if site.job != key:
        site.job, site.waits_since = key, None


def asked_at(key: str) -> datetime:
    """When it was decided; the same however often it is tried."""
    return db.session.scalar(select(Delivery.created_at).where(Delivery.key == key)) or clock.now()


def by_reference(reference: str) -> Site | None:
    return db.session.scalars(select(Site).where(Site.reference == reference)).one_or_none()


def wait(site: Site) -> timedelta:
    """It was taken, and is being worked on: after how long to ask what has come of it."""
    since = site.waits_since = site.waits_since or clock.now()
    return min(max((clock.now() - since) / 4, SOONEST), LATEST)


def is_overdue(site: Site) -> bool:
    """Whether it has been waited for so long that a person is to look."""
    patience = timedelta(hours=network.settings().provisioner_patience_hours)
    return site.waits_since is not None and clock.now() >= site.waits_since + patience


def end(site: Site, *, problem: str = "") -> None:
    site.waits_since, site.problem = None, problem[:300]
