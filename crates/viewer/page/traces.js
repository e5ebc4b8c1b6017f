// The list of traces, and the search.

import { getJson, h, query, rowStep, show, table, update } from "./dom.js";
import { clock, count, duration, number, weight } from "./format.js";

const FIELDS = ["actor", "kind", "instance", "attribute", "min_ms", "max_ms", "span_ms", "failed", "order"];
/** A list that took so long to make is made again after a hundred times as long. */
const PATIENCE = 100, MOST_PATIENCE = 10_000;

export function traces({ main, live, search, go }) {
  const values = Object.fromEntries(FIELDS.map((name) => [name, search.get(name) ?? ""]));
  let found = null, chosen = null, changes = -1, busy = null, timer = null, next = 0;
  const input = (name, title, size, type = "text", hint = null) => h("label", {}, title, h("input", { type, name, size, value: values[name], placeholder: hint, autocomplete: "off", spellcheck: "false", oninput: later }));
  const form = h("form", { class: "bar-of-tools", role: "search", onsubmit: (event) => { event.preventDefault(); apply(); document.activeElement.blur(); } },
    input("attribute", "Attribute, text or id", 25, "search", "channel=42 or bytes>=1000"), input("actor", "Actor", 10), input("kind", "Kind", 10), input("instance", "Instance", 10),
    input("min_ms", "From ms", 4), input("max_ms", "to ms", 4), input("span_ms", "A span of ms", 4),
    h("label", {}, h("input", { type: "checkbox", name: "failed", checked: values.failed === "1", onchange: apply }), "failed"),
    h("label", {}, "Order", h("select", { name: "order", onchange: apply }, [["", "newest"], ["slowest", "slowest"], ["spans", "most spans"]].map(([of, title]) => h("option", { value: of, selected: of === values.order }, title)))));
  const list = h("div", {});
  show(main, form, list);
  live("api/events?view=status");
  load();

  function later() {
    clearTimeout(timer);
    timer = setTimeout(apply, 200);
  }

  function apply() {
    clearTimeout(timer);
    for (const name of FIELDS) {
      const field = form.elements[name];
      values[name] = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim();
      if (name.endsWith("_ms")) field.setAttribute("aria-invalid", String(!(Number(values[name]) >= 0)));
    }
    chosen = null;
    const asked = query(values);
    history.replaceState(null, "", asked ? `#/traces?${asked}` : "#/traces");
    load();
  }

  async function load() {
    busy?.abort();
    const mine = busy = new AbortController();
    const since = performance.now();
    try {
      const data = await getJson(`api/traces?${query({ ...values, most: 200 })}`, mine.signal);
      found = data;
      changes = data.changes;
      draw();
    } catch (error) {
      if (error.name !== "AbortError") show(list, h("p", { class: "error" }, String(error.message)));
    } finally {
      next = performance.now() + Math.min((performance.now() - since) * PATIENCE, MOST_PATIENCE);
      if (busy === mine) busy = null;
    }
  }

  /** Where the chosen trace is now: others may have come before it. */
  function place() {
    return Math.max(0, found.traces.findIndex((of) => of.trace_id === chosen));
  }

  function draw() {
    const none = found.of ? "No trace matches." : "No trace has ended yet. If the program has a recorder of its own, give it the viewer's exporter (Builder::start).";
    update(list, h("p", { class: "note", role: "status" }, `${count(found.traces.length + found.omitted, "trace")} of ${number(found.of)}.`, found.omitted ? ` The first ${found.traces.length} are shown.` : ""),
      found.traces.length === 0 ? h("p", { class: "empty" }, none) : table("Traces", [
        { title: "Began", cell: (of) => clock(of.start_unix_ms) },
        { title: "Operation", cell: (of) => [h("a", { href: `#/traces/${of.trace_id}` }, of.name), of.instance ? h("span", { class: "quiet" }, ` ${of.instance}`) : "", of.weight > 1.005 ? h("span", { class: "weight", title: "it stands for so many" }, ` ${weight(of.weight)}`) : ""] },
        { title: "took", numeric: true, cell: (of) => duration(of.duration) },
        { title: "longest wait", numeric: true, cell: (of) => of.longest_wait ? duration(of.longest_wait) : "" },
        { title: "spans", numeric: true, cell: (of) => number(of.spans) },
        { title: "failed", numeric: true, cell: (of) => of.failed ? h("span", { class: "bad" }, number(of.failed)) : "" },
        { title: "fields", className: "clip quiet", cell: (of) => h("span", { title: of.fields }, of.fields) },
        { title: "error", className: "clip bad", cell: (of) => of.error ? h("span", { title: of.error }, of.error) : "" },
      ], found.traces, { selected: place(), rowKey: (of) => of.trace_id, onRow: (of) => go(`#/traces/${of.trace_id}`) }));
  }

  return {
    close() { busy?.abort(); clearTimeout(timer); },
    // Spans have ended since the list was made.
    onStatus(of) { if (of.changes !== changes && !busy && performance.now() >= next) load(); },
    onKey(key) {
      if (!found?.traces.length) return false;
      const at = place();
      if (rowStep(key)) chosen = found.traces[Math.max(0, Math.min(at + rowStep(key), found.traces.length - 1))].trace_id;
      else if (key === "Enter") { go(`#/traces/${found.traces[at].trace_id}`); return true; }
      else return false;
      draw();
      main.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}
