// Cards come alive. LeachingPage.start(root) sets up any element that holds cards (the whole document, if left
// out), LeachingPage.stop(root) undoes it. Every script adds its part by LeachingPage.part(set): a function that
// gets a page, which is the root and how to look and listen inside it.
window.LeachingPage = (function () {
  "use strict";
  const parts = [], pages = new Map();

  function start(root = document) {
    stop(root);
    const ending = new AbortController();
    const page = {
      root: root,
      all: function (selector) { return Array.from(root.querySelectorAll(selector)); },
      named: function (name) { return root.querySelector("#" + CSS.escape(name)); },
      // listens until the page is stopped
      on: function (target, type, listener) { target.addEventListener(type, listener, { signal: ending.signal }); },
      // what to do when it is stopped, the last that was said first
      ended: function (undo) { page.undo.unshift(undo); },
      undo: [function () { ending.abort(); }],
      running: function () { return !ending.signal.aborted; }
    };
    pages.set(root, page);
    parts.forEach(function (set) { set(page); });
    page.begin();
  }
  function stop(root = document) {
    const page = pages.get(root);
    if (!page) { return; }
    pages.delete(root);
    page.undo.splice(0).forEach(function (undo) { undo(); });
  }
  return {
    start: start,
    stop: stop,
    part: function (set) { parts.push(set); },
    // the page of a root that was started; for further functions of LeachingPage
    of: function (root = document) { return pages.get(root); }
  };
})();

// Tables: a click on a heading, or Enter and Space on it, sorts; again, the other way round.
LeachingPage.part(function (page) {
  "use strict";
  function compare(a, b, numeric, sign) {
    if (a === "" || b === "") { return (a === "") - (b === ""); }
    return sign * (numeric ? Number(a) - Number(b) : a.localeCompare(b));
  }
  page.all("table.sortable:not(.parts)").forEach(function (table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach(function (head, column) {
      page.on(head.querySelector("button"), "click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (other) { other.setAttribute("aria-sort", "none"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0], numeric = head.classList.contains("number");
        Array.from(body.rows)
          .map(function (row, index) { return { row: row, key: row.cells[column].dataset.key, index: index }; })
          .sort(function (a, b) { return compare(a.key, b.key, numeric, down ? -1 : 1) || a.index - b.index; })
          .forEach(function (entry) { body.appendChild(entry.row); });
      });
    });
  });
});

// Folded parts: a link into one opens it.
LeachingPage.part(function (page) {
  "use strict";
  function unfold() {
    const aim = location.hash && page.named(decodeURIComponent(location.hash.slice(1)));
    const folded = aim && aim.closest("details:not([open])");
    if (folded) { folded.open = true; aim.scrollIntoView(); }
  }
  page.on(window, "hashchange", unfold);
  unfold();
});
