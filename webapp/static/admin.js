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
})();
