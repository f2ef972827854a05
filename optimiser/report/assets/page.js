(function () {
  "use strict";

  // Figures: drawn from the data beside them; one that fails says so and leaves the others alone.
  var config = { displaylogo: false, responsive: true, displayModeBar: false };
  document.querySelectorAll("script[data-plot]").forEach(function (source) {
    var box = document.getElementById(source.dataset.plot);
    try {
      var figure = JSON.parse(source.textContent);
      Plotly.newPlot(box, figure.data, figure.layout, config);
    } catch (error) {
      box.className = "error";
      box.textContent = "This figure could not be drawn (" + error + "). Its numbers are in the tables.";
    }
  });

  // Tables: a click on a heading, or Enter and Space on it, sorts; again, the other way round.
  function compare(a, b, numeric, sign) {
    if (a === "" || b === "") { return (a === "") - (b === ""); }
    return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b));
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      head.querySelector("button").addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var body = table.tBodies[0];
        var numeric = head.classList.contains("number");
        Array.prototype.slice.call(body.rows)
          .map(function (row, index) { return { row: row, key: row.cells[column].dataset.key, index: index }; })
          .sort(function (a, b) { return compare(a.key, b.key, numeric, down ? -1 : 1) || a.index - b.index; })
          .forEach(function (entry) { body.appendChild(entry.row); });
      });
    });
  });

  // Print: figures take a width that A4 and Letter both have, folded texts open, and all is as before afterwards.
  // Browsers lay the page out for paper after this event, so the width cannot be measured, only known.
  var PAPER = 690, GAP = 19, opened = [];
  function plots() { return Array.prototype.slice.call(document.querySelectorAll(".plot.js-plotly-plot")); }
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details:not([open])").forEach(function (d) { d.open = true; opened.push(d); });
    plots().forEach(function (box) {
      Plotly.relayout(box, { width: box.closest(".panels") ? (PAPER - GAP) / 2 : PAPER });
    });
  });
  window.addEventListener("afterprint", function () {
    opened.splice(0).forEach(function (d) { d.open = false; });
    plots().forEach(function (box) { Plotly.relayout(box, { width: null, autosize: true }); });
  });
})();
