// The screen Front: the report's cards, choosing among all designs of the run, pinned designs, exports.
import { Refused, api, clearErrors, errorBlock, make, once, sameElsewhere, showError, showReport } from "./app.js";

const select = document.getElementById("run");
if (select) { select.addEventListener("change", () => { location.href = `/front?job=${encodeURIComponent(select.value)}`; }); }

const front = document.getElementById("trade-off");
if (front) { start(front.dataset.job); }

async function start(job) {
  const cards = document.getElementById("cards");
  let told;
  try {
    [told] = await Promise.all([api(`/front/data?job=${job}`), showReport(cards, job)]);
  } catch (error) {
    cards.replaceChildren(errorBlock(error.told));
    cards.removeAttribute("aria-busy");
    return;
  }
  const contents = cards.querySelector(":scope > nav"), first = cards.querySelector("section#front");
  if (contents && first) { contents.after(first); } // what this screen is for
  const pins = pinned(job, told);
  let rows = [];
  const picked = document.getElementById("picked");
  const pin = document.getElementById("pin");
  cards.addEventListener("leaching:chosen", (event) => {
    rows = event.detail.rows;
    picked.textContent = rows.length === 0 ? "No design is chosen: exports take all." : rows.length === 1 ? `Design ${rows[0] + 1} is chosen.` : `${rows.length} designs are chosen.`;
    pin.disabled = rows.length === 0 || rows.length > 6;
    exportLinks(job, rows);
    choosing.from(rows.length === 1 ? rows[0] : null);
  });
  pin.addEventListener("click", () => rows.forEach((row) => pins.add(`design ${row + 1}`, told.rows[row])));
  const choosing = chooser(job, told, pins, (row) => window.LeachingPage.choose(cards, [row]));
  exportLinks(job, rows);
  cards.removeAttribute("aria-busy");
  try {
    const [run, question] = await Promise.all([api(`/jobs/${job}`), api(`/runs/question?job=${job}`)]);
    sameElsewhere(document.getElementById("run-elsewhere"), run.command, question.files);
  } catch (error) { if (!(error instanceof Refused)) { throw error; } } // what ran is not essential here
}

// Improve, relax, keep: a row per metric, from the design that is chosen, or the best one.
function chooser(job, told, pins, mark) {
  const form = document.getElementById("choose");
  const out = document.getElementById("chosen");
  let start = null;
  const lines = told.metrics.map((metric) => {
    const now = make("output", { class: "now" });
    const way = make("select", { name: metric.name, "aria-label": `${metric.label}: what is to become of it` },
      make("option", { value: "" }, "be any"), make("option", { value: "improve" }, "improve"),
      make("option", { value: "keep" }, "keep"), make("option", { value: "relax" }, metric.minimised ? "relax up to" : "relax down to"));
    const limit = make("input", { type: "number", step: "any", hidden: true, "aria-label": `${metric.label}: how far, ${metric.unit}`, "data-key": metric.name });
    way.addEventListener("change", () => {
      limit.hidden = way.value !== "relax";
      if (!limit.hidden && limit.value === "") {
        const value = told.values[metric.name][start ?? 0];
        limit.value = value === null ? "" : Number((value * (metric.minimised ? 1.1 : 0.95)).toPrecision(3));
      }
    });
    return { metric, now, way, limit, row: make("tr", {}, make("th", { scope: "row" }, metric.label, " ", make("span", { class: "unit" }, metric.unit)), make("td", { class: "number" }, now), make("td", {}, way, " ", limit)) };
  });
  const main = new Set([...told.objectives, "cost", "recovery", "climate_change"]);
  const rest = lines.filter((line) => !main.has(line.metric.name) && !line.metric.name.startsWith("yield_"));
  rest.forEach((line) => { line.row.hidden = true; });
  const more = make("button", { type: "button", class: "quiet", hidden: rest.length === 0, onclick: () => {
    rest.forEach((line) => { line.row.hidden = false; });
    more.remove();
  } }, `${rest.length} more metrics`);
  const from = make("p", { class: "caption" });
  form.replaceChildren(from,
    make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "What to improve, relax and keep" },
      make("table", { class: "choosing" }, make("thead", {}, make("tr", {}, ...["metric", "now", "is to"].map((text) => make("th", { scope: "col" }, text)))), make("tbody", {}, ...lines.map((line) => line.row)))),
    make("p", { class: "field" }, make("button", {}, "Find the design"), more));
  function set(row) {
    start = row;
    from.textContent = row === null ? "From the cheapest or best design of the front." : `From design ${row + 1}, which is chosen below.`;
    lines.forEach((line) => { line.now.textContent = told.rows[row ?? 0][line.metric.name].split(" (")[0]; });
  }
  set(null);
  form.addEventListener("submit", once(async () => {
    clearErrors(form);
    const of = (way) => lines.filter((line) => line.way.value === way);
    const asked = {
      job, start, improve: of("improve").map((line) => line.metric.name), keep: of("keep").map((line) => line.metric.name),
      relax: Object.fromEntries(of("relax").map((line) => [line.metric.name, line.limit.value === "" ? null : Number(line.limit.value)]))
    };
    out.replaceChildren(make("p", { class: "empty" }, "All designs of the run are looked at …"));
    try {
      const found = await api("/front/choose", { method: "POST", json: asked });
      out.replaceChildren(...found.text.map((line) => make("p", {}, line)),
        make("p", { class: "field" },
          make("button", { type: "button", onclick: () => pins.add("found", found.row) }, "Pin it"),
          found.on_front === null ? make("span", { class: "caption" }, "It is not on the front: it is behind it in the objectives.") : make("button", { type: "button", class: "quiet", onclick: () => mark(found.on_front) }, "Show it in the figures")));
      sameElsewhere(document.getElementById("elsewhere"), found.command);
    } catch (error) {
      out.replaceChildren();
      showError(form, error);
    }
  }));
  return { from: set };
}

// Pinned designs stay in this browser, per run, and stand side by side.
function pinned(job, told) {
  const key = `pins-${job}-${front.dataset.made}`; // another workspace has other jobs of this number
  const box = document.getElementById("pins");
  const unpin = document.getElementById("unpin");
  let pins = [];
  try { pins = JSON.parse(localStorage.getItem(key)) || []; } catch (error) { pins = []; }
  function draw() {
    unpin.hidden = pins.length === 0;
    if (pins.length === 0) { box.replaceChildren(make("p", { class: "empty" }, "None yet. Pin two or more to see them side by side.")); return; }
    const columns = told.columns.filter((column) => pins.some((one) => one.row[column.name] !== undefined));
    const differs = (name) => new Set(pins.map((one) => one.row[name])).size > 1;
    box.replaceChildren(make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Pinned designs side by side" },
      make("table", { class: "pins" },
        make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "figure"), ...pins.map((one, k) => make("th", { scope: "col" }, one.name, " ", make("button", { type: "button", class: "quiet", "aria-label": `unpin ${one.name}`, onclick: () => { pins.splice(k, 1); keep(); } }, "×"))))),
        make("tbody", {}, ...columns.map((column) => make("tr", { class: pins.length > 1 && differs(column.name) ? "differs" : "" }, make("th", { scope: "row" }, column.label, " ", make("span", { class: "unit" }, column.unit)), ...pins.map((one) => make("td", { class: "number" }, one.row[column.name] ?? "–"))))))));
  }
  function keep() {
    try { localStorage.setItem(key, JSON.stringify(pins)); } catch (error) { /* the browser keeps nothing */ }
    draw();
  }
  unpin.addEventListener("click", () => { pins = []; keep(); });
  draw();
  return { add(name, row) {
    if (pins.some((one) => JSON.stringify(one.row) === JSON.stringify(row))) { return; }
    pins = [...pins, { name, row }].slice(-8);
    keep();
  } };
}

function exportLinks(job, rows) {
  const asked = `job=${job}&rows=${rows.join(",")}`;
  const link = (text, href) => make("a", { class: "button quiet", href, download: true }, text);
  document.getElementById("exports").replaceChildren(
    link(rows.length ? "Chosen as CSV" : "All as CSV", `/front/export?${asked}&as=csv`),
    link(rows.length ? "Chosen as XLSX" : "All as XLSX", `/front/export?${asked}&as=xlsx`),
    link("Report", `/jobs/${job}/files/report/report.html`),
    make("span", { class: "caption" }, "Each figure has buttons that keep it as PNG or SVG."));
}
