"""Every hook of ours, declared once with its meaning, and the functions to listen and fire.

    from webapp.hooks import add_action

    @add_action("wu_customer_post_create", background=True)
    def sync_customer_to_crm(customer): ...

When each fires, and in which order, is the states chapter of docs/hooks.md; how it works is `hook_registry.py`.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from webapp.event_types import EVENT_TYPES, slug_of
from webapp.hook_registry import Callback, Hook, Registry, Reject, UnknownHook, begin_scope
from webapp.models.membership import MembershipStatus
from webapp.models.payment import PaymentStatus
from webapp.outgoing import PermanentFailure, TryLater, idempotency_key

__all__ = [
    "Callback",
    "Hook",
    "PermanentFailure",
    "Registry",
    "Reject",
    "TryLater",
    "UnknownHook",
    "add_action",
    "add_filter",
    "apply_filters",
    "begin_scope",
    "current_hook",
    "declare_action",
    "declare_filter",
    "did_action",
    "do_action",
    "doing_action",
    "has_action",
    "has_filter",
    "idempotency_key",
    "registry",
    "remove_action",
    "remove_all_actions",
    "remove_all_filters",
    "remove_filter",
]

registry = Registry()
add_action = registry.add_action
add_filter = registry.add_filter
apply_filters = registry.apply_filters
current_hook = registry.current_hook
declare_action = registry.declare_action
declare_filter = registry.declare_filter
did_action = registry.did_action
do_action = registry.do_action
doing_action = registry.doing_action
has_action = registry.has_action
has_filter = registry.has_filter
remove_action = registry.remove_action
remove_filter = registry.remove_filter
remove_all_actions = registry.remove_all_actions
remove_all_filters = registry.remove_all_filters

# -- customers ---------------------------------------------------------------------------------------------------
declare_action("wu_customer_post_create", args=("customer",), when=_l("A customer was recorded."))
declare_action("wu_customer_post_update", args=("customer",), when=_l("A customer's name, e-mail or address changed."))
declare_action("wu_customer_email_verified", args=("customer",), when=_l("A customer confirmed the e-mail address."))

# -- checkout ----------------------------------------------------------------------------------------------------
declare_action(
    "wu_checkout_before_processing",
    args=("cart",),
    when=_l("An order is about to be placed and nothing is written yet. Raise Reject to refuse it."),
    vetoable=True,
    storable=False,
)
declare_action(
    "wu_checkout_completed",
    args=("payment", "customer", "membership"),
    when=_l("A sale is settled: its first payment is completed, or nothing was due. Once per sale."),
)

# -- payments ----------------------------------------------------------------------------------------------------
declare_action("wu_payment_post_create", args=("payment",), when=_l("A payment was recorded."))
declare_action("wu_payment_completed", args=("payment",), when=_l("A payment's money has arrived."))
declare_action("wu_payment_failed", args=("payment", "error_message"), when=_l("A try to take the money failed."))
declare_action("wu_payment_refunded", args=("payment", "refund"), when=_l("Money was given back."))
for _status in PaymentStatus:
    declare_action(
        f"wu_payment_status_to_{_status}",
        args=("payment", "old_status"),
        when=_l("A payment became %(status)s.", status=_status),
    )

# -- memberships -------------------------------------------------------------------------------------------------
declare_action("wu_membership_post_create", args=("membership",), when=_l("A membership was recorded."))
declare_action(
    "wu_membership_pre_renew", args=("membership",), when=_l("A renewal is about to be applied."), at_once=True
)
declare_action("wu_membership_post_renew", args=("membership",), when=_l("A membership was renewed."))
declare_action(
    "wu_membership_pre_cancel",
    args=("membership",),
    when=_l("A membership is about to be cancelled, now or at its period's end. Raise Reject to refuse it."),
    vetoable=True,
)
declare_action("wu_membership_post_cancel", args=("membership",), when=_l("A cancellation was recorded."))
declare_action(
    "wu_membership_plan_changed", args=("membership", "old_plan"), when=_l("A change of plan has taken effect.")
)
declare_action(
    "wu_membership_renewal_credential_missing",
    args=("membership",),
    when=_l("A renewal is due and there is no stored way to pay that can be charged."),
)
for _state in MembershipStatus:
    declare_action(
        f"wu_membership_status_to_{_state}",
        args=("membership", "old_status"),
        when=_l("A membership became %(status)s.", status=_state),
    )

# -- sites and domains -------------------------------------------------------------------------------------------
declare_action("wu_site_created", args=("site", "membership"), when=_l("A site's content was made."))
declare_action("wu_site_published", args=("site", "membership"), when=_l("A site answers on its address."))
declare_action("wu_site_renamed", args=("site", "old_slug"), when=_l("A site answers on another address than before."))
declare_action(
    "wu_site_transferred",
    args=("site", "old_customer", "old_membership"),
    when=_l("A site belongs to another customer, and to a membership of theirs."),
)
declare_action("wu_domain_created", args=("domain",), when=_l("A customer added a domain of their own."))
declare_action("wu_domain_mapped", args=("domain",), when=_l("A domain points here and is served."))
declare_action("wu_domain_became_primary", args=("domain",), when=_l("A domain became its site's main address."))
declare_action("wu_domain_removed", args=("name", "site"), when=_l("A domain was taken from its site."))
declare_action("wu_domain_ssl_verified", args=("domain",), when=_l("A domain answers over https."))

# -- events ------------------------------------------------------------------------------------------------------
declare_action("wu_event", args=("type", "payload"), when=_l("Any event was recorded."))
for _type in EVENT_TYPES:
    declare_action(
        f"wu_event_{slug_of(_type)}", args=("payload",), when=_l("The event %(type)s was recorded.", type=_type)
    )

# -- filters -----------------------------------------------------------------------------------------------------
declare_filter("wu_payment_gateways", args=("gateways",), when=_l("Ways to be paid: a dict of id to gateway class."))
declare_filter(
    "wu_site_provisioners", args=("provisioners",), when=_l("Who makes sites: a dict of id to provisioner class.")
)
declare_filter("wu_available_gateways", args=("gateways", "cart"), when=_l("The gateways a cart may be paid with."))
declare_filter("wu_cart_line_items", args=("line_items", "cart"), when=_l("The lines of a cart, before totals."))
declare_filter("wu_cart_total", args=("total", "cart"), when=_l("A cart's total; a change becomes a line of its own."))
declare_filter(
    "wu_tax_rate",
    args=("rate", "country", "state", "city", "product"),
    when=_l("The tax rate of a line, in percent."),
)
declare_filter(
    "wu_checkout_form_final_fields", args=("fields", "form"), when=_l("The fields of a checkout form, step by step.")
)
declare_filter(
    "wu_email_content", args=("content", "slug", "customer"), when=_l("The text of a mail before it is sent.")
)
declare_filter(
    "wu_membership_has_renewal_credential",
    args=("answer", "membership"),
    when=_l("Whether a membership can be charged by itself: True, False, or None to let us decide."),
)
declare_filter(
    "wu_membership_grace_period_days", args=("days", "membership"), when=_l("Days between expiration and expiry.")
)
declare_filter(
    "wu_renewal_days_before_expiring",
    args=("days", "membership"),
    when=_l("Days before expiration a renewal is announced."),
)
declare_filter(
    "wu_limitation_allowed",
    args=("allowed", "limitation", "site", "membership"),
    when=_l("Whether a limit allows more."),
)
declare_filter(
    "wu_webhook_payload", args=("payload", "event", "endpoint"), when=_l("What a subscriber's endpoint is sent.")
)
