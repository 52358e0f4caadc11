"""What each role of the staff may do. A table, so that it can be read; `may` is the only question asked."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from webapp.models import Role


class Capability(StrEnum):
    """Something done in the network admin, as noun and verb."""

    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_CONFIRM = "customers.confirm"
    CUSTOMERS_ACT_AS = "customers.act-as"
    CUSTOMERS_CREDIT = "customers.credit"
    CUSTOMERS_LET_IN = "customers.let-in"
    MEMBERSHIPS_VIEW = "memberships.view"
    MEMBERSHIPS_CANCEL = "memberships.cancel"
    MEMBERSHIPS_STEER = "memberships.steer"
    PAYMENTS_VIEW = "payments.view"
    PAYMENTS_CONFIRM = "payments.confirm"
    INVOICES_VIEW = "invoices.view"
    PAYMENTS_REFUND = "payments.refund"
    PRODUCTS_VIEW = "products.view"
    PRODUCTS_EDIT = "products.edit"
    DISCOUNT_CODES_VIEW = "discount-codes.view"
    DISCOUNT_CODES_EDIT = "discount-codes.edit"
    SITES_VIEW = "sites.view"
    SITES_PROVISION = "sites.provision"
    SITES_EDIT = "sites.edit"
    SITES_TRANSFER = "sites.transfer"
    SITES_SUSPEND = "sites.suspend"
    SITES_DELETE = "sites.delete"
    DECLARATIONS_VIEW = "declarations.view"
    DECLARATIONS_DECIDE = "declarations.decide"
    LEGAL_VIEW = "legal.view"
    LEGAL_EDIT = "legal.edit"
    EMAILS_VIEW = "emails.view"
    EMAILS_SEND = "emails.send"
    EMAILS_EDIT = "emails.edit"
    ATTENTION_VIEW = "attention.view"
    ATTENTION_TAKE = "attention.take"
    EVENTS_VIEW = "events.view"
    DELIVERIES_VIEW = "deliveries.view"
    DELIVERIES_RETRY = "deliveries.retry"
    NOTICES_VIEW = "notices.view"
    NOTICES_PROCESS = "notices.process"
    COMPONENTS_VIEW = "components.view"
    HOOKS_VIEW = "hooks.view"
    HOOKS_SWITCH = "hooks.switch"
    NOTES_VIEW = "notes.view"
    NOTES_WRITE = "notes.write"
    VIEWS_SAVE = "views.save"
    VIEWS_SHARE = "views.share"
    AUDIT_VIEW = "audit.view"
    JOBS_VIEW = "jobs.view"
    JOBS_START = "jobs.start"
    EXPORTS_MAKE = "exports.make"
    API_KEYS_VIEW = "api-keys.view"
    API_KEYS_EDIT = "api-keys.edit"
    SETTINGS_VIEW = "settings.view"
    SETTINGS_EDIT = "settings.edit"
    STAFF_VIEW = "staff.view"
    STAFF_EDIT = "staff.edit"


# How a list is looked at is everybody's own.
LOOKING = frozenset(one for one in Capability if one.value.endswith(".view")) | {Capability.VIEWS_SAVE}
HELPING = LOOKING | {
    Capability.SITES_PROVISION,
    Capability.DELIVERIES_RETRY,
    Capability.EMAILS_SEND,
    Capability.CUSTOMERS_CONFIRM,
    Capability.NOTICES_PROCESS,
    Capability.ATTENTION_TAKE,
    Capability.JOBS_START,
    Capability.NOTES_WRITE,
    Capability.VIEWS_SHARE,
}
# Acting as a customer may do what support may not, such as ending a membership.
STEERING = HELPING | {
    Capability.CUSTOMERS_ACT_AS,
    Capability.CUSTOMERS_LET_IN,
    Capability.MEMBERSHIPS_CANCEL,
    Capability.MEMBERSHIPS_STEER,
    Capability.DECLARATIONS_DECIDE,
    Capability.LEGAL_EDIT,
    Capability.EMAILS_EDIT,
    Capability.PAYMENTS_CONFIRM,
    Capability.PAYMENTS_REFUND,
    Capability.CUSTOMERS_CREDIT,
    Capability.PRODUCTS_EDIT,
    Capability.DISCOUNT_CODES_EDIT,
    Capability.SITES_EDIT,
    Capability.SITES_TRANSFER,
    Capability.SITES_SUSPEND,
    Capability.EXPORTS_MAKE,
    Capability.HOOKS_SWITCH,
}

CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.CUSTOMER: frozenset(),
    Role.READ_ONLY: LOOKING,
    Role.SUPPORT: HELPING,
    Role.MANAGER: STEERING,
    Role.OWNER: frozenset(Capability),
}


class HasRole(Protocol):
    """A user, or whoever stands for one."""

    @property
    def role(self) -> Role: ...


def may(user: HasRole, capability: Capability) -> bool:
    return capability in CAPABILITIES[user.role]
