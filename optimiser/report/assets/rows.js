LeachingPage.part(function (page) {
  "use strict";

  // Long tables: the rows stand beside them as data and are put in a part at a time, those that were looked for.
  var FIRST = 100, PIECE = 1000, READ = 1000;

  function grouped(n) { return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ","); }
  function counted(n, noun) { return grouped(n) + " " + noun + (n === 1 ? "" : "s"); }
  // Numbers as they are packed beside the table; null where there is none.
  function unpacked(values) {
    if (!values) { return null; }
    var bytes = Uint8Array.from(atob(values.data), function (c) { return c.charCodeAt(0); }).buffer;
    var kinds = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, f8: Float64Array };
    var none = { u1: 255, u2: 65535, u4: 4294967295 }[values.kind];
    return Array.from(new kinds[values.kind](bytes), function (n) {
      return n === none || n !== n ? null : n + values.least;
    });
  }
  function number(column, row) {
    var value = column.values ? column.values[row] : row + 1;
    return value === null ? null : value / column.power;
  }
  function text(column, row) {
    if (column.words) { return column.words[column.values[row]]; }
    var value = number(column, row);
    if (value === null) { return "–"; }
    if (column.ceiling !== null && value > column.ceiling) { return "> " + column.ceiling; }
    if (column.digits === null) { return String(value).replace("-", "−"); }
    var parts = value.toFixed(column.digits).split(".");
    return [grouped(parts[0]), parts[1]].filter(function (p) { return p; }).join(".").replace("-", "−");
  }

  function set(box) {
    var data = JSON.parse(box.querySelector("script").textContent);
    var columns = data.columns, count = data.count, noun = box.dataset.noun;
    var body = box.querySelector("tbody"), said = box.querySelector('[role="status"]');
    var more = box.querySelector('[name="more"]'), all = box.querySelector('[name="all"]');
    var find = box.querySelector('[name="find"]'), only = box.querySelector('[name="only"]');
    var heads = Array.prototype.slice.call(box.querySelectorAll("th"));
    var texts = [], found = [], put = 0, turn = 0, sorting = null, begun = false;
    columns.forEach(function (c) {
      c.power = Math.pow(10, c.shift || 0);
      c.values = unpacked(c.values);
      c.kind = ((c.long ? "long" : c.words ? "" : "number") + (c.minor ? " minor" : "")).trim();
    });
    var statuses = columns.filter(function (c) { return c.label === "status"; })[0];

    // The order of the rows under the heading that was clicked; a text's place is that of its word.
    function ordered() {
      var order = [], i, c = sorting && columns[sorting.column], sign = sorting && sorting.down ? -1 : 1, keys;
      for (i = 0; i < count; i += 1) { order.push(i); }
      if (!c) { return order; }
      if (c.words) {
        var places = [];
        c.words.map(function (w, k) { return k; })
          .sort(function (a, b) { return c.words[a].localeCompare(c.words[b], "en", { numeric: true }); })
          .forEach(function (k, place) { places[k] = c.words[k] === "" ? null : place; });
        keys = order.map(function (row) { return places[c.values[row]]; });
      } else {
        keys = order.map(function (row) { return number(c, row); });
      }
      return order.sort(function (a, b) {
        if (keys[a] === null || keys[b] === null) { return (keys[a] === null) - (keys[b] === null) || a - b; }
        return sign * (keys[a] - keys[b]) || a - b;
      });
    }
    function look() {
      var words = find.value.toLowerCase().split(/\s+/).filter(function (w) { return w; });
      var status = only.value === "" ? null : Number(only.value);
      found = ordered().filter(function (row) {
        return (status === null || statuses.values[row] === status)
          && words.every(function (w) { return texts[row].indexOf(w) >= 0; });
      });
      turn += 1;
      put = 0;
      body.textContent = "";
      add(Math.min(FIRST, found.length));
      tell();
      box.querySelector(".table-box").scrollTop = 0;
    }
    function add(upTo) {
      var part = document.createDocumentFragment();
      for (; put < upTo; put += 1) {
        var line = document.createElement("tr");
        for (var k = 0; k < columns.length; k += 1) {
          var cell = document.createElement("td");
          if (columns[k].kind) { cell.className = columns[k].kind; }
          cell.textContent = text(columns[k], found[put]);
          line.appendChild(cell);
        }
        part.appendChild(line);
      }
      body.appendChild(part);
    }
    function tell() {
      var left = found.length - put;
      var part = left ? "The first " + grouped(put) + " of " : "";
      said.textContent = found.length < count
        ? part + counted(found.length, noun) + " found, of " + grouped(count) + "."
        : (part || (count > 1 ? "All " : "")) + counted(count, noun) + ".";
      more.hidden = all.hidden = left === 0;
      more.textContent = grouped(Math.min(FIRST, left)) + " more";
      all.textContent = "All " + grouped(found.length);
    }
    // All rows, a piece at a time, so that the page stays quick; a new search or sort ends it.
    function rest(mine) {
      if (mine !== turn || !page.running()) { return; }
      add(Math.min(put + PIECE, found.length));
      if (put === found.length) { tell(); return; }
      said.textContent = grouped(put) + " of " + grouped(found.length) + " …";
      setTimeout(function () { rest(mine); }, 0);
    }
    // What a search reads: all texts of a row. It is made in pieces, too, and first of all rows are shown.
    function read() {
      if (!page.running()) { return; }
      for (var last = Math.min(texts.length + READ, count); texts.length < last;) {
        var row = texts.length;
        texts.push(columns.map(function (c) { return text(c, row); }).join("\n").toLowerCase());
      }
      if (texts.length < count) {
        said.textContent = grouped(texts.length) + " of " + grouped(count) + " read …";
        setTimeout(read, 0);
        return;
      }
      begun = true;
      box.dataset.ready = "yes";
      if (find.value || only.value !== "" || sorting) { look(); } else { tell(); }
    }
    function again() { if (begun) { look(); } }

    page.on(find, "input", again);
    page.on(find.form, "submit", function (event) { event.preventDefault(); again(); });
    page.on(only, "change", again);
    page.on(more, "click", function () { turn += 1; add(Math.min(put + FIRST, found.length)); tell(); });
    page.on(all, "click", function () { turn += 1; more.hidden = all.hidden = true; rest(turn); });
    heads.forEach(function (head, k) {
      page.on(head.querySelector("button"), "click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        sorting = { column: k, down: down };
        again();
      });
    });
    page.ended(function () {
      body.textContent = only.textContent = "";
      delete box.dataset.ready;
    });
    if (statuses && statuses.words.length > 1) {
      only.add(new Option("all", ""));
      statuses.words.forEach(function (word, k) { only.add(new Option(word, k)); });
      only.parentElement.hidden = false;
    }
    found = ordered();
    add(Math.min(FIRST, count));
    setTimeout(read, 0);
  }
  page.all(".rows").forEach(set);
});
