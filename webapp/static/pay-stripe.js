// Paying on our page with Stripe's Payment Element. Nothing is made at Stripe before the button is pressed: then our
// server makes an intent, this confirms it with what was typed, and our server asks Stripe what came of it.
"use strict";

(() => {
  const PATIENCE = 10000; // milliseconds until fields that do not load are given up, script and all
  const form = document.getElementById("card-form");
  if (!form) return;
  const data = JSON.parse(form.dataset.element);
  const place = document.getElementById("card-fields");
  const wait = document.getElementById("card-wait");
  const broken = document.getElementById("card-broken");
  const alertBox = document.getElementById("card-problem");
  const stored = document.getElementById("stored-form");
  const button = form.querySelector("button[data-pays]");
  const words = form.dataset;
  let stripe = null;
  let elements = null;
  let ready = false;

  const color = (name) => {
    const probe = document.createElement("span");
    probe.className = `probe-${name}`;
    form.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  const isDark = () => {
    const theme = document.documentElement.dataset.theme;
    return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };

  const say = (text) => {
    alertBox.querySelector("p").textContent = text;
    alertBox.hidden = !text;
    if (text) alertBox.focus();
  };

  const again = (which) => which.dispatchEvent(new CustomEvent("form:restore", { bubbles: true }));

  /* ---- the fields ---- */

  const tooLate = (reject, until) => setTimeout(() => reject(new Error("too slow")), until - performance.now());

  const load = (until) =>
    new Promise((resolve, reject) => {
      if (window.Stripe) return resolve();
      const script = document.createElement("script");
      script.src = words.script;
      script.onload = () => (window.Stripe ? resolve() : reject(new Error("no Stripe")));
      script.onerror = () => reject(new Error("not loaded"));
      document.head.append(script);
      tooLate(reject, until);
    });

  const mount = (until) =>
    new Promise((resolve, reject) => {
      stripe = window.Stripe(data.publishable_key, { locale: data.locale });
      const options = { mode: data.mode, currency: data.currency, locale: data.locale, appearance: appearance() };
      if (data.amount) options.amount = Number(data.amount);
      if (data.setup_future_usage) options.setupFutureUsage = data.setup_future_usage;
      elements = stripe.elements(options);
      const element = elements.create("payment", { layout: "tabs" });
      element.on("ready", resolve);
      element.on("loaderror", reject);
      element.mount(place);
      tooLate(reject, until);
    });

  const appearance = () => ({
    theme: isDark() ? "night" : "stripe",
    variables: {
      colorPrimary: color("accent"),
      colorText: color("ink"),
      colorBackground: color("surface"),
      colorDanger: color("error"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      borderRadius: "6px",
    },
  });

  const start = async () => {
    broken.hidden = true;
    wait.hidden = false;
    place.hidden = false;
    place.replaceChildren(); // of a try before that came to nothing
    button.setAttribute("aria-describedby", wait.id);
    const until = performance.now() + PATIENCE;
    try {
      await load(until);
      await mount(until);
      ready = true;
      button.removeAttribute("aria-disabled");
      button.removeAttribute("aria-describedby");
    } catch {
      if (ready) return;
      broken.hidden = false;
      place.hidden = true;
      button.setAttribute("aria-describedby", broken.id); // why it cannot be pressed
    }
    wait.hidden = true;
  };

  /* ---- the button ---- */

  const post = async (url, values) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrf_token.value, Accept: "application/json" },
      body: new URLSearchParams(values),
    });
    const told = await answer.json().catch(() => ({}));
    if (!told.step && !told.go_to && !told.problem) told.problem = told.message || words.unclear;
    return told;
  };

  const confirmed = (step, typed) => {
    const how = { clientSecret: step.client_secret, redirect: "if_required" };
    how.confirmParams = { return_url: step.return_url };
    if (typed) how.elements = elements;
    else how.confirmParams.payment_method = step.payment_method;
    return data.mode === "setup" ? stripe.confirmSetup(how) : stripe.confirmPayment(how);
  };

  const pay = async (which, typed) => {
    say("");
    if (typed) {
      const { error } = await elements.submit();
      if (error) return say(error.type === "validation_error" ? words.incomplete : error.message || words.unclear);
    }
    const told = await post(words.confirm, { gateway: words.gateway, ...(typed ? {} : { stored: "1" }) });
    if (!told.step) return finish(told);
    const { error } = await confirmed(told.step, typed);
    if (error && error.type === "validation_error") return say(error.message || words.incomplete);
    finish(await post(words.look, {}));
  };

  const finish = (told) => {
    if (told.go_to) window.location.assign(told.go_to);
    else say(told.problem);
  };

  const send = (typed) => async (event) => {
    event.preventDefault();
    const which = event.currentTarget;
    try {
      if (typed ? ready : stripe) await pay(which, typed);
    } catch {
      say(words.unclear);
    }
    again(which);
  };

  form.addEventListener("submit", send(true));
  if (stored) stored.addEventListener("submit", send(false));
  broken.querySelector("button[data-retry]").addEventListener("click", start);
  start();
})();
