"""Who signs in and who pays."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import String, and_, cast, select
from sqlalchemy.exc import IntegrityError

from webapp import clock
from webapp.domain import network, outbox, passwords, tax_ids
from webapp.errors import Invalid, NotFound
from webapp.extensions import db
from webapp.hooks import do_action
from webapp.models import Customer, EmailVerification, Meta, Role, User


@dataclass(frozen=True, slots=True)
class Profile:
    """What a buyer tells about themself; kept on the customer."""

    full_name: str = ""
    business: bool = False
    company_name: str = ""
    tax_id: str = ""
    billing_address_line_1: str = ""
    billing_address_line_2: str = ""
    billing_zip_code: str = ""
    billing_city: str = ""
    billing_state: str = ""
    billing_country: str = ""

    def __post_init__(self) -> None:
        """A VAT id is kept as the registry writes it, however it was typed."""
        number = tax_ids.number_of(self.tax_id, self.billing_country)
        if number:
            object.__setattr__(self, "tax_id", number)


def user_by_email(email: str) -> User | None:
    """Two addresses that differ only in case are one person's."""
    return db.session.scalars(select(User).where(User.email_key == email.strip().lower())).one_or_none()


def find(customer_id: int) -> Customer:
    customer = db.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound()
    return customer


def by_meta(key: str, value: object) -> Customer | None:
    """The customer about whom an integration keeps this very value; None unless there is exactly one."""
    query = (
        select(Customer)
        .join(Meta, and_(Meta.owner_type == Customer.__tablename__, Meta.owner_id == Customer.id))
        .where(Meta.key == key, cast(Meta.value, String) == json.dumps(value))
        .limit(2)
    )
    found = db.session.scalars(query).all()
    return found[0] if len(found) == 1 else None


def find_user(user_id: int) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    return user


def username_from(email: str) -> str:
    """The part before the @, in plain letters, with a random tail so that no two meet."""
    local = unicodedata.normalize("NFKD", email.partition("@")[0]).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", local).strip("-")[:40] or "user"
    return f"{plain}-{secrets.token_hex(3)}"


def is_username_taken(username: str) -> bool:
    return db.session.scalar(select(User.id).where(User.username == username)) is not None


def create_user(
    email: str,
    password: str,
    name: str,
    role: Role = Role.CUSTOMER,
    password_hash: str = "",
    username: str = "",
) -> User:
    """Raises Invalid when somebody has this address already. Give `password_hash` when it is made beforehand."""
    if user_by_email(email) is not None:
        raise email_taken()
    hashed = password_hash or passwords.hash_password(password)
    user = User(
        email=email.strip(), username=username or username_from(email), name=name, password_hash=hashed, role=role
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError:  # somebody signed up with it in this very moment
        raise email_taken() from None
    return user


def email_taken() -> Invalid:
    sentence = _("There is already an account with this e-mail address. Sign in to order.")
    return Invalid(sentence, code="email_taken", field="email_address")


def create(user: User, profile: Profile, *, signup_form: str, locale: str) -> Customer:
    """The customer behind a user. Fires wu_customer_post_create when the rows of the unit are written."""
    customer = Customer(user=user, email=user.email, signup_form=signup_form, locale=locale)
    customer.display_name = profile.full_name or user.name or user.email
    _apply(customer, profile)
    db.session.add(customer)
    outbox.record("customer.created", customer)
    do_action("wu_customer_post_create", customer)
    if network.settings().require_email_verification:
        customer.email_verification = EmailVerification.PENDING
        outbox.record("email.verification_requested", customer)
    return customer


def _apply(customer: Customer, profile: Profile) -> bool:
    changed = False
    names = {"full_name": "display_name"}
    for name in profile.__dataclass_fields__:
        value, attribute = getattr(profile, name), names.get(name, name)
        if value != "" and getattr(customer, attribute) != value:
            setattr(customer, attribute, value)
            changed = True
    return changed


def update(customer: Customer, profile: Profile) -> None:
    """Keep what was told anew; empty fields leave what is known."""
    if _apply(customer, profile):
        _tell(customer)


def rewrite(customer: Customer, profile: Profile) -> bool:
    """The customer's details as they are told now, empty ones included; whether anything changed."""
    asked = [name for name in profile.__dataclass_fields__ if name != "full_name"]
    told = {name: getattr(profile, name) for name in asked} | {"display_name": profile.full_name}
    changed = {name: value for name, value in told.items() if getattr(customer, name) != value}
    for name, value in changed.items():
        setattr(customer, name, value)
    if changed:
        customer.user.name = customer.display_name
        _tell(customer)
    return bool(changed)


def change_address(user: User, email: str) -> bool:
    """A new address, to sign in with and to be written to; whether it is another one. Raises Invalid when it is
    somebody else's."""
    other, customer = user_by_email(email), user.customer
    if other is not None and other.id != user.id:
        raise email_taken()
    changed = user.email != email or (customer is not None and customer.email != email)
    user.email = email
    if customer is not None and changed:
        customer.email = email
        _tell(customer)
    return changed


def change_email(customer: Customer, email: str) -> None:
    """A new address, for signing in as well. Raises Invalid when it is somebody else's."""
    change_address(customer.user, email)


def withdraw_statistics(customer: Customer) -> None:
    """They are not counted any more: the consent goes, and the number they were counted under."""
    customer.analytics_consent_at = None
    customer.meta.pop("analytics", None)


def _tell(customer: Customer) -> None:
    outbox.record("customer.updated", customer)
    do_action("wu_customer_post_update", customer)


def sign_in(email: str, password: str) -> User | None:
    """The user, or None; takes the same time whether the address is known or not."""
    user = user_by_email(email)
    if not passwords.verify(user.password_hash if user else None, password):
        return None
    return user if user is not None and user.disabled_at is None else None


def note_sign_in(user_id: int, at: datetime | None = None) -> None:
    find_user(user_id).last_login_at = at or clock.now()
