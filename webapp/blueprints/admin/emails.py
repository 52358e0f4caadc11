"""What was written to people: each mail with its words, what became of it, and sending it again."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, make_response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import ColumnElement, select

from webapp import clock
from webapp.blueprints.access import needs
from webapp.blueprints.admin import filters, lists, searches
from webapp.blueprints.admin.base import actor, bp
from webapp.blueprints.admin.deliveries import SOON
from webapp.blueprints.admin.lists import Column, Filter, Listing, Shown
from webapp.blueprints.admin.related import found
from webapp.blueprints.views import View, go_to
from webapp.domain import audit, mails
from webapp.domain.mail_kinds.kind import KINDS
from webapp.domain.mails import SECRET, has_secrets
from webapp.domain.security_notices import locale_of
from webapp.domain.staff import Capability
from webapp.extensions import db, limiter
from webapp.integrations.mailing.smtp import server
from webapp.models import Customer, Mail, MailStatus, Role, User
from webapp.transactions import unit_of_work

# A mail's own page: it loads nothing, runs nothing, and only our pages show it.
FRAMED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def search(text: str) -> ColumnElement[bool]:
    """By the address it went to, the customer, a part of the subject, or the number."""
    if "@" in text:
        return searches.any_of(
            Mail.id,
            select(Mail.id).where(searches.begins_with(Mail.to_address, text)),
            searches.by_customer(Mail.id, Mail.customer_id, text),
        )
    ways = [select(Mail.id).where(searches.contains(Mail.subject, text)), *searches.by_number(Mail.id, text)]
    return searches.any_of(Mail.id, *ways)


def kind_name(slug: str) -> str:
    """Of a kind that an add-on has taken away with it, the slug."""
    return str(KINDS[slug].name) if slug in KINDS else slug


BY_KIND = Filter(
    name="kind",
    condition=lambda value: Mail.kind == value,
    words=lambda value: _("message “%(name)s”", name=kind_name(value)),
    choices=lambda: sorted(((one.slug, str(one.name)) for one in KINDS.values()), key=lambda one: one[1]),
    label=_l("Message"),
    look=Shown.SELECT,
)
EMAILS = Listing(
    endpoint="admin.list_emails",
    model=Mail,
    title=_l("E-mails"),
    columns=(
        Column(_l("Number"), sort="-id"),
        Column(_l("Subject")),
        Column(_l("Recipient")),
        Column(_l("Status")),
        Column(_l("Written")),
    ),
    search=search,
    sorts={"id": Mail.id},
    filters=(
        filters.by_status(Mail.status, MailStatus, first=MailStatus.DEAD),
        BY_KIND,
        *filters.by_day(filters.by_bisection(Mail.created_at, Mail.id)),
        filters.by_customer(Mail.customer_id),
    ),
    actions=("emails.send",),
    name=lambda mail: mail.subject,
)
list_view = View("admin/emails.html", block="list")
email_view = View("admin/email.html")


@bp.get("/emails")
@needs(Capability.EMAILS_VIEW)
def list_emails() -> ResponseReturnValue:
    return lists.show(EMAILS, list_view, kind_name=kind_name, has_server=server.bound() is not None)


@bp.get("/emails/<int:mail_id>")
@needs(Capability.EMAILS_VIEW)
def show_email(mail_id: int) -> ResponseReturnValue:
    mail: Mail = found(Mail, mail_id)
    return email_view.show(
        mail=mail,
        kind=KINDS.get(mail.kind),
        customer=db.session.get(Customer, mail.customer_id) if mail.customer_id else None,
        text=shown(mail, mail.text),
        hides=has_secrets(mail) and not may_reveal(mail),
        can_be_sent=bool(mail.secrets) or not has_secrets(mail),
        has_server=server.bound() is not None,
        changes_soon=mail.status == MailStatus.PENDING and mail.next_at <= clock.now() + SOON,
    )


def may_reveal(mail: Mail) -> bool:
    """A link that works once opens somebody's account: only owners see it, and only where no mail is sent at all."""
    return mail.status == MailStatus.KEPT and current_user.role == Role.OWNER


def shown(mail: Mail, words: str) -> str:
    if may_reveal(mail):
        return mails.revealed(words, mail.secrets)
    instead = _("hidden link")
    return SECRET.sub(f"[{instead}]", words)


@bp.get("/emails/<int:mail_id>/html")
@needs(Capability.EMAILS_VIEW)
def show_email_html(mail_id: int) -> ResponseReturnValue:
    """As a mail program would show it, in a page of its own."""
    mail: Mail = found(Mail, mail_id)
    return framed(shown(mail, mail.html))


def framed(html: str, status: int = 200) -> Response:
    response = make_response(html, status)
    response.headers.update({"Content-Security-Policy": FRAMED, "Cache-Control": "no-store"})
    return response


@bp.post("/emails/<int:mail_id>/retry")
@needs(Capability.EMAILS_SEND)
def create_email_retry(mail_id: int) -> ResponseReturnValue:
    """Do not wait for its next try; what was sent already is written once more."""
    with unit_of_work(actor()) as session:
        mail: Mail = found(Mail, mail_id)
        before = {"status": str(mail.status)}
        mails.retry(mail)
        session.flush()
        audit.note(mail, "emails.send", before=before, after={"status": "pending"})
    flash(_("The message goes out now."), "success")
    return go_to(url_for("admin.show_email", mail_id=mail_id))


@bp.post("/emails/test")
@needs(Capability.EMAILS_SEND)
@limiter.limit("20 per hour")
def create_test_email() -> ResponseReturnValue:
    """To whoever asks for it."""
    user_id: Any = current_user.id
    with unit_of_work(actor()) as session:
        user = session.get_one(User, user_id)
        values = {"name": user.name}
        mail = mails.send("test", to=user.email, locale=locale_of(user), user_id=user_id, values=values)
        audit.note(mail, "emails.test", before={}, after={"to": user.email})
        mail_id = mail.id if mail is not None else 0
    flash(_("A test message goes to %(email)s.", email=current_user.email), "success")
    return go_to(url_for("admin.show_email", mail_id=mail_id))
