// The screen More: a form of any other command, made of its options.
import { api, clearErrors, dropZone, errorBlock, fileLinks, follow, make, sameElsewhere, showError, showReport } from "./app.js";

const form = document.getElementById("form");
const elsewhere = document.getElementById("elsewhere");
let shown = null;

document.querySelectorAll("[data-command]").forEach((button) => button.addEventListener("click", () => open(button.dataset.command)));
const asked = new URLSearchParams(location.search);
if (asked.get("job")) { again(asked.get("job")); } else if (asked.get("command")) { open(asked.get("command")); }

async function open(command, values = {}) {
  let told;
  try { told = await api(`/more/form?command=${encodeURIComponent(command)}`); } catch (error) { form.replaceChildren(errorBlock(error.told)); return; }
  document.querySelectorAll("[data-command]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.command === command)));
  document.getElementById("form-title").textContent = document.querySelector(`[data-command="${command}"]`).firstChild.textContent;
  document.getElementById("about").textContent = told.about;
  shown = { command, fields: told.fields.map((field) => ({ field, ...inputOf(field, values[field.name]) })) };
  const must = shown.fields.filter((one) => one.field.required || one.field.argument || one.field.kind === "front");
  const may = shown.fields.filter((one) => !must.includes(one));
  form.replaceChildren(...must.map((one) => one.row),
    may.length ? make("details", { open: must.length === 0 }, make("summary", {}, `${may.length} more options`), ...may.map((one) => one.row)) : "",
    make("p", { class: "field" }, make("button", {}, "Run it")));
  history.replaceState(null, "", `/more?command=${encodeURIComponent(command)}`);
  elsewhere.replaceChildren();
}

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
  if (field.kind === "upload") { return uploadOf(field, key, about); }
  if (field.kind === "texts") {
    const input = make("textarea", { id, rows: 2, "aria-describedby": described, placeholder: "one on each line" });
    input.value = Array.isArray(value) ? value.join("\n") : "";
    return { row: label(input), read: () => input.value.split("\n") };
  }
  if (field.values.length || ["front", "run", "acids", "prices", "impacts", "model"].includes(field.kind)) {
    const none = field.values.length ? (field.required ? "choose one" : field.usual || "as it is") : "none here yet";
    const input = make("select", { id, "aria-describedby": described }, make("option", { value: "" }, none), ...field.values.map((one) => make("option", { value: one, selected: one === value }, one)));
    if (field.kind !== "question") { return { row: label(input), read: () => input.value }; }
    const box = make("div", {});
    dropZone(box, { accept: ".yaml,.yml", label: "or drop a problem or config as YAML", taken: (kept) => {
      const added = make("option", { value: `upload:${kept.upload}`, selected: true }, kept.name);
      input.append(added);
      input.value = added.value;
    } });
    return { row: make("div", { "data-key": key }, label(input), box), read: () => input.value };
  }
  const input = make("input", { type: field.kind === "number" ? "number" : "text", step: "any", id, placeholder: field.usual, autocomplete: "off", spellcheck: "false", "aria-describedby": described });
  input.value = typeof value === "string" ? value : "";
  return { row: label(input), read: () => input.value };
}

function uploadOf(field, key, about) {
  let upload = "";
  const box = make("div", {});
  dropZone(box, { accept: ".yaml,.yml,.csv,.xlsx", label: `Drop ${field.label}, or choose it`, taken: (kept) => { upload = kept.upload; } });
  return { row: make("div", { class: "field stacked", "data-key": key }, make("span", {}, field.label), box, about), read: () => upload };
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  clearErrors(form);
  const values = Object.fromEntries(shown.fields.map((one) => [one.field.name, one.read()]).filter(([, value]) => value !== "" && value !== false));
  try {
    const job = await api("/more/start", { method: "POST", json: { command: shown.command, values } });
    history.replaceState(null, "", `/more?job=${job.id}`);
    watch(job.id);
  } catch (error) { showError(form, error); }
});

async function again(id) {
  try {
    const job = await api(`/jobs/${id}`);
    await open(job.about.command, job.about.values);
    history.replaceState(null, "", `/more?job=${id}`);
    watch(id);
  } catch (error) { form.replaceChildren(errorBlock(error.told)); }
}

function watch(id) {
  const printed = document.getElementById("printed");
  const cards = document.getElementById("cards");
  printed.replaceChildren();
  cards.replaceChildren();
  follow(document.getElementById("progress"), id, { ended: async (job) => {
    sameElsewhere(elsewhere, job.command);
    const text = (job.printed.out || "").trim();
    if (text) { printed.replaceChildren(make("section", { class: "card" }, make("h2", {}, "What it said"), make("pre", { tabindex: "0", "aria-label": "what the command printed" }, text), job.files.length ? fileLinks(job) : null)); }
    if (job.report) { await showReport(cards, id); }
  } });
}
