"""What settings must be to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _

from webapp import standard_webhooks
from webapp.domain import colours, invoice_numbers, network, tax_ids
from webapp.domain.colours import DARK, LIGHT, Scheme
from webapp.domain.network import Network
from webapp.errors import Invalid

Values = Mapping[str, Any]


def completed(values: Values, before: Network) -> dict[str, Any]:
    """With what follows from it: a colour for dark pages is made from the other one, unless it was chosen as well."""
    given = dict(values)
    if "accent" in given:
        made = colours.nearest(given["accent"], DARK) if given["accent"] else ""
        chosen = given.get("accent_dark", "")
        was_made_before = given["accent"] != before.accent and chosen == before.accent_dark
        given["accent_dark"] = made if not given["accent"] or was_made_before else chosen or made
    return given


def problems(values: Values) -> Iterator[Invalid]:
    """What is wrong with the settings of a section as they would be, each with the field that it is said beside."""
    if values.get("allowed_countries") and values["default_country"] not in values["allowed_countries"]:
        yield Invalid(_("You do not sell to this country. Choose one that you sell to."), field="default_country")
    if "company_tax_id" in values and not tax_ids.fits(values["company_tax_id"], _seller(values)):
        yield Invalid(_("This VAT ID does not fit the country. Correct it or leave it empty."), field="company_tax_id")
    if bool(values.get("ga4_measurement_id")) != bool(values.get("ga4_api_secret")):
        missing = "ga4_api_secret" if values["ga4_measurement_id"] else "ga4_measurement_id"
        yield Invalid(_("Measurement ID and API secret go together: enter both, or neither."), field=missing)
    yield from hosting_problems(values)
    yield from transfer_problems(values)
    yield from invoice_problems(values)
    for name, scheme in (("accent", LIGHT), ("accent_dark", DARK)):
        if values.get(name) and not colours.is_readable(values[name], scheme):
            yield Invalid(unreadable(values[name], scheme), field=name)


def hosting_problems(values: Values) -> Iterator[Invalid]:
    """What makes sites by webhook needs both of these, and a secret as the specification has them."""
    if values.get("provisioner") == "webhook":
        told = _("Sites can only be made there with both, the address and the secret.")
        yield from (Invalid(told, field=one) for one in ("provisioner_url", "provisioner_secret") if not values[one])
    typed = values.get("provisioner_secret", "")
    if typed and typed != network.settings().provisioner_secret and not is_signing_secret(typed):
        told = _("Begins with whsec_, and goes on with the base64 of 24 to 64 random bytes. Copy it again.")
        yield Invalid(told, field="provisioner_secret")


def transfer_problems(values: Values) -> Iterator[Invalid]:
    """An account has an owner, and nobody is reminded of an order that was given up."""
    if values.get("manual_iban") and not values.get("manual_account_holder"):
        yield Invalid(_("Say in whose name the account is. Banks compare it."), field="manual_account_holder")
    last, given_up = max(values.get("manual_remind_after") or [0]), values.get("manual_void_days")
    if given_up is not None and last >= given_up:
        told = _("The last reminder goes out on day %(day)d. Give orders up later than that.", day=last)
        yield Invalid(told, field="manual_void_days")


def is_signing_secret(text: str) -> bool:
    try:
        return bool(standard_webhooks.keys_of(text))
    except ValueError:
        return False


def invoice_problems(values: Values) -> Iterator[Invalid]:
    if "invoice_pattern" in values and invoice_numbers.fault_of(values["invoice_pattern"]):
        yield Invalid(invoice_numbers.fault_of(values["invoice_pattern"]), field="invoice_pattern")
    wanted = values.get("invoice_first_number", 1)
    if wanted != network.settings().invoice_first_number and 1 < wanted < invoice_numbers.upcoming():
        told = _("Numbers below %(next)d are used already. No number is given twice.", next=invoice_numbers.upcoming())
        yield Invalid(told, field="invoice_first_number")


def unreadable(colour: str, scheme: Scheme) -> str:
    ratio, near = colours.weakest(colour, scheme), colours.nearest(colour, scheme)
    fault = _("Links and buttons in this colour would be hard to read on light pages.")
    if scheme is DARK:
        fault = _("Links and buttons in this colour would be hard to read on dark pages.")
    numbers = _("Their contrast is %(ratio)s : 1, and 4.5 : 1 is needed.", ratio=f"{int(ratio * 10) / 10:.1f}")
    return f"{fault} {numbers} " + _("The nearest that can be read is %(colour)s.", colour=near)


def _seller(values: Values) -> str:
    """Where the seller is taxed, by the settings as they would be."""
    return str(values["company_country"] or network.settings().default_country)
