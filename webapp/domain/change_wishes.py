"""Which lines a change of terms would add to a membership, which it would leave, and which it would take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from webapp.domain import cart_products, catalog, pending_changes, renewal_carts
from webapp.domain.cart_lines import CartLine
from webapp.domain.carts import Cart, CartRequest, Wanted
from webapp.errors import Invalid
from webapp.models import LineType, Membership, MembershipItem, Product, ProductType
from webapp.models.membership import SERVED
from webapp.money import Money
from webapp.periods import Period


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What somebody would rather have: a plan and extras, by slug or id; without a plan, extras to what there is.

    Extras that are not in `removed` stay. Without a period it is the one that there is, or the new plan's own.
    `held`: of what stays and is charged again, by slug: how many then, and at what price where its buyer names that.
    """

    products: Sequence[str | Wanted] = ()
    period: Period | None = None
    discount_code: str = ""
    removed: Sequence[str] = ()
    held: Sequence[Wanted] = ()
    at_once: bool | None = None  # false: at the end of what is paid; none: as the network has it
    by_staff: bool = False  # may leave the group of plans that are each other's alternatives, and give what is off sale


class Wish:
    """The request against what there is: which lines are new (`cart`), which stay (`kept`), what is given up (`lost`).

    What stays keeps its price, unless the period is another one or its buyer names another price (`is_repriced`).
    `more`: the new lines that are more of what stays, which is in `kept` with all there is then. `fees`: those of
    products that stay, which wait for the end of a trial.
    """

    def __init__(self, membership: Membership, request: ChangeRequest) -> None:
        self.membership, self.request = membership, request
        named = CartRequest(request.products).wanted
        found = catalog.find_many([one.product for one in named])
        plans = [found[one.product] for one in named if one.product in found and _is_plan(found[one.product])]
        self.old_plan = membership.plan
        self.plan = plans[0] if plans else membership.plan
        self.new_plan = self.plan is not self.old_plan
        self.cart = Cart(membership.currency, plan=None if plans else self.plan, period=self._period())
        self.cart.request = CartRequest(customer=membership.customer)
        self.new_period = bool(membership.recurring and not self._same(self.cart.period))
        self._split_items()
        for one in named:
            self._add(one, found.get(one.product))
        self.fees = self._waiting_fees()
        self.cart.plan = self.plan
        self._check()

    def _period(self) -> Period:
        """As asked; else the one there is, if the plan is sold for it; else the plan's own."""
        mine, plan = self.membership.period, self.plan
        if self.request.period is not None and plan.recurring and not plan.is_free:
            return self.request.period
        stays = self.membership.recurring and plan.price_for(mine, self.membership.currency) is not None
        return mine if not self.new_plan or stays else plan.period

    def _same(self, period: Period | None) -> bool:
        return period is not None and self.membership.period.same_length(period)

    @property
    def lines(self) -> list[CartLine]:
        """What there would be then."""
        return self.kept + [line for line in self.cart.line_items if not any(line is one for one in self.more)]

    def _split_items(self) -> None:
        self.kept: list[CartLine] = []
        self.more: list[CartLine] = []
        self.lost: list[CartLine] = []
        self.added = self.is_repriced = False
        asked = {one.product: one for one in self.request.held}
        for item in self.membership.items:
            slug, plan = item.product.slug, item.product_id == self.old_plan.id
            if item.type != LineType.PRODUCT or (plan and self.new_plan):
                continue
            if not plan and (slug in self.request.removed or str(item.product_id) in self.request.removed):
                self.lost.append(renewal_carts.line_of(self.membership, item))
            else:
                self._keep(item, (asked.get(slug) if item.recurring else None) or Wanted(slug, item.quantity))

    def _waiting_fees(self) -> list[CartLine]:
        stay = {line.product_id for line in self.lines if line.type == LineType.PRODUCT}
        found = [one for one in pending_changes.fees(self.membership) if one.product_id in stay]
        return [renewal_carts.line_of(self.membership, one) for one in found]

    def _keep(self, item: MembershipItem, wanted: Wanted) -> None:
        line = renewal_carts.line_of(self.membership, item)
        if wanted.quantity < item.quantity:
            self.lost.append(replace(line, quantity=item.quantity - wanted.quantity))
        named = item.product.is_pay_what_you_want and wanted.amount not in (None, item.unit_price_minor)
        self.is_repriced = self.is_repriced or named
        if named or (self.new_period and item.recurring):
            self._reprice(item, wanted)
        elif wanted.quantity == item.quantity:
            self.kept.append(line)
        else:
            self._recount(item.product, line, wanted)

    def _recount(self, product: Product, line: CartLine, wanted: Wanted) -> None:
        """Each at the price that it has; what is more has its set-up fee, as in an order."""
        try:
            quantity = cart_products.quantity_of(wanted, product)
        except Invalid as problem:
            self.cart.refuse(problem.code, problem.message, problem.field or "products", product.slug)
            return
        self.kept.append(replace(line, quantity=quantity))
        if quantity > line.quantity:
            self.more.append(replace(line, quantity=quantity - line.quantity))
            self.cart.line_items.append(self.more[-1])
            self.cart.line_items += self._of_kind(
                replace(wanted, quantity=quantity - line.quantity), product, LineType.FEE
            )

    def _reprice(self, item: MembershipItem, wanted: Wanted) -> None:
        wanted = Wanted(item.product.slug, wanted.quantity, wanted.amount, item.recurring)
        if not item.product.is_pay_what_you_want:
            wanted = replace(wanted, amount=None)
        elif wanted.amount is None:
            wanted = replace(wanted, amount=item.unit_price_minor)
        self.cart.line_items += self._of_kind(wanted, item.product, LineType.PRODUCT)
        self.cart.products.append(item.product)

    def _add(self, wanted: Wanted, product: Product | None) -> None:
        held = {item.product_id for item in self.membership.items} | {self.old_plan.id}
        if product is not None and product.id in held and product.slug not in self.request.removed:
            if product is self.old_plan and not any(line.product_id == product.id for line in self._all()):
                self.cart.line_items += self._of_kind(wanted, product, LineType.PRODUCT)
            return  # it is there already
        admitted = cart_products.admit(self.cart, product, off_sale=self.request.by_staff)
        if admitted is None:
            return
        self.added = self.added or not _is_plan(admitted)
        self.cart.line_items += self._new_lines(wanted, admitted)

    def _all(self) -> list[CartLine]:
        return self.kept + self.cart.line_items

    def _of_kind(self, wanted: Wanted, product: Product, kind: LineType) -> list[CartLine]:
        return [line for line in self._new_lines(wanted, product) if line.type == kind]

    def _new_lines(self, wanted: Wanted, product: Product) -> list[CartLine]:
        """At today's prices; no sign-up credit. Of a plan's set-up fee only what is more than was paid before."""
        scratch = Cart(self.cart.currency, plan=self.plan, period=self.cart.period, request=self.cart.request)
        cart_products.add(scratch, wanted, product)
        self.cart.errors += scratch.errors
        lines = [line for line in scratch.line_items if line.type != LineType.CREDIT]
        if _is_plan(product):
            waits = any(one.product_id == self.old_plan.id for one in pending_changes.fees(self.membership))
            paid = (
                self._zero if waits else max(self.old_plan.setup_fee_in(self.cart.currency) or self._zero, self._zero)
            )
            for line in lines:
                if line.type == LineType.FEE:
                    line.unit_price = max(line.unit_price - paid, self._zero)
        return [line for line in lines if line.type != LineType.FEE or line.unit_price]

    @property
    def _zero(self) -> Money:
        return Money(0, self.cart.currency)

    @property
    def is_other(self) -> bool:
        """Whether anything but plan and period is another."""
        return bool(self.added or self.lost or self.more or self.is_repriced)

    def _check(self) -> None:
        cart, group = self.cart, self.old_plan.product_group
        if self.membership.status not in SERVED:
            cart.refuse("not-changeable", _("This contract has ended. Take it up again first."), "products")
        elif self.membership.cancel_at is not None:
            cart.refuse("not-changeable", _("This contract is cancelled. Undo the cancellation first."), "products")
        elif self.new_plan and not self.request.by_staff and self.plan.product_group != group:
            cart.refuse("missing-product", _("Your contract cannot be changed to this plan."), "products")
        elif not (self.new_plan or self.new_period or self.is_other) and not cart.errors:
            cart.refuse("no_changes", _("This is what you have already."), "products")
        cart.products = list(dict.fromkeys([*cart.products, *(item.product for item in self.membership.items)]))
        cart_products.check_together(cart)


def _is_plan(product: Product) -> bool:
    return product.type == ProductType.PLAN
