/* The admin's lists: which rows are chosen, and the keys that move through them. Every list works without this file. */
(function () {
  "use strict";

  const byId = (id) => document.getElementById(id);

  function announce(text) {
    const status = byId("status-text");
    if (status && status.textContent !== text) status.textContent = text;
  }

  /* ---- rows that are chosen ---- */

  const boxes = () => [...document.querySelectorAll("#rows tbody input[name='id']")];

  function showChosen(says) {
    const bar = byId("bulk");
    if (!bar) return;
    const all = byId("bulk-all");
    const every = all !== null && all.checked;
    const chosen = boxes().filter((box) => box.checked).length;
    const page = byId("rows-pick");
    if (page) {
      page.checked = chosen > 0 && chosen === boxes().length;
      page.indeterminate = chosen > 0 && !page.checked;
    }
    const count = byId("bulk-count");
    if (!("nothing" in count.dataset)) count.dataset.nothing = count.textContent;
    const number = every ? all.dataset.count || all.nextElementSibling.textContent : chosen.toLocaleString(document.documentElement.lang);
    count.textContent = every && !all.dataset.count ? number : every || chosen ? bar.dataset.selected.replace("{n}", number) : count.dataset.nothing;
    bar.toggleAttribute("data-chosen", every || chosen > 0);
    if (says) announce(count.textContent);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("#rows-pick, #bulk-all, #rows input[name='id']")) showChosen(true);
  });
  document.addEventListener("htmx:afterSettle", () => showChosen(false));
  window.addEventListener("pageshow", () => showChosen(false));
  showChosen(false);

  /* ---- keys: each moves the focus, so that Enter opens and the place is seen; never while something is typed ---- */

  const OFF = "keys-off"; // single letters must be possible to switch off: speech input types them

  function keysAreOn() {
    try {
      return localStorage.getItem(OFF) === null;
    } catch {
      return true;
    }
  }

  function switchKeys(on) {
    try {
      if (on) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    } catch { /* storage is off: they stay on */ }
  }

  const links = () => [...document.querySelectorAll("#list tbody th[scope='row'] a")];

  function move(step) {
    const all = links();
    const row = document.activeElement.closest("tbody tr");
    const at = row ? all.findIndex((link) => row.contains(link)) : -1;
    const to = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
    if (all[to]) all[to].focus();
  }

  const KEYS = {
    "/": () => (byId("search") || byId("find")).focus(),
    j: () => move(1),
    k: () => move(-1),
    x: () => {
      const row = document.activeElement.closest("tbody tr");
      const box = row && row.querySelector("input[name='id']");
      if (box) box.click();
    },
    "?": () => byId("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type='checkbox'], [type='radio']), textarea, select, [contenteditable]");
    const other = event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented;
    if (typing || other || !Object.hasOwn(KEYS, event.key) || document.querySelector("dialog[open]") || !keysAreOn()) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  const toggle = byId("keys-on");
  if (toggle) {
    toggle.checked = keysAreOn();
    toggle.addEventListener("change", () => switchKeys(toggle.checked));
  }

  /* ---- settings: pick a colour, narrow a long list, notice a file that is too large before it is sent ---- */

  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  document.addEventListener("input", (event) => {
    const { fills, narrows } = event.target.dataset;
    if (fills) {
      byId(fills).value = event.target.value;
    } else if (narrows) {
      const wanted = plain(event.target.value.trim());
      for (const row of byId(narrows).children) row.hidden = !plain(row.textContent).includes(wanted);
    } else if (/^#[0-9a-f]{6}$/i.test(event.target.value)) {
      const picker = document.querySelector(`[data-fills="${event.target.id}"]`);
      if (picker) picker.value = event.target.value;
    }
  });

  function tooLarge(input) {
    const file = input.files[0];
    const found = file !== undefined && file.size > Number(input.dataset.mostBytes);
    byId(`${input.id}-error`).textContent = found ? input.dataset.tooLarge : "";
    input.toggleAttribute("aria-invalid", found);
    return found;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("input[data-most-bytes]")) tooLarge(event.target);
  });
  window.addEventListener("submit", (event) => {
    const input = event.target.querySelector("input[data-most-bytes]");
    if (!input || !tooLarge(input)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    input.focus();
  }, true);
})();
