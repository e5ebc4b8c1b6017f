// Open work: what was received or asked for and has not ended.

import { h, query, rowStep, show, table, update } from "./dom.js";
import { clock, count, duration, number, place } from "./format.js";

let older = 0;

export function open({ main, live, go }) {
  let before = null, selected = 0, work = null;
  const tools = h("div", { class: "bar-of-tools" }, h("label", {}, "Older than", h("select", { value: String(older), onchange: (event) => { older = Number(event.target.value); connect(); } },
    [[0, "any"], [100, "100 ms"], [1000, "1 s"], [10000, "10 s"], [60000, "1 min"], [600000, "10 min"]].map(([ms, title]) => h("option", { value: String(ms), selected: ms === older }, title)))));
  const body = h("div", {});
  show(main, tools, body);
  connect();

  function connect() {
    live(`api/events?${query({ view: "open", older_ms: older, most: 200 })}`, (data) => { before = work; work = data; draw(); });
  }

  /** Whether a handler was not polled since the look before. */
  function stuck(handling) {
    const earlier = before?.handlings.find((of) => of.id === handling.id);
    return handling.polls > 0 && earlier?.polls === handling.polls;
  }

  function chain(places) {
    return h("span", { class: "chain" }, places.flatMap((of, i) => i ? [h("span", { class: "arrow" }, "→"), place(of)] : [place(of)]));
  }

  function draw() {
    const { handlings, asks, mailboxes, cycles, omitted } = work;
    selected = Math.min(selected, Math.max(0, handlings.length - 1));
    update(body,
      h("p", { class: "note" }, `As of ${clock(work.unix_seconds * 1000)}. ${count(handlings.length, "handling")}, ${count(asks.length, "ask")}, ${count(mailboxes.length, "mailbox", "mailboxes")}.`, omitted ? ` ${number(omitted)} more are not shown.` : ""),
      cycles.map((cycle) => h("p", { class: "error", role: "alert" }, "Actors that wait for one another: ", chain([...cycle, cycle[0]]))),
      h("h2", {}, "Handlers that run"),
      handlings.length === 0 ? h("p", { class: "note" }, "None.") : table("Handlings", [
        { title: "Actor", cell: (of) => h("span", { class: "strong" }, place(of.place)) },
        { title: "kind", cell: (of) => of.kind },
        { title: "running", numeric: true, cell: (of) => [of.is_timed ? "" : "≥ ", duration(of.running)] },
        { title: "waited", numeric: true, cell: (of) => duration(of.waited) },
        { title: "polls", numeric: true, cell: (of) => [number(of.polls), stuck(of) ? h("span", { class: "warn", title: "not polled for a second: it waits, or blocks its thread" }, " idle") : ""] },
        { title: "last sent to", cell: (of) => of.last_sent_to ? place(of.last_sent_to) : "" },
        { title: "trace", cell: (of) => of.trace_id ? h("a", { href: `#/traces/${of.trace_id}` }, `${of.trace_id.slice(0, 8)}…`) : h("span", { class: "quiet" }, "not kept") },
      ], handlings, { selected, rowKey: (of) => of.id, onRow: (of, at) => { selected = at; draw(); } }),
      h("h2", {}, "Who waits for whom"),
      asks.length === 0 ? h("p", { class: "note" }, "No ask is open.") : table("Asks", [
        { title: "Asking", cell: (of) => place(of.from) },
        { title: "waits for", className: "wrap", cell: (of) => chain(of.through) },
        { title: "since", numeric: true, cell: (of) => duration(of.waiting) },
      ], asks, { narrow: true }),
      h("h2", {}, "Mailboxes with messages"),
      mailboxes.length === 0 ? h("p", { class: "note" }, "All are empty.") : table("Mailboxes", [
        { title: "Actor", cell: (of) => place(of.place) },
        { title: "messages", numeric: true, cell: (of) => [h("span", { class: of.capacity && of.depth >= of.capacity ? "bad strong" : null }, number(of.depth)), of.capacity ? h("span", { class: "quiet" }, ` / ${number(of.capacity)}`) : ""] },
        { title: "oldest waits", numeric: true, cell: (of) => duration(of.oldest_wait) },
      ], mailboxes, { narrow: true }));
  }

  return {
    onKey(key) {
      if (!work?.handlings.length) return false;
      if (rowStep(key)) selected = Math.max(0, selected + rowStep(key));
      else if (key === "Enter" && work.handlings[selected]?.trace_id) { go(`#/traces/${work.handlings[selected].trace_id}`); return true; }
      else return false;
      draw();
      main.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}
