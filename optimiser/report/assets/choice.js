// Linked views: designs that are chosen in one figure or table stand out in all of them. A design is known by its
// row of front.csv, from 0. LeachingPage.choose(root, rows) chooses, LeachingPage.chosen(root) says what is; after
// every change the root gets the event "leaching:chosen", whose detail has the rows.
LeachingPage.part(function (page) {
  "use strict";
  const box = page.root.querySelector(".choice");
  if (!box) { return; }
  const data = JSON.parse(box.querySelector("script").textContent), count = data.of.length;
  const status = box.querySelector('[role="status"]'), bar = box.querySelector(".chosen-bar");
  const clear = box.querySelector('[name="clear"]'), csv = box.querySelector('[name="csv"]');
  const toggles = Array.from(box.querySelectorAll("[data-option]"));
  const lines = page.all("table[data-linked] tr[data-row]");
  const chosen = new Set(), off = new Set(), waiting = new Map();
  // how clear what is not chosen is drawn
  const MARK = 0.13, LINE = 0.22;
  let busy = false;

  function linked() { return page.plots().filter(function (plot) { return plot.dataset.linked; }); }
  function rows() { return Array.from(chosen).sort(function (a, b) { return a - b; }); }

  function places(designs) {
    return Array.from(designs.keys()).filter(function (k) { return chosen.has(designs[k]); });
  }
  // A line's points of the chosen designs, each with the gap behind it.
  function some(trace) {
    const found = { x: [], y: [], customdata: [] };
    trace.customdata.forEach(function (row, k) {
      if (chosen.has(row)) { Object.keys(found).forEach(function (key) { found[key].push(trace[key][k]); }); }
    });
    return found;
  }
  // Straight in the drawing: plotly would draw all of it anew. It does so itself at times, and then this is done again.
  function dim(plot) {
    plot.data.forEach(function (trace, k) {
      const kind = trace.meta && trace.meta.lines;
      if (!trace.customdata || kind === "chosen") { return; }
      const drawn = plot.querySelectorAll(".scatterlayer .trace" + plot._fullData[k].uid + (kind ? "" : " path.point"));
      drawn.forEach(function (mark) {
        const is = !kind && chosen.has(trace.customdata[mark.__data__.i]);
        mark.classList.toggle("is-chosen", is);
        mark.style.opacity = chosen.size === 0 || is ? "" : kind ? LINE : MARK;
      });
    });
  }
  function show(plot) {
    const over = { x: [], y: [], customdata: [] }, above = [], turned = { visible: [] }, traces = [];
    plot.data.forEach(function (trace, k) {
      const shown = off.has(trace.legendgroup) ? "legendonly" : true;
      if ((trace.visible === "legendonly") !== (shown === "legendonly")) {
        turned.visible.push(shown);
        traces.push(k);
      }
      if (trace.meta && trace.meta.lines === "chosen") {
        const found = some(plot.data[k - 1]);
        Object.keys(found).forEach(function (key) { over[key].push(found[key]); });
        above.push(k);
      }
    });
    if (traces.length) { Plotly.restyle(plot, turned, traces); }
    // lines are drawn anew, which takes longer than marks: a moment later, and for the last choice alone
    clearTimeout(waiting.get(plot));
    if (above.length) {
      waiting.set(plot, setTimeout(function () { if (page.running()) { Plotly.restyle(plot, over, above); } }, 0));
    }
    dim(plot);
  }
  // What a file of a figure is drawn from.
  page.saving = function (plot, data) {
    if (!chosen.size || !plot.dataset.linked) { return; }
    data.forEach(function (trace) {
      const kind = trace.meta && trace.meta.lines;
      if (kind === "all") { trace.opacity = LINE; }
      if (!kind && trace.customdata) { trace.selectedpoints = places(trace.customdata); }
    });
  };
  function tell() {
    const found = rows(), numbers = found.map(function (row) { return row + 1; }).join(", ");
    status.textContent = found.length === 0 ? ""
      : found.length === 1 ? "No. " + numbers + " is chosen: " + data.said[found[0]] + "."
        : found.length + " of " + count + " designs are chosen: no. " + numbers + ".";
    clear.hidden = csv.hidden = found.length === 0;
    bar.classList.toggle("shown", found.length > 0);
    document.documentElement.classList.toggle("choosing", found.length > 0);
  }
  function showAll() {
    linked().forEach(show);
    lines.forEach(function (line) {
      const row = Number(line.dataset.row), is = chosen.has(row);
      line.classList.toggle("chosen", is);
      line.hidden = off.has(data.of[row]);
      line.querySelector("input").checked = is;
    });
    toggles.forEach(function (button) { button.setAttribute("aria-pressed", String(!off.has(button.dataset.option))); });
    tell();
  }
  // Rows that do not exist, or whose option is off, cannot be chosen.
  function choose(wanted, further) {
    const before = rows().join();
    if (!further) { chosen.clear(); }
    wanted.forEach(function (row) {
      if (!Number.isInteger(row) || row < 0 || row >= count || off.has(data.of[row])) { return; }
      if (further && chosen.has(row)) { chosen.delete(row); } else { chosen.add(row); }
    });
    showAll();
    if (rows().join() !== before) {
      page.root.dispatchEvent(new CustomEvent("leaching:chosen", { bubbles: true, detail: { rows: rows() } }));
    }
  }
  page.choose = choose;
  page.chosen = rows;

  // Marks inside a box or lasso; of lines those that pass through it at each axis that it covers.
  function inside(points) {
    const axes = new Map();
    points.forEach(function (point) {
      const row = point.customdata;
      if (!Number.isInteger(row) || row < 0) { return; }
      const at = point.data.meta && point.data.meta.lines ? point.x : "";
      if (!axes.has(at)) { axes.set(at, new Set()); }
      axes.get(at).add(row);
    });
    const each = Array.from(axes.values());
    return each.length ? Array.from(each[0]).filter(function (row) {
      return each.every(function (one) { return one.has(row); });
    }) : [];
  }
  page.drawn.push(function (plot, first) {
    if (!plot.dataset.linked) { return; }
    if (first) {
      plot.on("plotly_afterplot", function () { dim(plot); });
      plot.on("plotly_click", function (event) {
        const row = event.points[0].customdata, key = event.event || {};
        if (!Number.isInteger(row) || row < 0) { return; }
        const further = Boolean(key.shiftKey || key.ctrlKey || key.metaKey);
        choose(!further && chosen.size === 1 && chosen.has(row) ? [] : [row], further);
      });
      plot.on("plotly_selected", function (event) {
        if (busy || !event) { return; }
        const found = inside(event.points);
        // what was drawn around them has done its work; plotly tells that nothing is inside it any more
        busy = true;
        Plotly.update(plot, { selectedpoints: null }, { selections: [] }).then(function () {
          busy = false;
          choose(found, false);
        });
      });
      plot.on("plotly_deselect", function () { if (!busy) { choose([], false); } });
      plot.on("plotly_legendclick", function (event) {
        const option = plot.data[event.curveNumber].legendgroup;
        if (option) { toggle(option); }
        return false;
      });
      plot.on("plotly_legenddoubleclick", function () { return false; });
    }
    if (chosen.size || off.size) { show(plot); }
  });

  function toggle(option) {
    if (!off.delete(option)) { off.add(option); }
    choose(rows(), false);
  }
  toggles.forEach(function (button) {
    page.on(button, "click", function () { toggle(button.dataset.option); });
  });
  lines.forEach(function (line) {
    const row = Number(line.dataset.row), tick = document.createElement("input");
    tick.type = "checkbox";
    tick.className = "tick";
    tick.setAttribute("aria-label", "choose design no. " + (row + 1));
    line.cells[0].prepend(tick);
    page.on(tick, "change", function () { choose([row], true); });
    page.on(tick, "keydown", function (event) {
      if (event.key === "Enter") { event.preventDefault(); choose([row], true); }
    });
    page.on(line, "click", function (event) {
      if (!event.target.closest("input, a, button") && !String(getSelection())) { choose([row], true); }
    });
  });
  page.on(clear, "click", function () {
    const first = toggles[0];
    choose([], false);
    if (first) { first.focus({ preventScroll: true }); }
  });
  page.on(document, "keydown", function (event) {
    if (event.key === "Escape" && !event.defaultPrevented && chosen.size) { choose([], false); }
  });

  // A cell that a spreadsheet would take for a formula is made a text.
  function cell(value) {
    let text = value === null ? "" : String(value);
    if (/^[=+\-@\t\r]/.test(text) && (typeof value !== "number" && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))) {
      text = "'" + text;
    }
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  page.on(csv, "click", function () {
    const table = [data.columns].concat(rows().map(function (row) { return data.rows[row]; }));
    const text = table.map(function (line) { return line.map(cell).join(","); }).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "chosen.csv";
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 0);
  });

  page.ended(function () {
    lines.forEach(function (line) {
      line.querySelector("input").remove();
      line.classList.remove("chosen");
      line.hidden = false;
    });
    toggles.forEach(function (button) { button.setAttribute("aria-pressed", "true"); });
    chosen.clear();
    tell();
  });
  tell();
});

LeachingPage.choose = function (root, rows) {
  const page = LeachingPage.of(root);
  if (page && page.choose) { page.choose(rows, false); }
};
LeachingPage.chosen = function (root = document) {
  const page = LeachingPage.of(root);
  return page && page.chosen ? page.chosen() : [];
};
