"""What an order form's definition comes to for who looks: its steps, their panels, and what it sells to whom."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from webapp.blueprints.checkout import named_prices
from webapp.domain import form_problems, site_templates
from webapp.domain.checkout_forms import Form
from webapp.domain.field_types import TYPES
from webapp.domain.field_types.base import listed
from webapp.domain.form_definitions import Definition, Spec, Step, Width
from webapp.hooks import apply_filters
from webapp.periods import Period

log = logging.getLogger(__name__)

FINAL_FIELDS = "wu_checkout_form_final_fields"
# Which of the form's controls count whatever it asks.
ALWAYS = frozenset(("csrf_token", "order_token", "quoted", "without_trial", "products", "currency"))


@dataclass(frozen=True)
class Panel:
    """A section of the page with what belongs to it. Without a heading, its fields stand on the page itself."""

    id: str
    about: str = ""
    heading: Spec | None = None
    fields: list[Spec] = field(default_factory=list)

    @property
    def rows(self) -> list[list[Spec]]:
        """Its fields, with two halves in a row together: they stand side by side where there is room."""
        rows: list[list[Spec]] = []
        for one in self.fields:
            beside = rows[-1] if rows and len(rows[-1]) == 1 and rows[-1][0].width == one.width == Width.HALF else None
            if beside is None:
                rows.append([one])
            else:
                beside.append(one)
        return rows


@dataclass(frozen=True)
class Shape:
    """`at`: which of the steps is shown. `plan` and `template`: those that the address says."""

    slug: str
    definition: Definition = field(repr=False)
    steps: tuple[Step, ...]
    at: int = 0
    plan: str | None = None
    template: str = ""

    @property
    def step(self) -> Step:
        return self.steps[self.at]

    @property
    def is_last(self) -> bool:
        return self.at == len(self.steps) - 1

    @property
    def is_one_page(self) -> bool:
        return len(self.steps) == 1

    @cached_property
    def fields(self) -> dict[str, Spec]:
        """By id, all that this reader is shown on any step."""
        return {one.id: one for step in self.steps for one in step.fields}

    @cached_property
    def kinds(self) -> dict[str, Spec]:
        """By type; what sells is there once."""
        return {one.type: one for one in self.fields.values()}

    @cached_property
    def here(self) -> dict[str, Spec]:
        """By type, on this step."""
        return {one.type: one for one in self.step.fields}

    @cached_property
    def asked(self) -> frozenset[str]:
        return ALWAYS.union(*(controls_of(one) for one in self.fields.values()))

    @property
    def controls(self) -> list[str]:
        """In their order on the page, step by step."""
        return [name for one in self.fields.values() for name in controls_of(one)]

    def at_step(self, step: str | None) -> Shape:
        at = next((at for at, one in enumerate(self.steps) if one.id == step), 0)
        return replace(self, at=at)

    def names_at(self, at: int) -> frozenset[str]:
        """The controls of a step; what belongs to no control is said on the last."""
        return frozenset(name for one in self.steps[at].fields for name in controls_of(one))

    def place_of(self, name: str) -> int:
        """On which step a control is."""
        if name.startswith((named_prices.AMOUNT, named_prices.AGAIN)):
            name = "products"
        if name == "account_password":
            name = "email_address"
        return next((at for at in range(len(self.steps)) if name in self.names_at(at)), len(self.steps) - 1)

    @property
    def panels(self) -> list[Panel]:
        """The step's fields but for those that end it: they have a panel of their own."""
        panels = [Panel("")]
        for spec in self.step.fields:
            if spec.type == "section":
                about = str(spec.options.get("about", ""))
                panels.append(Panel(f"{about or spec.id}-section", about, spec))
            elif spec.type not in ("order_summary", "submit_button"):
                panels[-1].fields.append(spec)
        return [one for one in panels if one.fields or one.heading is not None]

    @property
    def sections(self) -> frozenset[str]:
        """The ids that the summary's links may lead to."""
        return frozenset(one.id for one in self.panels)

    @property
    def button(self) -> Spec | None:
        return self.here.get("submit_button")

    def plans(self, plans: Iterable[Any]) -> list[Any]:
        """Of those on sale, the ones that this form sells."""
        return [one for one in plans if self.sells(one.slug)]

    def sells(self, slug: str) -> bool:
        """Whether this plan is one that the form offers at all; what is on sale the cart knows."""
        fixed, table = self.kinds.get("products"), self.kinds.get("pricing_table")
        named = listed(fixed, "products")[:1] if fixed is not None else listed(table, "plans") if table else []
        return not named or slug in named

    def countries(self, served: list[str]) -> list[str]:
        """Where the buyer may live, of those that the network sells to (none: to all)."""
        own = list(self.definition.countries)
        return [one for one in own if not served or one in served] if own else served

    def templates(self, offered: Iterable[Any]) -> list[Any]:
        """Those that are named, and those of the categories that are; all where none is."""
        spec, all_of_them = self.kinds.get("template_selection"), list(offered)
        named = set(listed(spec, "templates")) if spec is not None else set()
        if spec is not None and (categories := listed(spec, "categories")):
            named |= {one.slug for one in site_templates.offered().values() if one.category_key in categories}
        return [one for one in all_of_them if not named or one.slug in named] or all_of_them

    @property
    def periods_named(self) -> list[str]:
        """For which the form sells; none: for all."""
        return listed(self.kinds["period_selection"], "periods") if "period_selection" in self.kinds else []

    def periods_of(self, sold: Iterable[Period]) -> list[Period]:
        """Of those that a plan is sold for, the ones that the form offers; none where there are none of them."""
        named = [Period.parse(one) for one in self.periods_named]
        return [one for one in sold if not named or any(one.same_length(other) for other in named)]

    def periods(self, choices: Sequence[Any]) -> list[Any]:
        """Of the ways to pay for a plan, the ones that the form offers."""
        kept = [str(one) for one in self.periods_of(Period.parse(choice.value) for choice in choices)]
        return [one for one in choices if one.value in kept] or list(choices)

    def sold_beside(self, slugs: Iterable[str]) -> set[str]:
        """Which of these products may be ordered beside the plan."""
        fixed, bump = self.kinds.get("products"), self.kinds.get("order_bump")
        named = listed(bump, "products") if bump is not None else []
        known = {one for one in slugs if bump is not None and (not named or one in named)}
        return known | (set(listed(fixed, "products")) if fixed is not None else set())

    def addons(self, offered: Iterable[Any]) -> list[Any]:
        bump = self.kinds.get("order_bump")
        named = listed(bump, "products") if bump is not None else []
        return [one for one in offered if bump is not None and (not named or one.slug in named)]


def controls_of(spec: Spec) -> tuple[str, ...]:
    return TYPES[spec.type].controls_of(spec)


def shape_of(
    form: Form, *, is_member: bool, step: str | None = None, plan: str | None = None, template: str = ""
) -> Shape:
    """For this reader, as the filter `wu_checkout_form_final_fields` leaves it."""
    steps = []
    for one in form_problems.steps_for(form.definition, is_member):
        kept = apply_filters(FINAL_FIELDS, list(one.fields), form)
        if not isinstance(kept, Iterable) or isinstance(kept, str):  # a callback forgot to return them
            log.error("checkout.no_fields", extra={"filter": FINAL_FIELDS})
            kept = one.fields
        fields = tuple(spec for spec in kept if isinstance(spec, Spec) and spec.type in TYPES)
        steps.append(replace(one, fields=fields))
    made = Shape(form.slug, form.definition, tuple(steps) or (Step("order"),), plan=plan, template=template)
    return made.at_step(step)
