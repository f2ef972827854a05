// The screen More: a form of any command, made of its options.
import { api, askFirst, clearErrors, dropZone, empty, errorBlock, fileLinks, follow, make, sameElsewhere, showError, showReport, turn } from "./app.js";

const form = document.getElementById("form");
const elsewhere = document.getElementById("elsewhere");
const PARTS = ["progress", "printed", "cards"].map((part) => document.getElementById(part)); // of a job
let shown = null; // the command, its fields and the button that runs it
let asking = new AbortController();
let later = 0;

document.querySelectorAll("[data-command]").forEach((button) => button.addEventListener("click", () => open(button.dataset.command)));
const asked = new URLSearchParams(location.search);
if (asked.get("job")) { again(asked.get("job")); } else if (asked.get("command")) { open(asked.get("command")); }

async function open(command, values = {}) {
  const mine = turn(open);
  let told;
  try { told = await api(`/more/form?command=${encodeURIComponent(command)}`); } catch (error) { if (mine()) { form.replaceChildren(errorBlock(error.told)); } return; }
  if (!mine()) { return; } // another one was chosen meanwhile
  quiet();
  document.querySelectorAll("[data-command]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.command === command)));
  const title = document.getElementById("form-title");
  title.textContent = told.title;
  document.getElementById("about").textContent = told.about;
  const run = make("button", {}, "Run it");
  shown = { command, run, fields: told.fields.map((field) => ({ field, ...inputOf(field, values[field.name]) })) };
  const must = shown.fields.filter((one) => one.field.required || one.field.argument || one.field.kind === "front");
  const may = shown.fields.filter((one) => !must.includes(one));
  const left = Object.entries(told.left_out);
  form.replaceChildren(...must.map((one) => one.row),
    may.length ? make("details", { open: must.length === 0 || may.some((one) => one.field.name in values) }, make("summary", {}, `${may.length} more options`), ...may.map((one) => one.row)) : "",
    make("p", { class: "field" }, run),
    left.length ? make("details", {}, make("summary", {}, "What is not asked for, and why"), ...left.map(([label, why]) => make("p", { class: "caption" }, make("code", {}, label), `: ${why}.`))) : "");
  history.replaceState(null, "", `/more?command=${encodeURIComponent(command)}`);
  [elsewhere, ...PARTS].forEach(empty); // what another command said
  title.scrollIntoView({ block: "nearest" });
  look();
}

function filled() {
  return { command: shown.command, values: Object.fromEntries(shown.fields.map((one) => [one.field.name, one.read()]).filter(([, value]) => value !== "" && value !== false)) };
}

// Ask no more which command the form is.
function quiet() {
  clearTimeout(later);
  asking.abort();
}

// Show the command that the form is so far; what is wrong with it is told when it is run.
async function look() {
  quiet();
  asking = new AbortController();
  const { signal } = asking;
  try {
    const told = await api("/more/start?dry=1", { method: "POST", json: filled(), signal });
    if (!signal.aborted) { sameElsewhere(elsewhere, told.command); }
  } catch (error) {
    if (!signal.aborted) { elsewhere.replaceChildren(make("p", { class: "caption" }, "The command stands here once what is needed is filled in.")); }
  }
}

form.addEventListener("input", (event) => {
  if (event.target.type === "file") { return; } // it is looked at once it was read
  clearTimeout(later);
  later = setTimeout(look, 300);
});

// A row of the form, and how its value is read.
function inputOf(field, value) {
  const id = `more-${field.name}`;
  const key = `${field.name} ${field.label}`;
  const about = field.about ? make("span", { class: "caption", id: `${id}-about` }, field.about) : null;
  const described = about ? `${id}-about` : null;
  const label = (inner) => make("div", { class: "field stacked", "data-key": key }, make("label", { for: id }, field.label, field.required ? " (needed)" : ""), inner, about);
  if (field.kind === "flag") {
    const input = make("input", { type: "checkbox", id, checked: value === true, "aria-describedby": described });
    return { row: make("div", { class: "field", "data-key": key }, input, make("label", { for: id }, field.label), about), read: () => input.checked };
  }
  if (field.kind === "upload") { return uploadOf(field, key, about, value); }
  if (field.kind === "texts") {
    const input = make("textarea", { id, rows: 2, "aria-describedby": described, placeholder: "one on each line" });
    input.value = Array.isArray(value) ? value.join("\n") : "";
    return { row: label(input), read: () => input.value.trim() ? input.value.split("\n") : "" };
  }
  if (!["text", "name", "number"].includes(field.kind)) {
    const none = field.values.length ? (field.required ? "choose one" : field.usual || "as it is") : "none here yet";
    const kept = typeof value === "string" && value.startsWith("upload:") ? [make("option", { value, selected: true }, "dropped file")] : [];
    const input = make("select", { id, "aria-describedby": described }, make("option", { value: "" }, none), ...field.values.map((one) => make("option", { value: one, selected: one === value }, one)), ...kept);
    if (!["question", "problem", "sweep"].includes(field.kind)) { return { row: label(input), read: () => input.value }; }
    const box = make("div", {});
    dropZone(box, { accept: ".yaml,.yml", label: `or drop a ${field.kind === "question" ? "problem or config" : field.kind} as YAML`, taken: (kept) => {
      const added = make("option", { value: `upload:${kept.upload}`, selected: true }, kept.name);
      input.append(added);
      input.value = added.value;
      look();
    } });
    return { row: make("div", { "data-key": key }, label(input), box), read: () => input.value };
  }
  const input = make("input", { type: field.kind === "number" ? "number" : "text", step: "any", id, placeholder: field.usual, autocomplete: "off", spellcheck: "false", "aria-describedby": described });
  input.value = typeof value === "string" ? value : "";
  return { row: label(input), read: () => input.value };
}

function uploadOf(field, key, about, value) {
  let upload = value || "";
  const box = make("div", {});
  dropZone(box, { accept: ".yaml,.yml,.csv,.xlsx,.xlsm,.parquet", label: `Drop ${field.label}, or choose it`, taken: (kept) => {
    upload = kept.upload;
    look();
  } });
  if (upload) { box.querySelector("[role=status]").textContent = "dropped file"; }
  return { row: make("div", { class: "field stacked", "data-key": key }, make("span", {}, field.label, field.required ? " (needed)" : ""), box, about), read: () => upload };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { run, fields } = shown;
  if (run.disabled) { return; }
  run.disabled = true; // a second click starts no second job
  clearErrors(form);
  try {
    const sure = fields.find((one) => ["yes", "force"].includes(one.field.name) && one.read());
    if (sure && !(await askFirst(`${sure.field.label}: ${sure.field.about}`, "Yes, do it"))) { return; }
    const job = await api("/more/start", { method: "POST", json: filled() });
    history.replaceState(null, "", `/more?job=${job.id}`);
    watch(job);
  } catch (error) { showError(form, error); } finally { run.disabled = false; }
});

async function again(id) {
  try {
    const job = await api(`/jobs/${id}`);
    await open(job.about.command, job.about.values);
    if (shown === null || shown.command !== job.about.command) { return; }
    history.replaceState(null, "", `/more?job=${id}`);
    watch(job);
  } catch (error) { form.replaceChildren(errorBlock(error.told)); }
}

function watch({ id, command }) {
  quiet();
  sameElsewhere(elsewhere, command);
  const [progress, printed, cards] = PARTS;
  PARTS.forEach(empty);
  follow(progress, id, { ended: async (job) => {
    const text = (job.printed.out || "").trim();
    if (text || job.files.length) { printed.replaceChildren(make("section", { class: "card" }, make("h2", {}, "What it said"), text ? make("pre", { tabindex: "0", "aria-label": "what the command printed" }, text) : null, job.files.length ? fileLinks(job) : null)); }
    if (job.report) { await showReport(cards, id); }
  } });
}
