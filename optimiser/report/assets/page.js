(function () {
  "use strict";

  // Figures: drawn from the data beside them, those that are folded away once they are opened; one that fails
  // says so and leaves the others alone.
  function download(box, title, name) {
    var layout = Object.assign({}, box.layout, {
      title: { text: title, automargin: true, yref: "container", y: 1, yanchor: "top", font: { size: 15 } },
      legend: { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
      showlegend: box.data.filter(function (d) { return d.name && d.showlegend !== false; }).length > 1
    });
    Plotly.downloadImage({ data: box.data, layout: layout },
      { format: "png", filename: name, width: 900, height: layout.height + 60, scale: 2 });
  }
  function configured(box, source, figure) {
    var png = {
      name: "png", title: "Download PNG", icon: Plotly.Icons.camera,
      click: function () { download(box, source.dataset.title, source.dataset.plot); }
    };
    var zooming = figure.data.some(function (d) { return d.type !== "sankey"; }) ? ["zoom2d", "resetScale2d"] : [];
    return {
      displaylogo: false, responsive: true, displayModeBar: !box.classList.contains("legend"),
      modeBarButtons: [zooming.concat([png])]
    };
  }
  // A figure's data; texts that an earlier figure has are taken from there.
  function read(source) {
    var figure = JSON.parse(source.textContent);
    figure.data.forEach(function (trace) {
      if (typeof trace.hovertext === "string" && trace.hovertext[0] === "@") {
        var at = trace.hovertext.slice(1).split("/");
        var other = document.querySelector('script[data-plot="' + at[0] + '"]');
        trace.hovertext = JSON.parse(other.textContent).data[at[1]].hovertext;
      }
    });
    return figure;
  }
  function draw(source) {
    var box = document.getElementById(source.dataset.plot);
    if (box.dataset.drawn || box.closest("details:not([open])")) { return; }
    box.dataset.drawn = "yes";
    try {
      var figure = read(source);
      Plotly.newPlot(box, figure.data, figure.layout, configured(box, source, figure));
    } catch (error) {
      box.className = "error";
      box.textContent = "This figure could not be drawn (" + error + "). Its numbers are in the tables.";
    }
  }
  function drawAll() { document.querySelectorAll("script[data-plot]").forEach(draw); }
  // Beside a long table, one after the other, so that the page can be read and searched meanwhile.
  function drawNext() {
    var next = Array.prototype.find.call(document.querySelectorAll("script[data-plot]"), function (source) {
      var box = document.getElementById(source.dataset.plot);
      return !box.dataset.drawn && !box.closest("details:not([open])");
    });
    if (next) { draw(next); setTimeout(drawNext, 0); }
  }
  if (document.querySelector(".rows")) { setTimeout(drawNext, 0); } else { drawAll(); }

  // Folded parts: drawn when they open; a link into one opens it.
  document.querySelectorAll("details").forEach(function (d) {
    d.addEventListener("toggle", function () {
      drawAll();
      // the window may have changed its width since
      d.querySelectorAll(".plot.js-plotly-plot").forEach(function (box) { Plotly.Plots.resize(box); });
    });
  });
  function unfold() {
    var aim = location.hash && document.getElementById(location.hash.slice(1));
    var folded = aim && aim.closest("details:not([open])");
    if (folded) { folded.open = true; aim.scrollIntoView(); }
  }
  window.addEventListener("hashchange", unfold);
  unfold();

  // Axes: logarithmic or linear.
  document.querySelectorAll("button.scale").forEach(function (button) {
    button.addEventListener("click", function () {
      var linear = button.textContent === "linear axis", change = {};
      button.dataset.axes.split(" ").forEach(function (axis) {
        change[axis + "axis.type"] = linear ? "linear" : "log";
        change[axis + "axis.tickmode"] = linear ? "auto" : "array";
        change[axis + "axis.autorange"] = true;
      });
      button.textContent = linear ? "logarithmic axis" : "linear axis";
      Plotly.relayout(document.getElementById(button.dataset.plot), change);
    });
  });

  // Tables: a click on a heading, or Enter and Space on it, sorts; again, the other way round.
  function compare(a, b, numeric, sign) {
    if (a === "" || b === "") { return (a === "") - (b === ""); }
    return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b));
  }
  document.querySelectorAll("table.sortable:not(.parts)").forEach(function (table) {
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
    drawAll();
    plots().forEach(function (box) {
      Plotly.relayout(box, { width: box.closest(".panels") ? (PAPER - GAP) / 2 : PAPER });
    });
  });
  window.addEventListener("afterprint", function () {
    opened.splice(0).forEach(function (d) { d.open = false; });
    plots().forEach(function (box) { Plotly.relayout(box, { width: null, autosize: true }); });
  });
})();
