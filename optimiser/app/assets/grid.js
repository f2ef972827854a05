// A table that was dropped: its cells, what is wrong with them, and corrections in place.
import { make, errorBlock } from "./app.js";

/** Milliseconds in which the click that left a cell finds the cell that it is on. */
const LEAVING = 250;

/**
 * Make an element show a table; `changed(edits)` is called after each correction with all of them, as
 * `[row, column, text]`. Arrows move, Enter or F2 opens a cell, Escape leaves it as it was.
 */
export function grid(box, { changed, label = "table" }) {
  let told = null;
  let edits = new Map();
  let at = null;
  let late = false; // a table came while a cell was open, and is not drawn yet
  const only = make("input", { type: "checkbox" });
  const said = make("p", { role: "status", class: "grid-said" });
  const next = make("button", { type: "button", class: "quiet" }, "Next mistake");
  const undo = make("button", { type: "button", class: "quiet" }, "Undo corrections");
  const filter = make("label", { class: "check" }, only, "Only rows with mistakes");
  const top = make("div", { class: "grid-top" }, said, next, filter, undo);
  const above = make("div");
  const body = make("table", { role: "grid", "aria-label": label, class: "grid" });
  const frame = make("div", { class: "table-box tall grid-box" }, body);
  box.replaceChildren(top, above, frame);

  const titleOf = (column) => told.header[column] || `column ${column + 1}`;
  const cellOf = (row, column) => body.querySelector(`[data-row="${row}"][data-column="${column}"]`);
  const headRow = () => told.first - 1;

  function focusOn(cell) {
    if (!cell) { return; }
    const before = body.querySelector('[tabindex="0"]');
    if (before) { before.tabIndex = -1; }
    cell.tabIndex = 0;
    cell.focus();
    at = [Number(cell.dataset.row), Number(cell.dataset.column)];
  }

  function open(cell) {
    if (cell.querySelector("input")) { return; }
    const row = Number(cell.dataset.row), column = Number(cell.dataset.column), before = cell.textContent;
    const input = make("input", { type: "text", "aria-label": row === headRow() ? `title of column ${column + 1}` : `row ${row}, ${titleOf(column)}`, maxlength: 300 });
    input.value = before;
    const first = input.value; // without line breaks, which a field cannot have
    let left = false;
    const leave = (keep, back) => {
      if (left) { return; }
      left = true;
      const other = keep && input.value !== first, text = input.value.trim();
      cell.replaceChildren(other ? text : before);
      if (back) { focusOn(cell); }
      if (other) { edits.set(`${row}:${column}`, [row, column, text]); cell.classList.add("edited"); changed(list()); }
      else { setTimeout(drawLate, LEAVING); }
    };
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") { event.preventDefault(); leave(true, true); }
      if (event.key === "Escape") { leave(false, true); }
    });
    input.addEventListener("blur", () => leave(true, false));
    cell.replaceChildren(input);
    input.focus();
    input.select();
  }

  body.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-column]");
    if (cell && event.target.tagName !== "INPUT") { focusOn(cell); open(cell); }
  });
  body.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-column]");
    if (!cell) { return; }
    if (event.key === "Enter" || event.key === "F2") { event.preventDefault(); open(cell); return; }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) { return; }
    event.preventDefault();
    const column = Number(cell.dataset.column) + step[1];
    if (step[1]) { focusOn(cellOf(cell.dataset.row, column)); return; }
    const rows = Array.from(body.querySelectorAll(`[data-column="${column}"]`)).filter((one) => !one.parentElement.hidden);
    focusOn(rows[rows.indexOf(cell) + step[0]]);
  });
  only.addEventListener("change", draw);
  undo.addEventListener("click", () => { edits = new Map(); changed([]); });
  next.addEventListener("click", () => {
    const wrong = Array.from(body.querySelectorAll('[aria-invalid="true"]'));
    const here = at && cellOf(at[0], at[1]);
    const after = wrong.find((one) => here && here.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) || wrong[0];
    if (after) { focusOn(after); after.scrollIntoView({ block: "center", inline: "center" }); }
  });

  function list() { return Array.from(edits.values()); }

  function cellFor(name, row, column, text, wrong) {
    return make(name, {
      role: name === "th" ? "columnheader" : "gridcell", tabindex: -1, "data-row": row, "data-column": column,
      class: edits.has(`${row}:${column}`) ? "edited" : false,
      "aria-invalid": wrong ? "true" : false, "aria-describedby": wrong ? `wrong-${row}` : false
    }, text);
  }

  function typing() { return body.contains(document.activeElement) && document.activeElement.tagName === "INPUT"; }
  function drawLate() { if (late && !typing()) { redraw(); } }
  function redraw() {
    const inside = body.contains(document.activeElement);
    draw();
    if (inside && at) { focusOn(cellOf(at[0], at[1])); }
  }

  function draw() {
    late = false;
    const byRow = new Map(told.problems.filter((one) => one.row !== null).map((one) => [one.row, one]));
    const ofTable = told.problems.filter((one) => one.row === null);
    const several = told.problems.length;
    const mistakes = several === 0 ? (told.lacking ? "see what is wrong at its field" : "nothing wrong with it") : `${several >= 100 ? "at least " : ""}${several} ${several === 1 ? "mistake" : "mistakes"} to correct`;
    const rest = told.count > told.rows.length ? `; the first ${told.rows.length} are shown` : "";
    said.textContent = `${told.count} ${told.count === 1 ? "row" : "rows"}${rest}: ${mistakes}${edits.size ? `; ${edits.size} corrected, the file stays as it was` : ""}.`;
    said.dataset.wrong = several > 0;
    next.hidden = byRow.size === 0;
    filter.hidden = byRow.size === 0;
    undo.hidden = edits.size === 0;
    above.replaceChildren(...ofTable.map((one) => errorBlock(one)));
    const place = [frame.scrollTop, frame.scrollLeft];
    const head = make("tr", {}, make("th", { scope: "col", role: "columnheader" }, "row"),
      ...told.header.map((title, column) => cellFor("th", headRow(), column, title, ofTable.some((one) => one.column === column))));
    const rows = told.rows.flatMap(([number, cells]) => {
      const wrong = byRow.get(number);
      if (only.checked && byRow.size && !wrong) { return []; }
      const line = make("tr", {}, make("td", { role: "rowheader" }, String(number)),
        ...cells.map((text, column) => cellFor("td", number, column, text, wrong && wrong.column === column)));
      if (!wrong) { return [line]; }
      line.classList.add("wrong");
      const block = errorBlock({ ...wrong, where: "" }); // it stands there
      block.removeAttribute("role"); // dozens of alerts at once would be read aloud
      block.id = `wrong-${number}`;
      return [line, make("tr", { class: "mistake" }, make("td", { role: "rowheader" }, ""), make("td", { role: "gridcell", colspan: told.header.length }, block))];
    });
    body.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
    [frame.scrollTop, frame.scrollLeft] = place;
    const first = (at && cellOf(at[0], at[1])) || body.querySelector("td[data-column]") || body.querySelector("[data-column]");
    if (first) { first.tabIndex = 0; }
  }

  return {
    /** Show a table as the server tells it. */
    show(table) {
      told = table;
      late = typing(); // else the cell would be lost; it is drawn when that is left
      if (!late) { redraw(); }
    },
    /** The corrections; giving others replaces them. */
    edits(others) {
      if (others) { edits = new Map(others.map((one) => [`${one[0]}:${one[1]}`, one])); at = null; only.checked = false; }
      return list();
    }
  };
}
