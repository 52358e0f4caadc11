/* What the pages do beyond HTML and htmx. Every page works without this file; nothing here is inline, and
   every text a person reads comes translated from the page's own data attributes. */
(function () {
  "use strict";

  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const closest = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);

  /* ---- live regions: in the first HTML, only their text changes ---- */

  function announce(text) {
    const status = byId("status-text");
    if (status && text && status.textContent !== text) status.textContent = text;
  }

  function alertWith(text) {
    const bar = byId("alert");
    if (bar && bar.textContent !== text) bar.textContent = text;
  }

  /* ---- a form that was sent says so, and is sent once ---- */

  const labels = new WeakMap(); // button -> what it said before
  let leaving = false; // a native submit is under way: what it cuts off is no failure

  function begin(form, button) {
    form.dataset.busy = "";
    leaving = !form.hasAttribute("hx-post") && !form.hasAttribute("hx-get");
    labels.set(button, [...button.childNodes]);
    button.dataset.busy = "";
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.processingLabel;
    announce(button.dataset.processingLabel);
  }

  function restore(form) {
    delete form.dataset.busy;
    for (const button of form.querySelectorAll("[data-busy]")) {
      delete button.dataset.busy;
      button.removeAttribute("aria-disabled");
      button.replaceChildren(...(labels.get(button) || []));
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("busy" in form.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const pressed = event.submitter;
    const button = pressed && pressed.matches(".default-submit") ? form.querySelector("[data-processing-label]") : pressed;
    if (button && button.dataset.processingLabel) begin(form, button);
  }, true);

  document.addEventListener("click", (event) => {
    if (closest(event, '[aria-disabled="true"]')) event.preventDefault();
  }, true);

  document.addEventListener("form:restore", (event) => {
    leaving = false;
    restore(event.target);
  });

  window.addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) document.querySelectorAll("form[data-busy]").forEach(restore);
  });

  /* ---- a filter that is empty narrows nothing, and stands in no address ---- */

  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, formData } = event.detail;
    if (!elt.closest(".filter-bar")) return;
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });

  /* ---- requests that fail: said at once, and nothing typed is lost ---- */

  function tell(kind, reference) {
    const bar = byId("alert");
    if (bar && !leaving) alertWith(bar.dataset[kind].replace("{id}", reference || "–"));
  }

  document.addEventListener("htmx:responseError", (event) => {
    tell("failed", event.detail.xhr.getResponseHeader("X-Request-Id"));
  });
  document.addEventListener("htmx:sendError", () => tell("offline"));
  document.addEventListener("htmx:timeout", () => tell("timeout"));
  window.addEventListener("online", () => alertWith(""));

  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, target, successful } = event.detail;
    if (target) target.removeAttribute("aria-busy");
    if (elt.matches("form")) restore(elt); // not a part of it: its order may be on the way
    if (successful) alertWith("");
  });

  /* ---- polling rests while nobody looks, and ends in words ---- */

  const polls = new Map();

  function pollMayGo(element) {
    if (document.hidden) return false;
    const first = polls.get(element.id) || Date.now();
    polls.set(element.id, first);
    if (Date.now() - first < 1000 * Number(element.dataset.pollSeconds)) return true;
    const ended = byId(element.dataset.pollEnded);
    if (ended && ended.hidden) {
      ended.hidden = false;
      announce(ended.textContent.trim());
    }
    return false;
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (elt.matches("button")) lastTotal = "";
    if (elt.dataset.pollSeconds) {
      if (!pollMayGo(elt)) event.preventDefault();
    } else if (target) {
      target.setAttribute("aria-busy", "true");
    }
  });

  /* ---- swaps: what was typed meanwhile stays, and focus is never lost ---- */

  /* What was entered last, in that order: a radio button that was chosen later wins over one chosen before. */
  const entered = new Map(); // id -> {at, value, checked}

  document.addEventListener("input", (event) => {
    const { id, type, value, checked } = event.target;
    if (!id || type === "file") return;
    entered.delete(id);
    entered.set(id, { at: performance.now(), value, checked });
  });
  document.addEventListener("htmx:beforeSend", (event) => {
    event.detail.xhr.sentAt = performance.now();
  });

  /* Whatever the answer replaced, out of band too, was drawn before this was entered. */
  function enterAgain(sentAt) {
    for (const [id, { at, value, checked }] of entered) {
      const control = at > sentAt ? byId(id) : null;
      if (!control) continue;
      if (control.type === "checkbox" || control.type === "radio") control.checked = checked;
      else if (control.value !== value) control.value = value;
    }
  }

  /* Until what it brought has settled, htmx does not listen there: what was chosen in that moment is said once more. */
  function sayAgain(area, swappedAt) {
    for (const [id, { at }] of entered) {
      const control = at > swappedAt ? byId(id) : null;
      if (!control || !area.contains(control) || !control.matches("select, [type='radio'], [type='checkbox']")) continue;
      control.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  let hadFocus = false;
  let said = "";

  /* A poll that brings nothing new replaces nothing: focus and what is selected stay where they are. What is
     preserved anyway, like a form with its token, does not count. */
  function unchanged(target, html) {
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById(target.id);
    return fresh !== null && comparable(fresh) === comparable(target);
  }

  function comparable(element) {
    const copy = element.cloneNode(true);
    copy.querySelectorAll("[hx-preserve]").forEach((kept) => kept.remove());
    return copy.innerHTML.trim();
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, serverResponse } = event.detail;
    xhr.swappedAt = performance.now();
    if (target.dataset.pollSeconds && unchanged(target, serverResponse)) event.detail.shouldSwap = false;
    hadFocus = target.contains(document.activeElement);
    said = target.dataset.says || "";
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    const says = event.target.dataset.says;
    if (says && says !== said) announce(says);
    if (event.target.matches(".field__error")) announce(event.target.textContent.trim());
    enterAgain(event.detail.xhr?.sentAt ?? Infinity);
    sayAgain(event.target, event.detail.xhr?.swappedAt ?? Infinity);
    markErrors();
    focusAfter(event.target);
  });
  /* At once as well, not only when it has settled: a form that is sent in between would send what was drawn before. */
  document.addEventListener("htmx:afterSwap", (event) => enterAgain(event.detail.xhr?.sentAt ?? Infinity));
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    enterAgain(event.detail.xhr?.sentAt ?? Infinity);
    markErrors();
  });

  /* A total that stayed the same is not said again, unless somebody pressed a button for it. */
  let lastTotal = "";

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id !== "status-text") return;
    if (fragment.textContent === lastTotal) event.detail.shouldSwap = false;
    lastTotal = fragment.textContent;
  });

  function focusAfter(area) {
    const summary = area.matches(".error-summary") ? area : area.querySelector(".error-summary");
    if (summary) return focusOn(summary);
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && hadFocus) focusOn(area.querySelector("h1, h2, h3") || (area.isConnected ? area : document.querySelector("main h1")));
  }

  function focusOn(element) {
    if (!element) return;
    if (element.tabIndex < 0 && !element.hasAttribute("tabindex")) element.setAttribute("tabindex", "-1");
    element.focus();
  }

  /* An error that arrives by itself must mark its control as well; both share the field's id. */
  function markErrors() {
    for (const error of document.querySelectorAll(".field__error[id$='-error']")) {
      const control = byId(error.id.slice(0, -"-error".length));
      if (!control || control.closest("[role='radiogroup']")) continue;
      if (error.textContent.trim()) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  }

  /* ---- small helpers, each asked for by a data attribute ---- */

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      announce(button.dataset.copied);
    } catch {
      announce(button.dataset.notCopied);
    }
  }

  function togglePassword(button) {
    const input = byId(button.getAttribute("aria-controls"));
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
    button.textContent = show ? button.dataset.hide : button.dataset.show;
  }

  /* What is offered instead of what was typed: the field has it, and the offer is gone. */
  function fill(button, event) {
    const input = byId(button.dataset.fills);
    event.preventDefault();
    input.value = button.value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    focusOn(input);
    button.closest("[role='status']").replaceChildren();
  }

  function chooseTheme(theme) {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    try {
      if (theme === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch { /* storage is off: the choice lasts for this page */ }
    showTheme();
  }

  function showTheme() {
    for (const button of document.querySelectorAll("[data-choose-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.chooseTheme === (root.dataset.theme || "auto")));
    }
  }

  function goTo(link, event) {
    const control = byId(decodeURIComponent(link.hash.slice(1)));
    if (!control) return;
    event.preventDefault();
    for (let box = control.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
    focusOn(control);
  }

  document.addEventListener("click", (event) => {
    const on = (selector, act) => {
      const element = closest(event, selector);
      if (element) act(element, event);
    };
    on("[data-copy]", copy);
    on("[data-show]", togglePassword);
    on("[data-fills]", fill);
    on("[data-choose-theme]", (button) => chooseTheme(button.dataset.chooseTheme));
    on(".error-summary a[href^='#'], a[data-goes-to]", goTo);
    on("[data-opens]", (opener) => {
      const dialog = byId(opener.dataset.opens);
      if (!dialog) return;
      event.preventDefault();
      dialog.showModal();
    });
    on("[data-prints]", () => window.print());
    on("[data-closes]", (closer) => closer.closest("dialog").close());
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const input = closest(event, "[data-enter-presses]");
    if (!input) return;
    event.preventDefault();
    byId(input.dataset.enterPresses).click();
  });

  /* A postcode of Germany gets the figures' keyboard; those of others have letters. */
  document.addEventListener("change", (event) => {
    for (const input of document.querySelectorAll("[data-numeric-when]")) {
      const [name, value] = input.dataset.numericWhen.split("=");
      if (event.target.name === name) input.inputMode = event.target.value === value ? "numeric" : "text";
    }
    const all = closest(event, "[data-selects-all]");
    if (all) document.querySelectorAll(all.dataset.selectsAll).forEach((box) => { box.checked = all.checked; });
  });

  showTheme();
  focusOn(document.querySelector("[data-takes-focus]"));
})();
