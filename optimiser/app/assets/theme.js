// Light or dark as it was chosen before; before anything is drawn, so that nothing flashes.
(function () {
  "use strict";
  var chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch (error) { /* the browser keeps nothing */ }
  if (chosen === "dark" || chosen === "light") { document.documentElement.dataset.theme = chosen; }
})();
