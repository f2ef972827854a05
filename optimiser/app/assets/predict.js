// The screen "Predict": drop a table, correct it in place, predict it.
import { api, clearErrors, dropZone, empty, fileLinks, follow, make, Refused, sameElsewhere, showError, showReport } from "./app.js";
import { grid } from "./grid.js";
import { downloads, field, only } from "./screen.js";

const $ = (id) => document.getElementById(id);
const form = $("form");
let source = null; // { upload } or { job }
let asking = null;
const rows = grid($("grid"), { changed: look, label: "designs" });

function asked() {
  const told = { ...source, edits: rows.edits() };
  for (const key of ["sheet", "feed", "problem", "surrogate", "acids", "prices", "impacts"]) { told[key] = $(key).value; }
  for (const key of ["tolerances", "profile"]) { told[key] = $(key).checked ? $(key).value : ""; }
  told.basis = $("basis").value === "" ? null : Number($("basis").value);
  told.ef31 = $("ef31").checked;
  return told;
}

/** Ask what the table says and what is wrong with it, with the options as they are. */
async function look() {
  if (source === null) { return; }
  if (asking) { asking.abort(); }
  asking = new AbortController();
  const here = asking;
  try {
    const told = await api("/predict/table", { method: "POST", json: asked(), signal: here.signal });
    clearErrors(form);
    form.hidden = false;
    only($("sheet"), told.sheets.length > 1 ? [["", "choose one"], ...told.sheets.map((name) => [name, name])] : []);
    $("sheet-field").hidden = told.sheets.length < 2;
    $("run").disabled = told.problem !== null || told.problems.length > 0;
    if (told.problem) { rows.show({ ...told, problems: [{ row: null, column: null, ...told.problem }] }); return; }
    const ofField = told.problems.find((one) => one.row === null && one.key.length && field(form, one.key.join(".")));
    if (ofField) { showError(form, new Refused(ofField)); } // first: it takes all other marks away
    rows.show(ofField ? { ...told, problems: told.problems.filter((one) => one !== ofField), lacking: true } : told);
    sameElsewhere($("elsewhere"), told.command);
  } catch (error) {
    if (error.name === "AbortError") { return; }
    $("run").disabled = true;
    if (form.hidden) { showError($("drop"), error); } else { showError(form, error); }
  }
}

function take(taken) {
  source = taken;
  $("run").disabled = true;
  rows.edits([]);
  only($("sheet"), []);
  ["progress", "downloads", "cards"].forEach((id) => empty($(id)));
  history.replaceState(null, "", `/predict?${new URLSearchParams(taken.upload ? { upload: taken.upload } : { table: taken.job })}`);
  return look();
}

async function ended(job) {
  if (job.error) { showError(form, new Refused(job.error)); return; }
  if (job.state !== "done") { return; }
  $("progress").replaceChildren();
  downloads($("downloads"), job, [["predicted.csv", "CSV"], ["report/scenarios.csv", "CSV"], ["predicted.xlsx", "XLSX"], ["report/report.html", "page"]]);
  $("downloads").append(make("details", {}, make("summary", {}, "All files"), fileLinks(job)));
  if (job.report) { await showReport($("cards"), job.id); return; }
  $("cards").replaceChildren(make("div", { class: "card" }, make("p", { class: "lead" }, "These are too many rows for cards and figures. The file holds them all."), ...(job.printed.out || "").trim().split("\n").map((line) => make("p", {}, line))));
}

function watch(id) {
  history.replaceState(null, "", `/predict?job=${id}`);
  ["downloads", "cards"].forEach((part) => empty($(part)));
  follow($("progress"), id, { ended });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  $("run").disabled = true;
  try {
    clearErrors(form);
    const job = await api("/predict/run", { method: "POST", json: asked() });
    watch(job.id);
    $("progress").scrollIntoView({ block: "nearest" });
  } catch (error) { showError(form, error); } finally { $("run").disabled = false; }
});
form.addEventListener("change", (event) => { if (!event.target.closest("#grid") && event.target.type !== "file") { look(); } });

dropZone($("drop"), { label: "Drop a table here, or choose one", taken: (kept) => take({ upload: kept.upload }) });
dropZone($("own-drop"), {
  accept: ".csv,.xlsx,.xlsm,.parquet,.yaml,.yml", label: "Drop a table of acids, prices or impact factors",
  taken: (kept) => {
    for (const key of ["acids", "prices", "impacts"]) { $(key).append(make("option", { value: kept.upload }, kept.name)); }
    const guess = ["prices", "impacts", "acids"].find((key) => new RegExp(key.slice(0, -1), "i").test(kept.name.replace(/^acids?_/i, "")));
    if (guess) { $(guess).value = kept.upload; return look(); }
    $("acids").focus();
  }
});

async function start() {
  const query = new URLSearchParams(location.search);
  if (query.get("job")) {
    try {
      const job = await api(`/jobs/${query.get("job")}`);
      const about = job.about;
      source = about.job ? { job: about.job } : { upload: about.upload };
      rows.edits(about.edits);
      for (const key of ["sheet", "feed", "problem", "surrogate", "acids", "prices", "impacts"]) {
        if (about[key] && !Array.from($(key).options).some((one) => one.value === about[key])) { $(key).append(make("option", {value: about[key]}, about[key].length === 24 ? "dropped file" : about[key])); }
        $(key).value = about[key];
      }
      for (const key of ["tolerances", "profile", "ef31"]) { $(key).checked = Boolean(about[key]); }
      $("basis").value = about.basis === null ? "" : about.basis;
      watch(job.id);
      await look();
    } catch (error) { showError($("drop"), error); }
  } else if (query.get("upload")) { await take({ upload: query.get("upload") }); }
  else if (query.get("table")) { await take({ job: query.get("table") }); }
}
start();
