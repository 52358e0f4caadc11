/* Loaded before the first paint, so that a chosen theme does not flash. Nothing is stored until somebody
   presses the switch (app.js); then the choice is kept in this browser only. */
(function () {
  "use strict";
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* storage is off: the reader's system decides */ }
})();
