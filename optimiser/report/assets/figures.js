// Figures: drawn from the data beside them, those that are folded away once they are opened; one that fails says
// so and leaves the others alone. They take light or dark looks as the page has them, and always light ones on
// paper and in files.
LeachingPage.part(function (page) {
  "use strict";
  // What a colour is in the dark; all others stay.
  const DARK = {
    "#1b2730": "#e6edf2", "#e3e8ec": "#36434d", "#5b6b78": "#a3b3be", "#ffffff": "#182028", "#000000": "#fefefe",
    "#0072b2": "#4aa3e8", "#d55e00": "#ff8c42", "#009e73": "#2dc99a", "#cc79a7": "#e69ac6", "#e69f00": "#f3b63c",
    "#56b4e9": "#a5dbfa",
    // of heat maps: what is pale becomes dark
    "#f3f7fa": "#222d36", "#7fb4d6": "#2f6c97", "#084a75": "#b5def8", "#b35806": "#e58a3a", "#f7f7f7": "#2a353e",
    "#0b5a8f": "#5aaee8", "#7a0c0c": "#f07f7f", "#8ecae6": "#6fb7da"
  };
  const LIGHT = Object.fromEntries(Object.entries(DARK).map(function (pair) { return [pair[1], pair[0]]; }));
  // Paper on which figures take this width, that A4 and Letter both have: browsers lay the page out for it after
  // the event, so that it cannot be measured, only known.
  const PAPER = 690, GAP = 19;
  const NOTHING = "rgba(0,0,0,0)";
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  let printing = false;

  function dark() {
    const asked = document.documentElement.dataset.theme;
    return !printing && (asked ? asked === "dark" : system.matches);
  }
  function hex(parts) { return "#" + parts.map(function (n) { return Number(n).toString(16).padStart(2, "0"); }).join(""); }
  function colour(text, looks) {
    if (text === "white") { text = "#ffffff"; }
    const plain = looks[text.toLowerCase()];
    if (plain) { return plain; }
    const clear = /^rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)$/.exec(text);
    if (clear) {
      const found = Number(clear[4]) > 0 && looks[hex(clear.slice(1, 4))];
      if (!found) { return text; }
      const parts = [1, 3, 5].map(function (i) { return parseInt(found.slice(i, i + 2), 16); });
      return "rgba(" + parts.concat(clear[4]).join(",") + ")";
    }
    // a shadow around a text
    return / 1px (white|#\w{6})/.test(text)
      ? text.replace(/ 1px (white|#\w{6})/g, function (_, of) { return " 1px " + colour(of, looks); })
      : text;
  }
  function coloured(value, looks) {
    if (typeof value === "string") { return value.length < 250 ? colour(value, looks) : value; }
    if (Array.isArray(value)) { return value.map(function (one) { return coloured(one, looks); }); }
    if (!value || Object.getPrototypeOf(value) !== Object.prototype) { return value; }
    const made = {};
    Object.keys(value).forEach(function (key) {
      made[key] = /^(hovertext|text|customdata|ids|bdata)$/.test(key) ? value[key] : coloured(value[key], looks);
    });
    return made;
  }

  function source(box) { return page.root.querySelector('script[data-plot="' + CSS.escape(box.id) + '"]'); }
  // A figure's data; texts that an earlier figure has are taken from there.
  function read(script) {
    const figure = JSON.parse(script.textContent);
    figure.data.forEach(function (trace) {
      if (typeof trace.hovertext === "string" && trace.hovertext[0] === "@") {
        const at = trace.hovertext.slice(1).split("/");
        const other = page.root.querySelector('script[data-plot="' + CSS.escape(at[0]) + '"]');
        trace.hovertext = JSON.parse(other.textContent).data[at[1]].hovertext;
      }
    });
    figure.layout.paper_bgcolor = figure.layout.plot_bgcolor = NOTHING;
    figure.layout.modebar = { bgcolor: NOTHING, color: "#5b6b78", activecolor: "#1b2730" };
    return figure;
  }
  function save(box, format) {
    const looks = box.dataset.looks === "dark" ? LIGHT : {}, title = source(box).dataset.title;
    const data = coloured(box.data, looks).map(function (trace) { return Object.assign({}, trace); });
    page.saving(box, data);
    const layout = Object.assign(coloured(box.layout, looks), {
      title: { text: title, automargin: true, yref: "container", y: 1, yanchor: "top", font: { size: 15 } },
      legend: { orientation: "v", x: 1.02, xanchor: "left", y: 1, yanchor: "top" },
      showlegend: data.filter(function (d) { return d.name && d.showlegend !== false; }).length > 1,
      paper_bgcolor: "white", plot_bgcolor: "white"
    });
    Plotly.downloadImage({ data: data, layout: layout },
      { format: format, filename: box.id, width: 900, height: layout.height + 60, scale: format === "png" ? 2 : 1 });
  }
  function configured(box, figure) {
    const saving = ["png", "svg"].map(function (format) {
      return {
        name: format, title: "Download " + format.toUpperCase(),
        icon: format === "png" ? Plotly.Icons.camera : Plotly.Icons.disk,
        click: function () { save(box, format); }
      };
    });
    const zooming = figure.data.some(function (d) { return d.type !== "sankey"; }) ? ["zoom2d", "resetScale2d"] : [];
    const choosing = box.dataset.linked ? ["select2d", "lasso2d"] : [];
    return {
      displaylogo: false, responsive: true, displayModeBar: !box.classList.contains("legend"),
      modeBarButtons: [choosing.concat(zooming, saving)]
    };
  }
  // The box's own name and buttons are what is listened to; the texts inside a drawing have no order.
  function quiet(box) {
    box.querySelectorAll("svg").forEach(function (svg) { svg.setAttribute("aria-hidden", "true"); });
  }
  function draw(box) {
    if (box.dataset.drawn || box.closest("details:not([open])")) { return; }
    box.dataset.drawn = "yes";
    try {
      const looks = dark() ? DARK : {}, figure = read(source(box));
      box.dataset.looks = dark() ? "dark" : "light";
      Plotly.newPlot(box, coloured(figure.data, looks), coloured(figure.layout, looks), configured(box, figure));
      quiet(box);
      page.drawn.forEach(function (tell) { tell(box, true); });
    } catch (error) {
      box.classList.add("error");
      box.textContent = "This figure could not be drawn (" + error + "). Its numbers are in the tables.";
    }
  }
  function boxes() { return page.all(".plot"); }
  function plots() { return page.all(".plot.js-plotly-plot"); }
  function drawAll() { boxes().forEach(draw); }
  // Beside a long table, one after the other, so that the page can be read and searched meanwhile.
  function drawNext() {
    const next = page.running() && boxes().find(function (box) {
      return !box.dataset.drawn && !box.closest("details:not([open])");
    });
    if (next) { draw(next); setTimeout(drawNext, 0); }
  }
  // As the reader left it, with a zoom or an axis of the other kind, in the other looks.
  function repaint(box) {
    const wanted = dark() ? "dark" : "light";
    if (box.dataset.looks === wanted || box.closest("details:not([open])")) { return; }
    box.dataset.looks = wanted;
    const looks = wanted === "dark" ? DARK : LIGHT;
    Plotly.react(box, coloured(box.data, looks), coloured(box.layout, looks), configured(box, box));
    quiet(box);
    page.drawn.forEach(function (tell) { tell(box, false); });
  }
  function repaintAll() { plots().forEach(repaint); }
  // One after the other, those in sight first.
  function repaintSoon() {
    function away(box) {
      const at = box.getBoundingClientRect();
      return Math.max(at.top - innerHeight, -at.bottom, 0);
    }
    const left = plots().map(function (box) { return { box: box, away: away(box) }; })
      .sort(function (a, b) { return a.away - b.away; });
    (function next() {
      if (!page.running() || !left.length) { return; }
      const { box } = left.shift();
      const stale = box.isConnected && box.dataset.drawn && box.dataset.looks !== (dark() ? "dark" : "light");
      if (stale) { repaint(box); }
      if (stale) { setTimeout(next, 0); } else { next(); }
    })();
  }

  // Told of each figure that was drawn, and whether it was for the first time.
  page.drawn = [];
  // What else is to be changed in the data of a figure that is saved.
  page.saving = function () {};
  page.plots = plots;
  page.ended(function () {
    boxes().forEach(function (box) {
      Plotly.purge(box);
      box.classList.remove("js-plotly-plot");
      delete box.dataset.drawn;
      box.replaceWith(box.cloneNode(false)); // plotly leaves a listener on it each time
    });
  });
  page.on(system, "change", repaintSoon);
  const watch = new MutationObserver(repaintSoon);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  page.ended(function () { watch.disconnect(); });
  // once the other parts are set up, which want to hear of it
  page.begin = function () {
    if (page.root.querySelector(".rows")) { setTimeout(drawNext, 0); } else { drawAll(); }
  };

  page.all("details").forEach(function (folded) {
    page.on(folded, "toggle", function () {
      drawAll();
      repaintAll();
      // the window may have changed its width since
      folded.querySelectorAll(".plot.js-plotly-plot").forEach(function (box) { Plotly.Plots.resize(box); });
    });
  });

  // Axes: logarithmic or linear.
  page.all("button.scale").forEach(function (button) {
    page.on(button, "click", function () {
      const linear = button.textContent === "linear axis", change = {};
      button.dataset.axes.split(" ").forEach(function (axis) {
        change[axis + "axis.type"] = linear ? "linear" : "log";
        change[axis + "axis.tickmode"] = linear ? "auto" : "array";
        change[axis + "axis.autorange"] = true;
      });
      button.textContent = linear ? "logarithmic axis" : "linear axis";
      Plotly.relayout(page.named(button.dataset.plot), change);
    });
  });

  // Print: folded texts open, figures are light and as wide as paper, and all is as before afterwards.
  const opened = [];
  page.on(window, "beforeprint", function () {
    page.all("details:not([open])").forEach(function (folded) { folded.open = true; opened.push(folded); });
    printing = true;
    drawAll();
    repaintAll();
    plots().forEach(function (box) {
      Plotly.relayout(box, { width: box.closest(".panels") ? (PAPER - GAP) / 2 : PAPER });
    });
  });
  page.on(window, "afterprint", function () {
    printing = false;
    opened.splice(0).forEach(function (folded) { folded.open = false; });
    // first the width: plotly forgets what it was when figures are painted anew
    plots().forEach(function (box) { Plotly.relayout(box, { width: null, autosize: true }); });
    repaintAll();
  });
});
