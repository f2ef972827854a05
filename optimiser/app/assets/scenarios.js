// The screen "Scenarios": conditions, the count and the first rows of their table, and the table.
import { api, clearErrors, follow, make, once, sameElsewhere, showError } from "./app.js";
import { downloads, plainTable } from "./screen.js";

const $ = (id) => document.getElementById(id);
const form = $("form");
const makers = [$("predict"), $("csv"), $("xlsx")];
let asking = null;

function valueOf(part) {
  if (part.classList.contains("several")) {
    const more = part.querySelector('input[type="text"]').value.split(",");
    return [...Array.from(part.querySelectorAll("input:checked"), (one) => one.value), ...more].map((one) => one.trim()).filter(Boolean).join(",");
  }
  if (part.querySelector(".how").value === "values") { return part.querySelector(".values input").value.replace(/[\s,;]+/g, ",").replace(/^,|,$/g, ""); }
  const [low, high, count] = ["low", "high", "count"].map((name) => part.querySelector(`.${name}`).value);
  return $("hypercube").checked ? `${low}:${high}` : `${low}:${high}:${count}`;
}

function asked(suffix = "csv") {
  const conditions = Object.fromEntries(Array.from(form.querySelectorAll("[data-condition]"), (part) => [part.dataset.condition, valueOf(part)]));
  return {
    conditions, suffix, problem: $("problem").value,
    lhs: $("hypercube").checked ? Number($("lhs").value) : null, seed: Number($("seed").value) || 0
  };
}

function arrange() {
  form.querySelectorAll(".condition").forEach((part) => {
    const range = part.querySelector(".how").value === "range";
    part.querySelector(".values").hidden = range;
    part.querySelector(".range").hidden = !range;
    part.querySelector(".steps").hidden = $("hypercube").checked;
  });
  $("hypercube-fields").hidden = !$("hypercube").checked;
}

const NAMES = { feed: "feeds", acid: "acids", temperature: "temperatures", acid_concentration: "concentrations", h2o2: "peroxide contents", solid_liquid_ratio: "solid-liquid ratios", time: "times" };

async function look() {
  arrange();
  if (asking) { asking.abort(); }
  asking = new AbortController();
  try {
    const told = await api("/scenarios/preview", { method: "POST", json: asked(), signal: asking.signal });
    clearErrors(form);
    makers.forEach((one) => { one.disabled = false; });
    const of = told.of.map(([name, count]) => `${count || "any"} ${NAMES[name]}`).join(" × ");
    $("count").textContent = `${told.count.toLocaleString("en")} ${told.count === 1 ? "row" : "rows"}: ${of}.`;
    $("preview").replaceChildren(...(told.rows.length
      ? [make("p", { class: "caption" }, told.rows.length < told.count ? `The first ${told.rows.length}.` : "All of them."), plainTable(told.header, told.rows, "first rows")]
      : [make("p", { class: "empty" }, "So many are drawn when the table is made.")]));
    sameElsewhere($("elsewhere"), told.command);
  } catch (error) {
    if (error.name === "AbortError") { return; }
    makers.forEach((one) => { one.disabled = true; });
    $("count").textContent = "No rows yet.";
    $("preview").replaceChildren();
    const scrolled = [scrollX, scrollY], focused = document.activeElement;
    showError(form, error);
    if (focused && focused !== document.body) { focused.focus(); scrollTo(...scrolled); } // the user is typing
  }
}

function watch(id, go) {
  history.replaceState(null, "", `/scenarios?job=${id}`);
  $("downloads").replaceChildren();
  follow($("progress"), id, { ended: (job) => {
    if (job.state !== "done") { return; }
    if (go) { location.assign(`/predict?table=${id}`); return; }
    downloads($("downloads"), job, [["scenarios.csv", "CSV"], ["scenarios.xlsx", "XLSX"]]);
    $("downloads").firstChild.append(make("a", { class: "button quiet", href: `/predict?table=${id}` }, "Predict these"));
  } });
}

async function start(suffix, go) {
  try {
    const job = await api("/scenarios/run", { method: "POST", json: asked(suffix) });
    watch(job.id, go);
  } catch (error) { showError(form, error); }
}

function fill(about) {
  for (const part of form.querySelectorAll("[data-condition]")) {
    const text = about.conditions[part.dataset.condition] || "";
    if (part.classList.contains("several")) {
      const left = text.split(",").filter(Boolean);
      part.querySelectorAll('input[type="checkbox"]').forEach((one) => {
        one.checked = left.includes(one.value);
        if (one.checked) { left.splice(left.indexOf(one.value), 1); }
      });
      part.querySelector('input[type="text"]').value = left.join(", ");
      continue;
    }
    const range = text.includes(":");
    part.querySelector(".how").value = range ? "range" : "values";
    if (!range) { part.querySelector(".values input").value = text; continue; }
    const [low, high, count] = text.split(":");
    part.querySelector(".low").value = low;
    part.querySelector(".high").value = high;
    if (count) { part.querySelector(".count").value = count; }
  }
  $("hypercube").checked = about.lhs !== null;
  if (about.lhs !== null) { $("lhs").value = about.lhs; $("seed").value = about.seed; $("more").open = true; }
  $("problem").value = about.problem;
}

form.addEventListener("submit", once(() => start("csv", true)));
$("csv").addEventListener("click", once(() => start("csv", false)));
$("xlsx").addEventListener("click", once(() => start("xlsx", false)));
let pause = 0;
form.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 150); });

async function begin() {
  const id = new URLSearchParams(location.search).get("job");
  if (id) {
    try {
      const job = await api(`/jobs/${id}`);
      fill(job.about);
      watch(id, false);
    } catch (error) { showError(form, error); return; }
  }
  await look();
}
begin();
