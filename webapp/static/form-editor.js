/* Fields of an order form are dragged to their place. Everything also goes by the buttons beside them, without this file. */
(function () {
  "use strict";

  let dragged = null;

  const fieldOf = (event) => (event.target instanceof Element ? event.target.closest(".form-field") : null);
  const listOf = (event) => (event.target instanceof Element ? event.target.closest(".form-fields") : null);

  document.addEventListener("dragstart", (event) => {
    dragged = fieldOf(event);
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.field);
    dragged.dataset.dragged = "";
  });

  /* Before the first field whose middle is below the pointer, the dragged one not counted. */
  function placeIn(list, y) {
    const others = [...list.querySelectorAll(":scope > .form-field")].filter((one) => one !== dragged);
    const at = others.findIndex((one) => {
      const box = one.getBoundingClientRect();
      return y < box.top + box.height / 2;
    });
    return { others, at: at < 0 ? others.length : at };
  }

  function unmark() {
    document.querySelectorAll(".form-field[data-before], .form-fields[data-over]").forEach((one) => {
      delete one.dataset.before;
      delete one.dataset.over;
    });
  }

  document.addEventListener("dragover", (event) => {
    const list = dragged && listOf(event);
    if (!list) return;
    event.preventDefault();
    unmark();
    const { others, at } = placeIn(list, event.clientY);
    if (others[at]) others[at].dataset.before = "";
    else list.dataset.over = "";
  });

  document.addEventListener("drop", (event) => {
    const list = dragged && listOf(event);
    const form = document.getElementById("place-field");
    if (!list || !form) return;
    event.preventDefault();
    form.elements.field.value = dragged.dataset.field;
    form.elements.step.value = list.dataset.step;
    form.elements.at.value = placeIn(list, event.clientY).at;
    form.requestSubmit();
  });

  document.addEventListener("dragend", () => {
    if (dragged) delete dragged.dataset.dragged;
    dragged = null;
    unmark();
  });
})();
