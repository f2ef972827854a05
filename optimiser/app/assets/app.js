// What all screens share: requests, errors at their fields, jobs, reports, files that are dropped.

/** An error of the app: `told` has what, where, allowed, remedy and key. */
export class Refused extends Error {
  constructor(told) { super(told.what); this.told = told; }
}

/** Ask the server and return its JSON; throws Refused with what the user can correct. */
export async function api(path, { method = "GET", body, json, signal } = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method, signal,
      headers: json === undefined ? {} : { "content-type": "application/json" },
      body: json === undefined ? body : JSON.stringify(json)
    });
  } catch (error) {
    if (error.name === "AbortError") { throw error; }
    throw new Refused({ what: "The app does not answer.", remedy: "look whether it still runs; what is here stays" });
  }
  const text = await answer.text();
  let told = null;
  try { told = JSON.parse(text); } catch (error) { /* not of ours */ }
  if (answer.ok && told !== null) { return told; }
  throw new Refused(told && told.error ? told.error : { what: told ? "The app failed." : text.slice(0, 300), remedy: answer.status === 401 ? "open the address that the app has printed" : "" });
}

/** An element: `make("p", { class: "error" }, "text", child)`. Texts are never read as HTML. */
export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) { made.addEventListener(key.slice(2), value); }
    else if (value === true) { made.setAttribute(key, ""); }
    else if (value !== false && value !== null && value !== undefined) { made.setAttribute(key, value); }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const turns = new WeakMap();

/**
 * Take a turn at something, an element or a function: the function that is returned says whether no later turn at it
 * was taken since, so whether an answer that comes late may still be drawn.
 */
export function turn(at) {
  const mine = {};
  turns.set(at, mine);
  return () => turns.get(at) === mine;
}

/** Empty an element; a job that is followed in it, or a report that is on its way into it, is left. */
export function empty(box) {
  turn(box);
  if (window.LeachingPage) { window.LeachingPage.stop(box); }
  box.replaceChildren();
}

/** A handler that does nothing while it is still at work, such as one of a button that is clicked twice. */
export function once(call) {
  let working = false;
  return async (event) => {
    if (event && event.type === "submit") { event.preventDefault(); }
    if (working) { return; }
    working = true;
    try { await call(event); } finally { working = false; }
  };
}

/** The lines of an error as the command line has them. */
export function errorBlock(told) {
  const lines = [["where", told.where], ["allowed", told.allowed], ["do", told.remedy]].filter((line) => line[1]);
  return make("div", { class: "error", role: "alert" },
    make("p", {}, told.what),
    lines.length ? make("dl", {}, ...lines.flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)])) : null);
}

let errors = 0;

/** Take away what errors a form shows. */
export function clearErrors(form) {
  form.querySelectorAll(".error[data-of]").forEach((block) => block.remove());
  form.querySelectorAll("[aria-invalid]").forEach((field) => {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  });
}

/**
 * Show an error at the field that it concerns: the one whose `data-key` the error's key or place names; else on top.
 * `data-key` holds one or more keys with spaces between, such as "variables.temperature --fix".
 */
export function showError(form, error) {
  if (!(error instanceof Refused)) { throw error; }
  clearErrors(form);
  const dotted = error.told.key && error.told.key.length ? error.told.key.join(".") : "";
  const place = " " + (error.told.where || "").replace(/[\s,:]+/g, " ") + " ";
  let field = null, longest = 0;
  form.querySelectorAll("[data-key]").forEach((one) => {
    for (const key of one.dataset.key.split(" ")) {
      const fits = dotted === key || dotted.startsWith(key + ".") || place.includes(` ${key} `) || place.includes(` ${key}.`) || place.includes(` ${key}[`);
      if (fits && key.length > longest) { field = one; longest = key.length; }
    }
  });
  const block = errorBlock(error.told);
  block.id = `error-${errors += 1}`;
  block.dataset.of = "form";
  if (field === null) { form.prepend(block); block.tabIndex = -1; block.focus(); return; }
  const closed = field.closest("details:not([open])");
  if (closed) { closed.open = true; }
  const input = field.matches("input, select, textarea, button") ? field : field.querySelector("input, select, textarea, button");
  if (input) { input.setAttribute("aria-invalid", "true"); input.setAttribute("aria-describedby", block.id); }
  (field.closest("label, .field, fieldset") || field).after(block);
}

// Jobs: one stream of events for all tabs; whoever listens gets each change.
const listeners = new Set();
const going = new Map();

/** Call with each change of a job; returns what ends it. */
export function onJob(call) { listeners.add(call); return () => listeners.delete(call); }

function heard(message) {
  const lost = document.getElementById("lost");
  if (message.connected === false) { lost.hidden = false; return; }
  if (message.open) {
    const before = lost.hidden ? [] : Array.from(going.keys());
    lost.hidden = true;
    going.clear();
    message.open.forEach((job) => { going.set(job.id, job); listeners.forEach((call) => call(job)); });
    // what ended while there was no connection
    before.filter((id) => !going.has(id)).forEach((id) => api(`/jobs/${id}`).then((job) => listeners.forEach((call) => call(job)), () => {}));
    document.dispatchEvent(new CustomEvent("leaching:connected"));
  }
  if (message.job) {
    if (message.job.state === "queued" || message.job.state === "running") { going.set(message.job.id, message.job); }
    else { going.delete(message.job.id); }
    listeners.forEach((call) => call(message.job));
  }
  const mark = document.getElementById("going");
  const running = Array.from(going.values()).filter((job) => job.state === "running").length;
  const waiting = going.size - running;
  mark.hidden = going.size === 0;
  mark.textContent = `${running} running${waiting ? `, ${waiting} waiting` : ""}`;
}

if (window.SharedWorker) {
  const worker = new SharedWorker(document.body.dataset.worker, { name: "leaching-events" });
  worker.port.onmessage = (event) => heard(event.data);
  worker.port.start();
  addEventListener("pagehide", () => worker.port.postMessage("leave"));
  addEventListener("pageshow", (event) => { if (event.persisted) { location.reload(); } });
} else {
  const source = new EventSource("/events");
  source.onmessage = (event) => heard(JSON.parse(event.data).open ? { connected: true, ...JSON.parse(event.data) } : JSON.parse(event.data));
  source.onerror = () => heard({ connected: false });
}

export const STATES = {
  queued: "waiting", running: "running", done: "done", infeasible: "done, nothing is feasible", failed: "stopped by an error", cancelled: "cancelled"
};
export function over(job) { return job.state !== "queued" && job.state !== "running"; }

/** What a step says: "seed 1: generation 12 of 60". */
function stepText(step) {
  if (step.what === "steps") { return `${step.next || "at work"}: ${step.done} of ${step.of}`; }
  const volume = step.hypervolume === undefined ? "" : `, hypervolume ${step.hypervolume.toFixed(3)}`;
  const unit = step.hypervolume === undefined ? "" : "generation ";
  return `${step.what}: ${unit}${step.done} of ${step.of}${volume}`;
}

/**
 * Show a job in an element until it has ended: its place in the queue, its steps, a button that cancels it, and what
 * went wrong; then call `ended(job)`, whose job has `printed`, `files` and `report` too. A reload may call it again
 * with the id alone. Another job that is followed in the element, or `empty`, ends it.
 */
export function follow(box, id, { ended = () => {}, step = () => {} } = {}) {
  const status = make("p", { role: "status", class: "job-state" });
  const bars = make("div", { class: "bars" });
  const cancel = make("button", { type: "button", class: "quiet", onclick: () => cancelJob(id).catch((error) => box.append(errorBlock(error.told))) }, "Cancel");
  const part = make("div", { class: "job", "data-job": id, "aria-live": "off" }, status, bars, cancel);
  empty(box);
  box.append(part);
  const mine = turn(box);
  let finished = false;
  const draw = async (job) => {
    if (!mine()) { stop(); return; }
    if (job.id !== id || finished) { return; }
    part.dataset.state = job.state;
    const word = STATES[job.state] || job.state;
    status.textContent = `${word[0].toUpperCase()}${word.slice(1)}${job.position ? `: number ${job.position} in the queue` : ""}.`;
    bars.replaceChildren(...(job.steps || []).map((one) => make("label", {}, make("span", {}, stepText(one)), make("progress", { value: one.done, max: Math.max(1, one.of) }))));
    step(job);
    if (!over(job)) { return; }
    finished = true;
    stop();
    cancel.remove();
    bars.remove();
    if (job.error) { part.append(errorBlock(job.error)); }
    if (job.state === "removed") { return; }
    try {
      const whole = job.printed ? job : await api(`/jobs/${id}`);
      if (mine()) { ended(whole); }
    } catch (error) {
      if (!(error instanceof Refused)) { throw error; }
      if (mine()) { part.append(errorBlock(error.told)); }
    }
  };
  const stop = onJob(draw);
  api(`/jobs/${id}`).then(draw, (error) => { stop(); part.append(errorBlock(error.told)); cancel.remove(); });
}

/** Cancel a job; one that has ended meanwhile keeps its results. */
export function cancelJob(id) { return api(`/jobs/${id}?cancel=yes`, { method: "DELETE" }); }

/** Put the cards of a job's report into an element, with their figures; or those of the report at another address. */
export async function showReport(box, id, { address = `/jobs/${id}/report`, files = `/jobs/${id}/files/report` } = {}) {
  const mine = turn(box);
  const text = await fetch(address).then((answer) => (answer.ok ? answer.text() : null), () => null);
  if (!mine()) { return; }
  if (text === null) { box.replaceChildren(errorBlock({ what: "The report cannot be shown.", remedy: "load the page again, or look at the files of the job" })); return; }
  if (window.LeachingPage) { window.LeachingPage.stop(box); }
  const parsed = new DOMParser().parseFromString(text, "text/html"); // our own page; scripts in it stay data
  parsed.querySelectorAll("noscript").forEach((one) => one.remove()); // a parser that runs no scripts shows them
  parsed.querySelectorAll("a[href]").forEach((link) => { // files beside the page
    const to = link.getAttribute("href");
    if (/^[\w.-]+$/.test(to)) { link.setAttribute("href", `${files}/${to}`); link.setAttribute("download", ""); }
  });
  const cards = Array.from(parsed.querySelectorAll("section.card[id]"));
  const contents = make("nav", { "aria-label": "Contents of the report" }, make("ol", {}, ...cards.map((card) =>
    make("li", {}, make("a", { href: `#${card.id}` }, card.querySelector("h2").textContent)))));
  box.replaceChildren(...(cards.length > 3 ? [contents] : []), ...parsed.body.childNodes);
  if (window.LeachingPage) { window.LeachingPage.start(box); }
}

/**
 * Draw figures that change often into an element: each has name, title, about, and plotly's data and layout. They are
 * those of a report, with its buttons and colours.
 */
export function drawFigures(box, figures) {
  if (window.LeachingPage) { window.LeachingPage.stop(box); }
  const kept = new Map(Array.from(box.querySelectorAll("figure"), (one) => [one.dataset.name, one]));
  figures.forEach((one) => {
    const text = JSON.stringify({ data: one.data, layout: one.layout });
    if (kept.has(one.name)) { kept.get(one.name).querySelector("script").textContent = text; return; }
    const data = make("script", { type: "application/json", "data-plot": one.name, "data-title": one.title });
    data.textContent = text;
    box.append(make("figure", { "data-name": one.name }, make("figcaption", { class: "title" }, one.title),
      make("div", { class: "plot", id: one.name, role: "group", "aria-label": one.about }), data));
  });
  kept.forEach((one, name) => { if (!figures.some((figure) => figure.name === name)) { one.remove(); } });
  if (window.LeachingPage) { window.LeachingPage.start(box); }
}

/** Links to the files of a job. */
export function fileLinks(job) {
  return make("ul", { class: "files" }, ...job.files.map((name) =>
    make("li", {}, make("a", { href: `/jobs/${job.id}/files/${name.split("/").map(encodeURIComponent).join("/")}`, download: true }, name))));
}

/** "The same on the command line": a folded part with the command, and files such as YAML that go with it. */
export function sameElsewhere(box, command, files = {}) {
  const open = box.querySelector("details") && box.querySelector("details").open;
  const copied = (text, name) => make("button", { type: "button", class: "quiet", onclick: async (event) => {
    await navigator.clipboard.writeText(text);
    event.target.textContent = "copied";
  } }, `Copy ${name}`);
  box.replaceChildren(make("details", { class: "elsewhere", open }, make("summary", {}, "The same on the command line"),
    make("pre", { tabindex: "0", "aria-label": "command" }, command), copied(command, "the command"),
    ...Object.entries(files).flatMap(([name, text]) => [make("p", { class: "caption" }, name), make("pre", { tabindex: "0", "aria-label": name }, text), copied(text, name)])));
}

/** Ask before something that cannot be undone; true where the user says yes. */
export function askFirst(question, yes = "Yes") {
  return new Promise((answer) => {
    const dialog = make("dialog", { class: "question", "aria-label": question },
      make("p", {}, question),
      make("form", { method: "dialog", class: "field" },
        make("button", { value: "yes" }, yes), make("button", { class: "quiet", value: "no", autofocus: true }, "No, leave it")));
    dialog.addEventListener("close", () => { answer(dialog.returnValue === "yes"); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A table of texts: `columns` have label, unit and numeric, `rows` are cells or nodes. */
export function tableOf(caption, columns, rows) {
  return make("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": caption },
    make("table", { class: "plain" },
      make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: column.numeric ? "number" : null }, column.label, column.unit ? make("span", { class: "unit" }, column.unit) : null)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, j) => make("td", { class: columns[j].numeric ? "number" : null }, cell)))))));
}

/** Buttons to the page before and the next one; `go(page)` opens one. */
export function pager(page, pages, go) {
  if (pages < 2) { return make("span"); }
  return make("p", { class: "field pager" },
    make("button", { type: "button", class: "quiet", disabled: page <= 1, onclick: () => go(page - 1) }, "Back"),
    make("span", {}, `page ${page} of ${pages}`),
    make("button", { type: "button", class: "quiet", disabled: page >= pages, onclick: () => go(page + 1) }, "Next"));
}

/**
 * Make an element take a file, dropped or chosen with its button; calls `taken({ upload, name })`. The file that was
 * given last counts. A form that is sent while a file in it is still read is sent once it was, and not at all where the
 * file was refused.
 */
export function dropZone(box, { accept = ".csv,.xlsx,.xlsm,.parquet", label = "Drop a table here, or choose one", taken }) {
  const input = make("input", { type: "file", accept, class: "chooser" });
  const said = make("p", { role: "status", class: "caption" });
  const zone = make("label", { class: "drop" }, make("span", {}, label), input);
  let sent = false;
  const later = (event) => { event.preventDefault(); event.stopImmediatePropagation(); sent = true; };
  const give = async (file) => {
    if (!file) { return; }
    clearErrors(box);
    said.textContent = `${file.name} is read …`;
    const form = box.closest("form"), mine = turn(box);
    if (form) { form.addEventListener("submit", later, { capture: true }); }
    try {
      const kept = await api(`/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (!mine()) { return; }
      said.textContent = `${file.name}, ${(file.size / 1000).toFixed(1)} kB`;
      await taken(kept);
    } catch (error) {
      if (!mine()) { return; }
      sent = false;
      said.textContent = "";
      showError(box, error);
    } finally {
      if (form && mine()) { form.removeEventListener("submit", later, { capture: true }); }
    }
    if (sent) { sent = false; form.requestSubmit(); }
  };
  input.addEventListener("change", () => { give(input.files[0]); input.value = ""; });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); zone.classList.remove("over"); give(event.dataTransfer.files[0]); });
  box.replaceChildren(zone, said);
}

// Light and dark.
const theme = document.getElementById("theme");
function dark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
function nameTheme() { theme.textContent = dark() ? "Light" : "Dark"; }
theme.addEventListener("click", () => {
  const now = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = now;
  try { localStorage.setItem("theme", now); } catch (error) { /* the browser keeps nothing */ }
  nameTheme();
});
nameTheme();
