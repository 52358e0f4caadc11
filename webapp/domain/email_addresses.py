"""Whose mailbox it is: asking for a link because a password is forgotten, confirming an address, changing it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, select

from webapp import clock, unit
from webapp.domain import customers, mails, one_time_links, outbox, sessions, sites
from webapp.domain.security_notices import locale_of
from webapp.domain.sessions import Origin
from webapp.errors import Gone
from webapp.extensions import db, queue
from webapp.hooks import do_action
from webapp.models import Customer, EmailVerification, LinkPurpose, ResetRequest, User

CONFIRMING = (LinkPurpose.VERIFY, LinkPurpose.CHANGE_EMAIL)
MISTYPED_WITHIN = timedelta(hours=1)  # of the sign-up; later an address is changed with the password


# -- a forgotten password --------------------------------------------------------------------------------------------
def request_reset(email: str, *, locale: str, base_url: str) -> None:
    """Note it, and nothing else: who asked is answered in the same time whether there is such an account or not."""
    work = unit.current()
    row = ResetRequest(email_key=email.strip().lower()[:254], locale=locale, base_url=base_url)
    work.session.add(row)
    work.after_commit(partial(queue.ring, "resets"), once="resets")


def count_resets() -> int:
    return db.session.scalar(select(func.count()).select_from(ResetRequest)) or 0


def answer_resets(limit: int = 100) -> int:
    """Write to those of them who have an account; how many requests that were."""
    oldest = select(ResetRequest.id).order_by(ResetRequest.id).limit(limit)
    taken = delete(ResetRequest).where(ResetRequest.id.in_(oldest)).returning(ResetRequest)
    asked = sorted(db.session.scalars(taken).all(), key=lambda one: one.id)
    # Of one person's several requests only the last: each new link ends the one before.
    for request in {one.email_key: one for one in asked}.values():
        user = customers.user_by_email(request.email_key)
        if user is not None and user.disabled_at is None:
            _write_reset(user, request)
    return len(asked)


def _write_reset(user: User, request: ResetRequest) -> None:
    link = f"{request.base_url}/password/{one_time_links.make(user, LinkPurpose.RESET)}"
    values = {"name": user.name, "link": link}
    locale = user.locale or request.locale
    mails.send("password_reset", to=user.email, locale=locale, user_id=user.id, values=values)


# -- confirming ------------------------------------------------------------------------------------------------------
def request_confirmation(customer: Customer) -> None:
    """Have the link sent (again); a listener on the event writes the mail."""
    outbox.record("email.verification_requested", customer)


def write_first_password(customer: Customer) -> None:
    """Who ordered without a password is sent a link to choose one; never a password itself."""
    user = customer.user
    link = mails.url(f"/password/{one_time_links.make(user, LinkPurpose.INVITATION)}")
    values = {"name": user.name, "link": link}
    mails.send(
        "first_password", to=user.email, locale=customer.locale, customer_id=None, user_id=user.id, values=values
    )


def write_confirmation(customer: Customer, *, once: str) -> bool:
    """A link to confirm the address with; whether one was written."""
    if customer.is_verified or mails.is_written(once):
        return False
    user = customer.user
    link = mails.url(f"/confirm-email/{one_time_links.make(user, LinkPurpose.VERIFY)}")
    mails.send(
        "email_verification",
        to=customer.email,
        locale=locale_of(user),
        customer_id=customer.id,
        user_id=user.id,
        values={"name": user.name, "link": link},
        once=once,
    )
    return True


def confirm(user: User) -> None:
    """They read what is sent to their address. What waited for that goes on. Fires wu_customer_email_verified."""
    customer = user.customer
    if customer is None or customer.email_verification == EmailVerification.VERIFIED:
        return
    waited = not customer.is_verified
    customer.email_verification, customer.email_verified_at = EmailVerification.VERIFIED, clock.now()
    outbox.record("customer.updated", customer)
    do_action("wu_customer_email_verified", customer)
    if waited:
        for membership in customer.memberships:
            if membership.is_served:
                sites.request_for(membership)


def look(token: str) -> User | None:
    """Whose link it is, and that it is still good."""
    link = one_time_links.look(token, *CONFIRMING)
    return link.user if link is not None else None


def follow(token: str, where: Origin) -> User:
    """Confirm the address that the link was sent to. Raises Gone, and Invalid when somebody else has it by now."""
    link = one_time_links.use(token, *CONFIRMING)
    if link is None:
        raise Gone()
    if link.purpose is LinkPurpose.CHANGE_EMAIL:
        _change(link.user, link.email, where)
    confirm(link.user)
    return link.user


# -- changing --------------------------------------------------------------------------------------------------------
def pending_change(user_id: int) -> str | None:
    """The address that waits to be confirmed."""
    link = one_time_links.pending(user_id, LinkPurpose.CHANGE_EMAIL)
    return link.email if link is not None else None


def begin_change(user: User, email: str, where: Origin) -> None:
    """Ask the new address, tell the old one. Of an address that another account has, only its owner learns that."""
    again = pending_change(user.id) == email
    token = one_time_links.make(user, LinkPurpose.CHANGE_EMAIL, email=email)
    locale, other = locale_of(user), customers.user_by_email(email)
    if other is not None and other.id != user.id:
        values = {"link": mails.url("/login")}
        mails.send("email_taken", to=other.email, locale=locale_of(other), user_id=other.id, values=values)
    else:
        values = {"name": user.name, "link": mails.url(f"/confirm-email/{token}")}
        mails.send("email_change", to=email, locale=locale, user_id=user.id, values=values)
    if not again:
        sessions.note(user.id, "email_change_asked", where)
        facts = {"name": user.name, "email": email, "link": mails.url("/account/security")}
        mails.send("email_change_requested", to=user.email, locale=locale, user_id=user.id, values=facts)


def undo_change(user_id: int, where: Origin) -> None:
    """The link that was sent is worth nothing from now on."""
    if pending_change(user_id) is not None:
        one_time_links.drop(user_id, LinkPurpose.CHANGE_EMAIL)
        sessions.note(user_id, "email_change_undone", where)


def may_be_mistyped(customer: Customer) -> bool:
    """Only who has just signed up, and nobody has confirmed: a browser that was left open must not be enough to take an
    account over."""
    is_new = clock.now() - customer.created_at < MISTYPED_WITHIN
    return is_new and customer.email_verification != EmailVerification.VERIFIED and not customer.user.is_operator


def correct(customer: Customer, email: str) -> None:
    """The buyer mistyped it: what was sent to nobody, or to somebody else, goes to the right address.

    Raises Invalid when that is another account's.
    """
    mistyped, chooses = customer.email, one_time_links.pending(customer.user_id, LinkPurpose.INVITATION) is not None
    if customers.change_address(customer.user, email):
        sessions.note(customer.user_id, "email_changed", Origin())
        mails.send_elsewhere(customer.id, email, instead_of=mistyped)
        if not customer.is_verified:
            request_confirmation(customer)
        if chooses:
            write_first_password(customer)


def _change(user: User, email: str, where: Origin) -> None:
    old, locale = user.email, locale_of(user)
    customers.change_address(user, email)
    sessions.note(user.id, "email_changed", where)
    values = {"name": user.name, "email": email}
    mails.send("email_changed", to=old, locale=locale, user_id=user.id, values=values)
