// What several screens do with their forms and files.
import { make } from "./app.js";

/** The field of a form that an error's key names, or null. */
export function field(form, key) {
  return Array.from(form.querySelectorAll("[data-key]")).find((one) => one.dataset.key.split(" ").includes(key)) || null;
}

/** Make a list offer these values, as `[value, text]`, and keep what is chosen where it is still there. */
export function only(select, values) {
  const chosen = select.value;
  select.replaceChildren(...values.map(([value, text]) => make("option", { value }, text)));
  if (values.some(([value]) => value === chosen)) { select.value = chosen; }
}

/** Links to the files of a job that are there, as `[name, what it is]`. */
export function downloads(box, job, names) {
  const there = names.filter(([name]) => job.files.includes(name));
  box.replaceChildren(make("p", { class: "go" }, ...there.map(([name, what]) =>
    make("a", { class: "button quiet", download: true, href: `/jobs/${job.id}/files/${name.split("/").map(encodeURIComponent).join("/")}` }, `Download ${what}`))));
}

/** A table of texts to read; columns whose cells are all numbers stand right. */
export function plainTable(header, rows, label) {
  const numbers = header.map((_, k) => rows.every((row) => row[k] === "" || row[k] === null || !Number.isNaN(Number(row[k]))));
  return make("div", { class: "table-box tall", tabindex: "0", role: "region", "aria-label": label }, make("table", {},
    make("thead", {}, make("tr", {}, ...header.map((title, k) => make("th", { scope: "col", class: numbers[k] ? "number" : false }, title)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell, k) => make("td", { class: numbers[k] ? "number" : false }, cell === null ? "" : String(cell))))))));
}
