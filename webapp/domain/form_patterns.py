"""The forms that a new one may begin as; the first of them is the network's own until it is changed."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import lazy_gettext as _l

from webapp.domain.form_definitions import Definition, Spec, Step


def one(kind: str, **more: object) -> Spec:
    return Spec(kind, kind, **more)  # type: ignore[arg-type]  # a spec's own names


def section(name: str) -> Spec:
    return Spec(f"{name}_section", "section", options={"about": name})


def button(step: str, *, back: bool = True) -> Spec:
    return Spec(f"{step}_button", "submit_button", options={"back": back})


def what() -> tuple[Spec, ...]:
    return (section("plan"), *map(one, ("pricing_table", "period_selection", "order_bump", "discount_code")))


def who() -> tuple[Spec, ...]:
    return (section("details"), *map(one, ("customer_type", "email", "password", "billing_address")))


def site() -> tuple[Spec, ...]:
    return (section("site"), *map(one, ("site_title", "site_url", "template_selection")))


def end(step: str, *, back: bool = True) -> tuple[Spec, ...]:
    """Nothing may stand between the summary and the button (§ 312j BGB)."""
    payment = (section("payment"), one("payment"), section("consent"), one("terms_of_use"))
    return (*payment, one("order_summary"), button(step, back=back))


def single() -> Definition:
    return Definition("Registration", (Step("order", fields=(*what(), *who(), *site(), *end("order", back=False))),))


def several() -> Definition:
    steps = (
        Step("plan", {"en": "Plan", "de": "Tarif"}, fields=(*what(), button("plan", back=False))),
        Step("site", {"en": "Site", "de": "Website"}, fields=(*site(), button("site"))),
        Step("details", {"en": "Details and payment", "de": "Angaben und Zahlung"}, fields=(*who(), *end("details"))),
    )
    return Definition("Registration in steps", steps)


def short() -> Definition:
    """As little as can be asked; the site's name and address are made of the customer's."""
    asked = (section("plan"), one("pricing_table"), *who(), *end("order", back=False))
    return Definition("Short registration", (Step("order", fields=asked),))


def blank() -> Definition:
    return Definition("Form", (Step("order"),))


PATTERNS: dict[str, tuple[object, Callable[[], Definition]]] = {
    "single-step": (_l("On one page"), single),
    "multi-step": (_l("In three steps"), several),
    "simple": (_l("As short as can be"), short),
    "blank": (_l("Empty"), blank),
}
