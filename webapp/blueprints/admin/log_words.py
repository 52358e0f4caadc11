"""How the audit log and the timelines call what was done, what happened, and who did it."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.blueprints.admin import words

# What the staff does, as the audit log names it.
ACTIONS: dict[str, LazyString] = {
    "declarations.decide": _l("Declaration decided"),
    "legal.publish": _l("Legal page published"),
    "attention.take": _l("Taken care of"),
    "attention.release": _l("Left to others"),
    "attention.aside": _l("Put aside, or brought back"),
    "attention.digest": _l("Daily mail chosen"),
    "payments.ask": _l("Gateway asked"),
    "setup.confirm": _l("Step of the set-up confirmed"),
    "setup.skip": _l("Step of the set-up left for later, or taken up"),
    "products.create": _l("Product made"),
    "products.change": _l("Product changed"),
    "products.duplicate": _l("Product copied from another"),
    "products.put-on-sale": _l("Put on sale"),
    "products.archive": _l("Taken off sale"),
    "products.move": _l("Moved in lists"),
    "products.picture": _l("Picture of a product changed"),
    "discount-codes.create": _l("Discount code made"),
    "discount-codes.change": _l("Discount code changed"),
    "discount-codes.duplicate": _l("Discount code copied from another"),
    "discount-codes.activate": _l("Discount code switched on"),
    "discount-codes.deactivate": _l("Discount code switched off"),
    "products.delete": _l("Product deleted"),
    "exchange-rates.enter": _l("Exchange rate entered"),
    "exchange-rates.fetch": _l("Exchange rates fetched by hand"),
    "reconciliations.run": _l("Gateways compared by hand"),
    "checkout-forms.create": _l("Order form made"),
    "checkout-forms.change": _l("Order form worked at"),
    "checkout-forms.publish": _l("Order form published"),
    "checkout-forms.discard": _l("Unpublished changes of an order form discarded"),
    "checkout-forms.switch": _l("Order form opened or closed"),
    "checkout-forms.duplicate": _l("Order form copied from another"),
    "checkout-forms.delete": _l("Order form deleted"),
    "site-templates.create": _l("Template for sites made"),
    "site-templates.change": _l("Template for sites changed"),
    "site-templates.duplicate": _l("Template for sites copied from another"),
    "site-templates.place": _l("Template for sites offered, switched off or moved"),
    "site-templates.delete": _l("Template for sites deleted"),
    "tax-rates.create": _l("Tax rate made"),
    "tax-rates.change": _l("Tax rate changed"),
    "tax-rates.duplicate": _l("Tax rate copied from another"),
    "tax-rates.delete": _l("Tax rate deleted"),
    "deliveries.retry": _l("Sent again"),
    "customers.ask-to-confirm": _l("Link to confirm the address sent again"),
    "customers.confirm": _l("Address marked as confirmed"),
    "customers.remove-two-step": _l("Two-step sign-in removed"),
    "emails.send": _l("Message sent"),
    "emails.test": _l("Test message sent"),
    "emails.change": _l("Text of a message changed"),
    "jobs.start": _l("Job begun"),
    "jobs.stop": _l("Job stopped"),
    "memberships.cancel": _l("Cancellation recorded"),
    "memberships.change": _l("Other terms given"),
    "memberships.withdraw-change": _l("Change withdrawn"),
    "memberships.charge": _l("Payment method charged by hand"),
    "memberships.extend": _l("Membership extended"),
    "memberships.hold": _l("Membership put on hold by hand"),
    "memberships.resume": _l("Membership taken off hold"),
    "memberships.expire": _l("Membership expired by hand"),
    "memberships.reactivate": _l("Payment asked for to take it up again"),
    "notices.process": _l("Looked at again"),
    "payments.confirm": _l("Arrival of the money confirmed"),
    "payments.refund": _l("Money given back"),
    "payments.refund-ask": _l("Gateway asked about a refund"),
    "payments.refund-settle": _l("Refund by hand settled"),
    "payments.void": _l("Payment made void"),
    "customers.credit": _l("Credit changed"),
    "invoices.send": _l("Invoice sent again"),
    "sites.provision": _l("Set up again"),
    "sites.resume": _l("Site shown again"),
    "sites.suspend": _l("Site suspended"),
    "sites.archive": _l("Site archived"),
    "sites.restore": _l("Site brought back"),
    "sites.add": _l("Site added"),
    "sites.import": _l("Site replaced by an export"),
    "memberships.limits": _l("Limits of a membership set by hand"),
    "sites.limits": _l("Limits of a site set by hand"),
    "sites.rename": _l("Site given another address"),
    "sites.transfer": _l("Site given to another customer"),
    "domains.add": _l("Domain added"),
    "domains.main": _l("Main address changed"),
    "domains.check": _l("Records of a domain looked at"),
    "domains.remove": _l("Domain removed"),
    "sites.delete": _l("What a site held deleted"),
    "views.create": _l("View of a list kept"),
    "views.change": _l("View of a list changed"),
    "views.delete": _l("View of a list deleted"),
    "acting.begin": _l("Acting as the customer begun"),
    "acting.change": _l("Account changed while acting as the customer"),
    "acting.end": _l("Acting as the customer ended"),
    "notes.create": _l("Note written"),
    "notes.change": _l("Note changed"),
    "notes.delete": _l("Note deleted"),
    "hooks.switch": _l("Callback or add-on switched on or off"),
    "discount-codes.delete": _l("Discount code deleted"),
    "api-keys.create": _l("API key made"),
    "api-keys.revoke": _l("API key revoked"),
    "settings.change": _l("Settings changed"),
    "gateways.change": _l("Way to pay: how it is offered was changed"),
    "gateways.keys": _l("Way to pay: what it asks for was entered"),
    "gateways.register": _l("Way to pay: its address for notices was registered"),
    "settings.logo": _l("Logo changed"),
    "staff.invite": _l("Colleague invited"),
    "staff.invite-again": _l("Invitation sent again"),
    "staff.change": _l("Name or role changed"),
    "staff.disable": _l("Access taken away"),
    "staff.enable": _l("Access given again"),
    "staff.end-sessions": _l("Signed out everywhere"),
    "staff.remove-two-step": _l("Two-step sign-in removed"),
}

EVENTS: dict[str, LazyString] = {
    "customer.created": _l("Customer recorded"),
    "customer.updated": _l("Customer's details changed"),
    "customer.deleted": _l("Customer deleted"),
    "membership.created": _l("Membership recorded"),
    "membership.updated": _l("Membership changed"),
    "membership.activated": _l("Membership activated"),
    "membership.trial_started": _l("Trial begun"),
    "membership.on_hold": _l("Membership put on hold"),
    "membership.cancel_scheduled": _l("Cancellation at the end of the period recorded"),
    "membership.cancelled": _l("Membership cancelled"),
    "membership.expired": _l("Membership expired"),
    "membership.renewed": _l("Membership renewed"),
    "membership.reactivated": _l("Membership taken up again"),
    "membership.plan_changed": _l("Plan changed"),
    "payment.created": _l("Payment asked for"),
    "payment.completed": _l("Payment completed"),
    "payment.failed": _l("A try to take the money failed"),
    "payment.refunded": _l("Money given back"),
    "renewal.created": _l("Renewal asked for"),
    "checkout.completed": _l("Sale completed"),
    "site.created": _l("Site made"),
    "site.published": _l("Site published"),
    "site.suspended": _l("Site suspended"),
    "site.reactivated": _l("Site shown again"),
    "site.renamed": _l("Site given another address"),
    "site.transferred": _l("Site given to another customer"),
    "site.deleted": _l("Site deleted"),
    "domain.created": _l("Domain added"),
    "domain.verified": _l("Domain verified"),
    "domain.primary_changed": _l("Main address changed"),
    "domain.removed": _l("Domain removed"),
    "email.verification_requested": _l("Confirmation of the e-mail address asked for"),
    "invoice.sent": _l("Invoice sent"),
}

ACTORS: dict[str, LazyString] = {
    "checkout": _l("checkout"),
    "clock": _l("schedule"),
    "command line": _l("command line"),
    "consumer": _l("without signing in"),
    "customer": _l("the customer"),
    "inbound": _l("a gateway's notice"),
    "operator": _l("an operator"),
    "provisioning": _l("provisioning"),
    "renewals": _l("renewals"),
    "system": _l("system"),
    "worker": _l("worker"),
}


def action(name: str) -> str:
    """What the staff did; as the log names it where it has no words."""
    return str(ACTIONS.get(name, name))


def actor(name: str, people: dict[int, str]) -> str:
    """Who did it. `people`: names of users by their ids."""
    who, _as, customer = name.partition(" as customer:")
    if customer:
        return _("%(name)s as the customer", name=actor(who, people))
    kind, _colon, rest = name.partition(":")
    if kind == "operator" and rest.isdigit():
        return people.get(int(rest)) or _("operator %(number)s", number=rest)
    if kind == "api-key" and rest:
        return _("API key %(number)s", number=rest)
    if kind == "gateway" and rest:
        return _("gateway %(name)s", name=words.of_gateway(rest))
    if kind == "provisioner" and rest:
        return _("a notice of %(name)s", name=rest)
    return str(ACTORS.get(kind if kind == "customer" else name, name))
