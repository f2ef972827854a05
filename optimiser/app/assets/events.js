// One connection for all tabs of the app: browsers allow only six to a server.
"use strict";

const pages = new Set();
const known = new Map();
let source = null;
let connected = null;

function tell(message) { for (const page of pages) { page.postMessage(message); } }

function open() {
  source = new EventSource("/events");
  source.onmessage = function (event) {
    const told = JSON.parse(event.data);
    if (told.open) {
      known.clear();
      for (const job of told.open) { known.set(job.id, job); }
      connected = true;
      tell({ connected, open: told.open });
      return;
    }
    if (told.job.state === "queued" || told.job.state === "running") { known.set(told.job.id, told.job); }
    else { known.delete(told.job.id); }
    tell(told);
  };
  source.onerror = function () {
    if (connected !== false) { connected = false; tell({ connected }); }
    if (source.readyState === EventSource.CLOSED) { setTimeout(open, 2000); }
  };
}

onconnect = function (event) {
  const page = event.ports[0];
  pages.add(page);
  page.onmessage = function (message) { if (message.data === "leave") { pages.delete(page); } };
  if (source === null) { open(); }
  if (connected !== null) { page.postMessage({ connected, open: Array.from(known.values()) }); }
};
