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
from webapp.domain.outbox import unfinished
from webapp.extensions import db
from webapp.models import Delivery, Site, SiteStatus
from webapp.models.parts import new_reference

S = SiteStatus
HANDLER = "webapp.flows.provisioning"
CREATE, SUSPEND, RESUME, DELETE = "create", "suspend", "resume", "delete"
LOOK = "look"  # how it stands over there; nothing is to be done
CALLBACKS = {CREATE: f"{HANDLER}:provision", **{one: f"{HANDLER}:{one}" for one in (SUSPEND, RESUME, DELETE, LOOK)}}
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


def request_at_once(site: Site) -> None:
    """As `request`, for what was perhaps asked for before: that does not wait for its next try any longer."""
    if not hurry(site):
        request(site, wanted(site))


def follow(site: Site) -> None:
    """It was moved here: its provisioner does the same, if it is another system that was ever told of it.

    What is not wanted any more, and waits for its next try in front of this, is out of the way at once.
    """
    if site.is_elsewhere and site.job:
        hurry(site)
        request(site, wanted(site))


def hurry(site: Site) -> bool:
    """Whether something is still to be done about it; then its worker does not wait any longer."""
    return outbox.hurry(db.session(), HANDLER, order_of(site))


def in_hand(site: Site) -> Delivery | None:
    """What its provisioner is asked for at the moment, or is to be asked next."""
    query = select(Delivery).where(unfinished("deliveries"), Delivery.handler == HANDLER)
    return db.session.scalars(
        query.where(Delivery.ordering_key == order_of(site)).order_by(Delivery.id).limit(1)
    ).one_or_none()


def is_followed(site: Site) -> bool:
    """Whether there is more to be done about it than what is in hand."""
    held = select(Delivery.id).where(unfinished("deliveries"), Delivery.handler == HANDLER)
    return len(db.session.scalars(held.where(Delivery.ordering_key == order_of(site)).limit(2)).all()) > 1


def notice(site: Site) -> str:
    """Its provisioner says that something has changed: it is asked, at once. What is done about it, in words."""
    site.told_at = clock.now()
    if hurry(site):
        return "it is asked how the site stands"
    if site.status in NOT_MADE and not site.membership.is_served:
        return "nobody waits for the site"
    request(site, CREATE if site.status in NOT_MADE else LOOK)
    return "it is asked how the site stands"


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


def too_late() -> str:
    return f"no end within {network.settings().provisioner_patience_hours} hours"


def end(site: Site, *, problem: str = "") -> None:
    site.waits_since, site.problem = None, problem[:300]


def give_up_lost(limit: int = 50) -> int:
    """Sites that nobody works on any more, since their job died with its workers: a person is to look. How many."""
    patience = timedelta(hours=network.settings().provisioner_patience_hours)
    in_hand = outbox.is_in_hand(HANDLER, "site", Site.id)
    lost = select(Site).where(Site.status == S.CREATING, Site.updated_at <= clock.now() - patience, ~in_hand)
    found = db.session.scalars(lost.order_by(Site.id).limit(limit).with_for_update(of=Site, skip_locked=True)).all()
    for site in found:
        end(site, problem="nobody works on it any more")
        site.move_to(S.FAILED, reason="provisioning failed")
    return len(found)
