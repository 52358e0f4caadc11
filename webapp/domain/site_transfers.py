"""Giving a site to another customer: its owner asks by e-mail, who is asked takes it into a contract of theirs.

What moves is the site, with its pages, pictures and addresses. Payments and invoices stay with who paid. Nobody learns
whether an address has an account: whatever was entered, a mail goes there and the same is said.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import selectinload

from webapp import clock
from webapp.domain import customers, locks, mail_texts, mails, outbox, site_changes, site_room, sites
from webapp.domain.sessions import hashed
from webapp.errors import Conflict, Gone, Invalid, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Customer, Membership, Site, SiteStatus, SiteTransfer, TransferStatus

T = TransferStatus
LASTS = timedelta(days=7)
KEPT = timedelta(days=90)  # after it was answered
A_DAY_AT_MOST = 10  # of one customer's: the network is no way to write to strangers
MADE = (SiteStatus.PUBLISHED, SiteStatus.SUSPENDED)


def may_be_given(site: Site, *, there: bool = False) -> bool:
    """Not one that an operator blocks. `there`: whether who made it elsewhere can be asked for that now."""
    return site.status in MADE and site.held_at is None and (there or not site.is_elsewhere)


# -- asking ----------------------------------------------------------------------------------------------------------
def open_of(site: Site) -> SiteTransfer | None:
    """The offer that waits for an answer."""
    query = select(SiteTransfer).where(SiteTransfer.site_id == site.id, SiteTransfer.status == T.OPEN)
    found = db.session.scalars(query).one_or_none()
    return found if found is not None and found.expires_at > clock.now() else None


def offer(site: Site, email: str, *, locale: str, site_url: str, there: bool = False) -> SiteTransfer:
    """Ask whoever reads this mailbox to take the site over; an earlier offer is worth nothing from now on.

    `locale`: of the mail, the giver's: it is written in the same language whether the address is known here or not.
    Call it with the site's membership locked. Raises Conflict, and Invalid for the field `email`.
    """
    if not may_be_given(site, there=there):
        raise Conflict(_("This site cannot be given away at the moment."), code="not_transferable")
    email = email.strip().lower()
    if email == site.customer.user.email_key:
        raise Invalid(_("This is your own address."), field="email")
    check_pace(site.customer_id)
    withdraw_open(site, reason="asked anew")
    token = secrets.token_urlsafe(32)
    asked = SiteTransfer(site=site, giver=site.customer, email=email, token_hash=hashed(token))
    asked.expires_at = clock.now() + LASTS
    db.session.add(asked)
    db.session.flush()
    values = {
        "from_name": site.customer.display_name,
        "title": site.title,
        "site_url": site_url,
        "link": mails.url(f"/account/transfers/{token}"),
    }
    mails.send("site_offered", to=email, locale=locale, values=values)
    return asked


def check_pace(customer_id: int) -> None:
    """Raises Invalid."""
    lately = select(func.count()).select_from(SiteTransfer).where(SiteTransfer.from_customer_id == customer_id)
    asked = db.session.scalar(lately.where(SiteTransfer.created_at > clock.now() - timedelta(days=1))) or 0
    if asked >= A_DAY_AT_MOST:
        raise Invalid(_("You have asked often today. Try again tomorrow."), code="too_often", field="email")


def withdraw_open(site: Site, *, reason: str) -> bool:
    """Whether there was one."""
    query = select(SiteTransfer).where(SiteTransfer.site_id == site.id, SiteTransfer.status == T.OPEN)
    waiting = db.session.scalars(query).one_or_none()
    if waiting is not None:
        waiting.move_to(T.WITHDRAWN if waiting.expires_at > clock.now() else T.EXPIRED, reason=reason)
        db.session.flush()
    return waiting is not None


# -- answering -------------------------------------------------------------------------------------------------------
def find(token: str, customer: Customer) -> SiteTransfer:
    """The offer of this link, made to this customer and still good. Raises NotFound, and Gone, which says why."""
    asked = db.session.scalars(select(SiteTransfer).where(SiteTransfer.token_hash == hashed(token))).one_or_none()
    if asked is None or asked.email != customer.user.email_key:
        sentence = _(
            "This offer was made to another address than that of your account. Sign in with the address that it was "
            "sent to."
        )
        raise NotFound(sentence)
    if asked.status == T.ACCEPTED:
        raise Gone(_("This site was taken over already."))
    if asked.status == T.MOVING:
        raise Gone(
            _("The site is being moved to your account. It stands there as soon as the system that shows it is done.")
        )
    if asked.status == T.REFUSED:
        raise Gone(
            _("The system that shows this site did not move it to your account. Write to us, or ask for a new offer.")
        )
    if asked.status == T.DECLINED:
        raise Gone(_("This offer was declined."))
    if asked.status != T.OPEN or asked.expires_at <= clock.now() or not is_still_theirs(asked):
        raise Gone(_("This offer was withdrawn, or its time is over. Ask who sent it for a new one."))
    return asked


def is_still_theirs(asked: SiteTransfer) -> bool:
    return asked.site.customer_id == asked.from_customer_id and may_be_given(asked.site, there=True)


def choices(customer_id: int) -> list[tuple[Membership, bool]]:
    """The contracts of theirs that are running, and whether each has room for the site."""
    running = [one for one in of_customer(customer_id) if one.is_served]
    return [(one, site_room.look(one).free) for one in running]


def of_customer(customer_id: int) -> list[Membership]:
    query = select(Membership).where(Membership.customer_id == customer_id).options(selectinload(Membership.sites))
    return list(db.session.scalars(query.order_by(Membership.id)))


def accept(token: str, customer_id: int, membership_id: int) -> Site:
    """Take the site into this contract; one that is made elsewhere stays where it is until it is moved there.

    Raises NotFound, Gone, and Conflict when there is no room.
    """
    customer = customers.find(customer_id)
    asked = find(token, customer)
    lock(asked.site.membership_id, membership_id)
    db.session.refresh(asked)
    db.session.refresh(asked.site)
    asked = find(token, customer)
    membership = locks.membership(membership_id, customer_id=customer_id)
    asked.to_customer_id = customer_id
    if asked.site.is_elsewhere:
        site_room.check(membership)
        asked.move_to(T.MOVING, reason="accepted")
        site_changes.ask_for_owner(asked.site, membership, asked)
        return asked.site
    asked.move_to(T.ACCEPTED, reason="taken over")
    move(asked.site, membership)
    tell(asked, "site_taken_over")
    return asked.site


def decline(token: str, customer_id: int) -> None:
    """Raises NotFound and Gone."""
    customer = customers.find(customer_id)
    lock(find(token, customer).site.membership_id)
    asked = find(token, customer)
    asked.to_customer_id = customer_id
    asked.move_to(T.DECLINED, reason="declined")
    tell(asked, "site_offer_declined")


def lock(*membership_ids: int) -> None:
    """In the order of their ids, as everywhere."""
    for membership_id in sorted(set(membership_ids)):
        locks.membership(membership_id)


def tell(asked: SiteTransfer, kind: str) -> None:
    """Who asked is told what came of it."""
    giver = asked.giver
    values = {
        "name": "" if giver.display_name == giver.email else giver.display_name,
        "title": asked.site.title,
        "email": asked.email,
        "link": mails.url("/account/"),
    }
    locale = mail_texts.language(giver.locale)
    mails.send(kind, to=giver.email, locale=locale, customer_id=giver.id, user_id=giver.user_id, values=values)


# -- what it does ----------------------------------------------------------------------------------------------------
def give(site: Site, membership: Membership, *, there: bool = False) -> None:
    """An operator gives it away directly, or asks for that where it is made. Call it with both memberships locked.

    Raises Conflict.
    """
    if not may_be_given(site, there=there):
        raise Conflict(_("This site cannot be given away at the moment."), code="not_transferable")
    if membership.customer_id == site.customer_id:
        raise Conflict(_("This contract is of the same customer."), code="same_customer")
    withdraw_open(site, reason="given by an operator")
    if site.is_elsewhere:
        site_room.check(membership)
        site_changes.ask_for_owner(site, membership)
        return
    move(site, membership)


def move(site: Site, membership: Membership) -> None:
    """It is shown, since its new contract is running. Raises Conflict when there is no room."""
    site_room.check(membership)
    hand_over(site, membership)
    site_room.check_content(site)


def arrive(site: Site, membership: Membership, asked: SiteTransfer | None) -> None:
    """Where it is made it has its new owner already: so it has here, whatever room there is by now."""
    hand_over(site, membership)
    if not membership.is_served:
        db.session.expire(membership, ["sites"])
        sites.stop_serving(membership, reason="its new contract is not running")
    if asked is not None:
        tell(asked, "site_taken_over")


def hand_over(site: Site, membership: Membership) -> None:
    """Records `site.transferred` and fires `wu_site_transferred`."""
    old = site.membership
    site.membership, site.customer = membership, membership.customer
    db.session.flush()
    if site.status == SiteStatus.SUSPENDED and site.held_at is None and membership.is_served:
        sites.serve_again(site)
    site.note_change()
    outbox.record("site.transferred", site, from_customer_id=old.customer_id, from_membership_id=old.id)
    do_action("wu_site_transferred", site, old.customer, old)


# -- afterwards ------------------------------------------------------------------------------------------------------
def sweep(limit: int = 200) -> int:
    """End what nobody answered in time, and drop what was answered long ago; how many."""
    due = select(SiteTransfer).where(SiteTransfer.status == T.OPEN, SiteTransfer.expires_at <= clock.now())
    due = due.order_by(SiteTransfer.expires_at, SiteTransfer.id).limit(limit)
    over = db.session.scalars(due.with_for_update(of=SiteTransfer, skip_locked=True)).all()
    for one in over:
        one.move_to(T.EXPIRED, reason="nobody answered")
    old = select(SiteTransfer.id).where(SiteTransfer.status != T.OPEN, SiteTransfer.updated_at < clock.now() - KEPT)
    dropped = db.session.execute(delete(SiteTransfer).where(SiteTransfer.id.in_(old.limit(limit))))
    return len(over) + int(getattr(dropped, "rowcount", 0))


def forget(customer: Customer) -> None:
    """Of an account that is deleted: nothing is offered any more, and who was asked is not kept."""
    query = select(SiteTransfer).where(SiteTransfer.from_customer_id == customer.id, SiteTransfer.status == T.OPEN)
    for one in db.session.scalars(query):
        one.move_to(T.WITHDRAWN, reason="account deleted")
    db.session.flush()
    theirs = or_(SiteTransfer.from_customer_id == customer.id, SiteTransfer.email == customer.user.email_key)
    known = update(SiteTransfer).where(theirs).values(email="")
    db.session.execute(known.execution_options(synchronize_session="fetch"))
