"""PayPal's subscriptions beside its orders: plans, the agreement of a buyer, and what is charged under it.

The buyer is played by `agree`, the passing of a period by `bill`. What PayPal forbids of a plan or of a state is
forbidden here. https://developer.paypal.com/docs/api/subscriptions/v1/
"""

from __future__ import annotations

from datetime import datetime

from tests.fakes import paypal_signing as signing
from tests.fakes.paypal import ROUTES, PayPalFake, Thing
from tests.fakes.paypal_checks import (
    COLLECTION,
    PLAN,
    PRODUCT,
    REASON,
    SUBSCRIPTION,
    Refused,
    check_money,
    written,
)
from tests.fakes.vendor import Call, Reply
from webapp import clock
from webapp.periods import Period, Unit

PLANS, AGREEMENTS = "/v1/billing/plans", "/v1/billing/subscriptions"
LONGEST = {"DAY": 365, "WEEK": 52, "MONTH": 12, "YEAR": 1}
OPEN = ("ACTIVE", "SUSPENDED")


class PayPalSubscriptionsFake(PayPalFake):
    routes = (
        *ROUTES,
        ("POST", "/v1/catalogs/products", PRODUCT, "make_product"),
        ("POST", PLANS, PLAN, "make_plan"),
        ("GET", PLANS, None, "list_plans"),
        ("GET", rf"{PLANS}/([\w-]+)", None, "show_plan"),
        ("POST", AGREEMENTS, SUBSCRIPTION, "make_subscription"),
        ("GET", rf"{AGREEMENTS}/([\w-]+)", None, "show_subscription"),
        ("POST", rf"{AGREEMENTS}/([\w-]+)/suspend", REASON, "suspend"),
        ("POST", rf"{AGREEMENTS}/([\w-]+)/activate", REASON, "activate"),
        ("POST", rf"{AGREEMENTS}/([\w-]+)/cancel", REASON, "cancel"),
        ("POST", rf"{AGREEMENTS}/([\w-]+)/capture", COLLECTION, "collect"),
        ("GET", rf"{AGREEMENTS}/([\w-]+)/transactions", None, "list_transactions"),
    )
    without_key = (*PayPalFake.without_key, "suspend", "activate", "cancel", "collect")

    def __init__(self) -> None:
        super().__init__()
        self.has_no_money = False  # what is owed cannot be collected
        self.lists_all = False  # plans, whatever product is asked for
        self._collected: dict[str, Thing] = {}

    @property
    def env(self) -> dict[str, str]:
        return {**super().env, "PAYPAL_SUBSCRIPTIONS": "1"}

    def reply(self, call: Call) -> Reply:
        """What was collected is a transaction, and no thing with an address."""
        answer = super().reply(call)
        if answer.status == 200 and isinstance(answer.body, dict) and "transaction" in answer.body:
            told = {key: value for key, value in answer.body.items() if key != "transaction"}
            return Reply(200, {**told, "id": answer.body["transaction"]})
        return answer

    # -- what is sold --------------------------------------------------------------------------------------------
    def make_product(self, told: Thing) -> Thing:
        name = told.get("id") or f"PROD-{next(self._numbers):06d}"
        if name in self.things:
            raise Refused("DUPLICATE_RESOURCE_IDENTIFIER", "/id")
        made = self.new("product", name)
        made |= {key: value for key, value in told.items() if key != "id"}
        return made

    def make_plan(self, told: Thing) -> Thing:
        self.find(told["product_id"], "product")
        cycles = sorted(told["billing_cycles"], key=lambda one: one["sequence"])
        kinds = [one["tenure_type"] for one in cycles]
        if [one["sequence"] for one in cycles] != list(range(1, len(cycles) + 1)):
            raise Refused("INVALID_BILLING_CYCLE_SEQUENCE", "/billing_cycles")
        if kinds != ["TRIAL"] * (len(cycles) - 1) + ["REGULAR"] or len(cycles) > 3:
            raise Refused("INVALID_TENURE_TYPE", "/billing_cycles")
        currencies = {self._check_cycle(one) for one in cycles} - {""}
        fee = told["payment_preferences"].get("setup_fee")
        if fee is not None:
            check_money(fee, "/payment_preferences/setup_fee/value", may_be_zero=True)
            currencies.add(fee["currency_code"])
        if len(currencies) > 1:
            raise Refused("CURRENCY_MISMATCH", "/billing_cycles")
        made = self.new("plan", f"P-{next(self._numbers):06d}")
        made |= {"status": "ACTIVE", **told}
        return made

    def _check_cycle(self, cycle: Thing) -> str:
        """The currency of its price; empty for a free one."""
        frequency, regular = cycle["frequency"], cycle["tenure_type"] == "REGULAR"
        if frequency.get("interval_count", 1) > LONGEST[frequency["interval_unit"]]:
            raise Refused("INVALID_FREQUENCY_INTERVAL_COUNT", "/billing_cycles/frequency/interval_count")
        if not regular and not cycle.get("total_cycles", 1):
            raise Refused("INVALID_TRIAL_TOTAL_CYCLES", "/billing_cycles/total_cycles")
        price = (cycle.get("pricing_scheme") or {}).get("fixed_price")
        if price is None:
            if regular:
                raise Refused("MISSING_PRICING_SCHEME", "/billing_cycles/pricing_scheme")
            return ""
        check_money(price, "/billing_cycles/pricing_scheme/fixed_price/value", may_be_zero=not regular)
        return str(price["currency_code"])

    def list_plans(self) -> Thing:
        """Without their cycles: those are asked for one by one."""
        query = self.calls[-1].query
        product = query.get("product_id", [""])[0]
        plans = [one for one in self.things.values() if one["_kind"] == "plan"]
        found = [one for one in plans if one["product_id"] == product or self.lists_all]
        return {"plans": [{name: one[name] for name in ("id", "product_id", "status", "name")} for one in found]}

    def show_plan(self, name: str) -> Thing:
        self.find(name, "plan")
        return self.shown(name)

    # -- the agreement -------------------------------------------------------------------------------------------
    def make_subscription(self, told: Thing) -> Thing:
        self.find(told["plan_id"], "plan")
        name = f"I-{next(self._numbers):012d}"
        made = self.new("subscription", name, status="APPROVAL_PENDING", plan_id=told["plan_id"], _sales=[], _done={})
        made |= {key: told[key] for key in ("custom_id", "subscriber") if key in told}
        made["create_time"] = signing.stamp(clock.now())
        made["links"] = [
            self.link(f"/webapps/billing/subscriptions?ba_token=BA-{name[2:]}", "approve"),
            self.link(f"{AGREEMENTS}/{name}", "self"),
        ]
        self.tell("BILLING.SUBSCRIPTION.CREATED", "subscription", made)
        return made

    def show_subscription(self, name: str) -> Thing:
        self.find(name, "subscription")
        return self.shown(name)

    def agree(self, name: str, payer: str = "") -> None:
        """The buyer agrees on PayPal's page, signed in there as `payer`; fee and first cycle are charged at once."""
        made = self._in_state(name, "APPROVAL_PENDING")
        made["subscriber"] = {**made.get("subscriber", {}), "payer_id": payer or f"PAYER{name[2:]}"}
        made["start_time"] = signing.stamp(clock.now())
        made |= {"_began": clock.now(), "_periods": []}
        self._info(made)
        made["links"] = made["links"][1:]
        self._move(made, "ACTIVE", "ACTIVATED")
        fee = self.things[made["plan_id"]]["payment_preferences"].get("setup_fee")
        if fee is not None and check_money(fee, may_be_zero=True):
            self.tell("PAYMENT.SALE.COMPLETED", "sale", self.things[self._new_sale(made, fee)])
        self.bill(name)

    def suspend(self, name: str, _told: Thing) -> None:
        self._move(self._in_state(name, "ACTIVE"), "SUSPENDED", "SUSPENDED")

    def activate(self, name: str, _told: Thing) -> None:
        self._move(self._in_state(name, "SUSPENDED"), "ACTIVE", "ACTIVATED")

    def cancel(self, name: str, _told: Thing) -> None:
        made = self._in_state(name, *OPEN)
        made["billing_info"].pop("next_billing_time", None)
        self._move(made, "CANCELLED", "CANCELLED")

    def _in_state(self, name: str, *states: str) -> Thing:
        made = self.find(name, "subscription")
        if made["status"] not in states:
            raise Refused("SUBSCRIPTION_STATUS_INVALID")
        return made

    def _move(self, made: Thing, status: str, word: str) -> None:
        made |= {"status": status, "status_update_time": signing.stamp(clock.now())}
        self.tell(f"BILLING.SUBSCRIPTION.{word}", "subscription", made)

    # -- what is charged -----------------------------------------------------------------------------------------
    def bill(self, name: str, *, ok: bool = True) -> str:
        """The next cycle is due; the sale's id, empty where none was made. One that failed stays due."""
        made = self._in_state(name, "ACTIVE")
        cycle = self._due(made)
        price = (cycle.get("pricing_scheme") or {}).get("fixed_price")
        costs = price is not None and check_money(price, may_be_zero=True) > 0
        if costs and not ok:
            self._fail(made, price)
            return ""
        made["_done"][cycle["sequence"]] = made["_done"].get(cycle["sequence"], 0) + 1
        made["_periods"].append(cycle["frequency"])
        sale = self._new_sale(made, price) if costs else ""
        self._info(made)
        if sale:
            self.tell("PAYMENT.SALE.COMPLETED", "sale", self.things[sale])
        if self._left(made) == []:
            self._move(made, "EXPIRED", "EXPIRED")
        return sale

    def collect(self, name: str, told: Thing) -> Thing:
        """What it failed to take is taken now."""
        made = self._in_state(name, *OPEN)
        owed = made["billing_info"]["outstanding_balance"]
        amount = told["amount"]
        if amount["currency_code"] != owed["currency_code"]:
            raise Refused("CURRENCY_MISMATCH", "/amount/currency_code")
        if check_money(amount, "/amount/value") > check_money(owed, may_be_zero=True):
            raise Refused("AMOUNT_GREATER_THAN_OUTSTANDING_BALANCE", "/amount/value")
        if self.has_no_money:
            raise Refused("SUBSCRIBER_FUNDING_SOURCE_DECLINED")
        key = self.calls[-1].headers["PayPal-Request-Id"]
        if key in self._collected:
            return self._collected[key]
        sale = self._new_sale(made, amount)
        cycle = self._due(made)
        made["_done"][cycle["sequence"]] = made["_done"].get(cycle["sequence"], 0) + 1
        made["_periods"].append(cycle["frequency"])
        self._info(made)
        self.tell("PAYMENT.SALE.COMPLETED", "sale", self.things[sale])
        shown = {"gross_amount": amount}
        answer = {"status": "COMPLETED", "amount_with_breakdown": shown, "time": signing.stamp(clock.now())}
        self._collected[key] = {**answer, "transaction": sale}
        return self._collected[key]

    def _fail(self, made: Thing, price: Thing) -> None:
        failed = made["billing_info"]["failed_payments_count"] + 1
        self._info(made, failed=failed, owed=price)
        self.tell("BILLING.SUBSCRIPTION.PAYMENT.FAILED", "subscription", made)
        threshold = self.things[made["plan_id"]]["payment_preferences"].get("payment_failure_threshold", 0)
        if threshold and failed >= threshold:
            self._move(made, "SUSPENDED", "SUSPENDED")

    def _cycles(self, made: Thing) -> list[Thing]:
        return sorted(self.things[made["plan_id"]]["billing_cycles"], key=lambda one: one["sequence"])

    def _left(self, made: Thing) -> list[Thing]:
        """The cycles of its plan that are not through, the next one first; 0 of them is no end."""
        shown = [(one, self._execution(made, one)) for one in self._cycles(made)]
        return [one for one, done in shown if not done["total_cycles"] or done["cycles_remaining"]]

    def _due(self, made: Thing) -> Thing:
        return self._left(made)[0]

    def _info(self, made: Thing, failed: int = 0, owed: Thing | None = None) -> None:
        """A failed cycle is owed once, however often it was tried."""
        regular = self._cycles(made)[-1]["pricing_scheme"]["fixed_price"]["currency_code"]
        info: Thing = {
            "outstanding_balance": owed or written(0, regular),
            "cycle_executions": [self._execution(made, one) for one in self._cycles(made)],
            "failed_payments_count": failed,
        }
        if made["_sales"]:
            last = self.things[made["_sales"][-1]]
            info["last_payment"] = {"amount": self._amount(last), "time": last["create_time"]}
        if self._left(made):
            info["next_billing_time"] = signing.stamp(self._next(made))
        made["billing_info"] = info

    def _execution(self, made: Thing, cycle: Thing) -> Thing:
        done, total = made["_done"].get(cycle["sequence"], 0), cycle.get("total_cycles", 1)
        return {
            "tenure_type": cycle["tenure_type"],
            "sequence": cycle["sequence"],
            "cycles_completed": done,
            "cycles_remaining": max(total - done, 0),
            "total_cycles": total,
        }

    def _next(self, made: Thing) -> datetime:
        at: datetime = made["_began"]
        for frequency in made["_periods"]:
            at = Period(frequency.get("interval_count", 1), Unit(frequency["interval_unit"].lower())).after(at, 1)
        return at

    def _new_sale(self, made: Thing, price: Thing) -> str:
        amount = {"total": price["value"], "currency": price["currency_code"]}
        at = signing.stamp(clock.now())
        sale = self.new("sale", state="completed", amount=amount, billing_agreement_id=made["id"], create_time=at)
        sale |= {"custom": made["custom_id"]} if "custom_id" in made else {}
        made["_sales"].append(sale["id"])
        return str(sale["id"])

    def list_transactions(self, name: str) -> Thing:
        made, query = self.find(name, "subscription"), self.calls[-1].query
        if not {"start_time", "end_time"} <= set(query):
            raise Refused("MISSING_REQUIRED_PARAMETER", status=400)
        since, until = query["start_time"][0], query["end_time"][0]
        sales = [self.things[one] for one in made["_sales"]]
        return {
            "transactions": [
                {
                    "id": one["id"],
                    "status": one["state"].upper(),
                    "amount_with_breakdown": {
                        "gross_amount": written(check_money(self._amount(one)), one["amount"]["currency"])
                    },
                    "time": one["create_time"],
                }
                for one in sales
                if since <= one["create_time"] <= until
            ]
        }
