// The list of traces, and the search.

import { getJson, h, query, show, table } from "./dom.js";
import { clock, count, duration, number, weight } from "./format.js";

const FIELDS = ["actor", "kind", "instance", "attribute", "min_ms", "max_ms", "failed", "order"];

export function traces({ main, live, search, go }) {
  const values = Object.fromEntries(FIELDS.map((name) => [name, search.get(name) ?? ""]));
  let found = null, selected = 0, changes = -1, busy = null, timer = null;
  const input = (name, title, size, type = "text") => h("label", {}, title, h("input", { type, name, size, value: values[name], autocomplete: "off", spellcheck: "false", oninput: later }));
  const form = h("form", { class: "bar-of-tools", role: "search", onsubmit: (event) => { event.preventDefault(); apply(); document.activeElement.blur(); } },
    input("attribute", "Attribute or text", 24, "search"), input("actor", "Actor", 12), input("kind", "Kind", 12), input("instance", "Instance", 12), input("min_ms", "From ms", 5), input("max_ms", "to ms", 5),
    h("label", {}, h("input", { type: "checkbox", name: "failed", checked: values.failed === "1", onchange: apply }), "failed"),
    h("label", {}, "Order", h("select", { name: "order", onchange: apply }, [["", "newest"], ["slowest", "slowest"], ["spans", "most spans"]].map(([of, title]) => h("option", { value: of, selected: of === values.order }, title)))));
  const list = h("div", {});
  show(main, form, list);
  live("/api/events?view=status");
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
    }
    selected = 0;
    const asked = query(values);
    history.replaceState(null, "", asked ? `#/traces?${asked}` : "#/traces");
    load();
  }

  async function load() {
    busy?.abort();
    const mine = busy = new AbortController();
    try {
      const data = await getJson(`/api/traces?${query({ ...values, most: 200 })}`, mine.signal);
      found = data;
      changes = data.changes;
      draw();
    } catch (error) {
      if (error.name !== "AbortError") show(list, h("p", { class: "error" }, String(error.message)));
    } finally {
      if (busy === mine) busy = null;
    }
  }

  function draw() {
    const scroll = main.scrollTop;
    show(list, h("p", { class: "note", role: "status" }, `${count(found.traces.length + found.omitted, "trace")} of ${number(found.of)}.`, found.omitted ? ` The first ${found.traces.length} are shown.` : ""),
      found.traces.length === 0 ? h("p", { class: "empty" }, found.of ? "No trace matches." : "No trace has ended yet. If the program has a recorder of its own, give it the viewer's exporter (Builder::start).") : table("Traces", [
        { title: "Began", cell: (of) => clock(of.start_unix_ms) },
        { title: "Operation", cell: (of) => [h("a", { href: `#/traces/${of.trace_id}` }, of.name), of.instance ? h("span", { class: "quiet" }, ` ${of.instance}`) : "", of.weight > 1.005 ? h("span", { class: "weight", title: "it stands for so many" }, ` ${weight(of.weight)}`) : ""] },
        { title: "took", numeric: true, cell: (of) => duration(of.duration) },
        { title: "longest wait", numeric: true, cell: (of) => of.longest_wait ? duration(of.longest_wait) : "" },
        { title: "spans", numeric: true, cell: (of) => number(of.spans) },
        { title: "failed", numeric: true, cell: (of) => of.failed ? h("span", { class: "bad" }, number(of.failed)) : "" },
        { title: "fields", className: "clip quiet", cell: (of) => of.fields },
        { title: "error", className: "clip bad", cell: (of) => of.error ?? "" },
      ], found.traces, { selected, onRow: (of) => go(`#/traces/${of.trace_id}`) }));
    main.scrollTop = scroll;
  }

  return {
    close() { busy?.abort(); clearTimeout(timer); },
    // Spans have ended since the list was made.
    onStatus(of) { if (of.changes !== changes && !busy && !document.hidden) load(); },
    onKey(key) {
      if (!found?.traces.length) return false;
      if (key === "j" || key === "ArrowDown") selected = Math.min(selected + 1, found.traces.length - 1);
      else if (key === "k" || key === "ArrowUp") selected = Math.max(selected - 1, 0);
      else if (key === "Enter") { go(`#/traces/${found.traces[selected].trace_id}`); return true; }
      else return false;
      draw();
      main.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}
