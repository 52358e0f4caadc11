"""What a browser gets of the pretended Stripe: its script, a hosted page, and the calls that the script makes.

The script has the part of Stripe.js that ours uses: one Payment Element, a frame with a card in it, and a question of
the bank, in a dialog or on a page of its own.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from tests.fakes.stripe_checks import form
from tests.fakes.vendor import Call, Reply

if TYPE_CHECKING:
    from tests.fakes.stripe import StripeFake

OPEN_TO_ALL = {"Access-Control-Allow-Origin": "*"}


def reply(fake: StripeFake, call: Call) -> Reply | None:
    """None for what is no browser's."""
    if call.path == "/js/stripe.js":
        return Reply(200, SCRIPT.replace("HERE", fake.url).encode(), {"Content-Type": "text/javascript"})
    if call.path == "/elements":
        return Reply(200, FRAME.encode(), {"Content-Type": "text/html; charset=utf-8"})
    bank = re.fullmatch(r"/bank/(\w+)", call.path)
    if bank:
        return at_the_bank(fake, call, bank[1])
    page = re.fullmatch(r"/c/pay/(cs_\w+)", call.path)
    if page:
        return hosted(fake, call, page[1])
    step = re.fullmatch(r"/v1/(?:payment|setup)_intents/(\w+)/(confirm|authenticate)", call.path)
    return confirmed(fake, call, *step.groups()) if step else None


def confirmed(fake: StripeFake, call: Call, name: str, step: str) -> Reply:
    from tests.fakes.stripe import CardRefused

    told = form(call.body)
    intent = fake.things.get(name)
    if intent is None or told.get("client_secret") != intent["client_secret"] or told.get("key") != "pk_test_fake":
        return Reply(401, {"error": {"type": "invalid_request_error", "message": "no"}}, OPEN_TO_ALL)
    if intent["status"] in ("succeeded", "canceled", "processing"):
        error = {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}
        return Reply(400, {"error": error}, OPEN_TO_ALL)
    try:
        if step == "authenticate":
            fake.authenticate(name, ok=told["ok"] == "true")
        elif "payment_method" in told:
            method = told["payment_method"]
            fake.confirm(intent, fake.cards[method], method)
        else:
            fake.pay(name, told["number"].replace(" ", ""))
        if (intent.get("next_action") or {}).get("type") == "redirect_to_url":
            intent["next_action"]["redirect_to_url"] = {
                "url": f"{fake.url}/bank/{name}",
                "return_url": told["return_url"],
            }
    except CardRefused as refused:
        return Reply(402, {"error": refused.error(fake)}, OPEN_TO_ALL)
    return Reply(200, fake.shown(intent), OPEN_TO_ALL)


def at_the_bank(fake: StripeFake, call: Call, name: str) -> Reply:
    """The bank's own page; whatever is answered, it leads back to where the buyer was to return."""
    intent = fake.things[name]
    if call.method == "POST":
        back = intent["next_action"]["redirect_to_url"]["return_url"]
        told = parse_qs(call.body.decode())
        fake.authenticate(name, ok=told["ok"] == ["true"])
        told_back = f"{'&' if '?' in back else '?'}payment_intent={name}&redirect_status=failed"
        return Reply(303, None, {"Location": back + told_back})
    buttons = "<button name=ok value=true>Confirm</button><button name=ok value=false>Refuse</button>"
    page = f"<!doctype html><html lang=en><title>Bank</title><h1>Your bank asks</h1><form method=post>{buttons}</form>"
    return Reply(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


def hosted(fake: StripeFake, call: Call, name: str) -> Reply:
    from tests.fakes.stripe import CardRefused

    session, problem = fake.things[name], ""
    if call.method == "POST":
        told = {key: values[0] for key, values in parse_qs(call.body.decode()).items()}
        try:
            fake.pay_page(name, told["number"].replace(" ", ""))
        except CardRefused:
            problem = "Your card was declined."
        else:
            return Reply(303, None, {"Location": session["success_url"].replace("{CHECKOUT_SESSION_ID}", name)})
    back = html.escape(session["cancel_url"])
    page = (
        f"<!doctype html><html lang=en><title>Checkout</title><h1>Pay at Stripe</h1><p role=alert>{problem}</p>"
        "<form method=post><label>Card number <input name=number></label><button>Pay</button></form>"
        f"<a href='{back}'>Back</a></html>"
    )
    return Reply(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})


FRAME = """<!doctype html><html lang=en><title>Card</title><body>
<p><label>Card number <input name=number inputmode=numeric autocomplete=cc-number></label></p>
<p><label>Expiry date <input name=expiry inputmode=numeric autocomplete=cc-exp></label></p>
<p><label>Security code <input name=code inputmode=numeric autocomplete=cc-csc></label></p>
<script>
document.addEventListener("input", () => parent.postMessage(
  Object.fromEntries([...document.querySelectorAll("input")].map((one) => [one.name, one.value])), "*"));
</script></html>"""
SCRIPT = """
"use strict";
window.Stripe = (key) => {
  let typed = {};
  window.addEventListener("message", (event) => { if (event.origin === "HERE") typed = event.data; });
  const ask = async (kind, secret, step, values) => {
    const id = secret.split("_secret_")[0];
    const body = new URLSearchParams({ key, client_secret: secret, ...values });
    const answer = await fetch(`HERE/v1/${kind}_intents/${id}/${step}`, { method: "POST", body });
    return answer.json();
  };
  const question = () => new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Bank");
    for (const [text, ok] of [["Confirm", true], ["Refuse", false]]) {
      const button = document.createElement("button");
      button.textContent = text;
      button.onclick = () => { dialog.remove(); resolve(ok); };
      dialog.append(button);
    }
    dialog.oncancel = () => { dialog.remove(); resolve(false); };
    document.body.append(dialog);
    dialog.showModal();
  });
  const confirm = (kind) => async ({ elements, clientSecret, confirmParams }) => {
    if (!confirmParams.return_url) throw new Error("return_url is missing");
    const values = elements ? { number: typed.number } : { payment_method: confirmParams.payment_method };
    values.return_url = confirmParams.return_url;
    let intent = await ask(kind, clientSecret, "confirm", values);
    if (intent.next_action?.type === "redirect_to_url") {
      window.location.assign(intent.next_action.redirect_to_url.url);
      return new Promise(() => {});
    }
    if (intent.status === "requires_action")
      intent = await ask(kind, clientSecret, "authenticate", { ok: String(await question()) });
    if (intent.error) return { error: intent.error };
    if (intent.last_payment_error) return { error: intent.last_payment_error };
    return { [`${kind}Intent`]: intent };
  };
  return {
    elements: (options) => {
      if (!["payment", "setup"].includes(options.mode)) throw new Error("mode");
      if (options.mode === "payment" && !(options.amount > 0)) throw new Error("amount");
      const heard = {};
      return {
        create: () => ({
          on: (name, callback) => { heard[name] = callback; },
          mount: (place) => {
            const frame = document.createElement("iframe");
            frame.title = "Secure payment input frame";
            frame.style = "display: block; border: 0; inline-size: 100%; block-size: 14rem";
            frame.src = `HERE/elements?locale=${options.locale}`;
            frame.onload = () => heard.ready && heard.ready();
            place.append(frame);
          },
        }),
        submit: async () => (typed.number ? {} : { error: { type: "validation_error", message: "Incomplete." } }),
      };
    },
    confirmPayment: confirm("payment"),
    confirmSetup: confirm("setup"),
  };
};
"""
