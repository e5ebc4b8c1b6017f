// Actors: rates, percentiles, mailboxes, and their kinds of messages.

import { columnName, h, query, rowStep, show, sparkline, table, update } from "./dom.js";
import { count, duration, number, percent, rate } from "./format.js";

const unfolded = new Set();
let sort = { by: "msg/s", down: true };

export function actors({ main, live, go }) {
  let now = null, selected = 0, wanted = "";
  const filter = h("input", { type: "search", size: 24, "aria-label": "Actors whose name has", placeholder: "Find an actor", autocomplete: "off", spellcheck: "false", oninput: () => { wanted = filter.value.trim().toLowerCase(); selected = 0; draw(); } });
  const notes = h("span", { class: "note" });
  const body = h("div", {}, h("p", { class: "empty" }, "…"));
  show(main, h("div", { class: "bar-of-tools" }, filter, notes), body);
  live("api/events?view=actors", (data) => { now = data; draw(); });

  const times = (group, of) => ["p50", "p95", "p99"].map((title, at) => ({ title, group, starts: at === 0, numeric: true, sort: (row) => row[of][title], cell: (row) => duration(row[of][title]) }));
  const columns = [
    { title: "Actor", sort: (row) => row.actor, cell: (row) => row.of ? row.kind : [h("button", { type: "button", class: "toggle", "aria-expanded": unfolded.has(row.actor) ? "true" : "false", "aria-label": `Kinds of ${row.actor}`, onclick: () => toggle(row.actor) }, unfolded.has(row.actor) ? "▾" : "▸"), h("span", { class: "strong" }, row.actor), row.mailboxes > 1 ? h("span", { class: "quiet", title: "mailboxes" }, ` ×${number(row.mailboxes)}`) : null] },
    { title: "msg/s", numeric: true, sort: (row) => row.rate, cell: (row) => rate(row.rate) },
    { title: "last minute", cell: (row) => row.of ? "" : sparkline(row.spark, `messages a second, now ${rate(row.rate)}`) },
    { title: "busy", numeric: true, sort: (row) => row.busy, cell: (row) => row.busy >= 0.005 ? percent(row.busy) : "" },
    ...times("handling", "handling"),
    ...times("wait", "wait").filter(({ title }) => title !== "p95"),
    { title: "depth", group: "mailbox", starts: true, numeric: true, sort: (row) => row.depth, cell: (row) => row.of ? "" : [h("span", { class: row.full ? "bad strong" : null, title: row.full ? count(row.full, "full mailbox", "full mailboxes") : null }, number(row.depth)), row.capacity ? h("span", { class: "quiet" }, ` / ${number(row.capacity)}`) : null] },
    { title: "oldest", group: "mailbox", numeric: true, sort: (row) => row.oldest_wait, cell: (row) => row.of || !row.oldest_wait ? "" : duration(row.oldest_wait) },
    { title: "running", starts: true, numeric: true, sort: (row) => row.running, cell: (row) => row.running || "" },
    { title: "messages", numeric: true, sort: (row) => row.messages, cell: (row) => number(row.messages) },
    { title: "failed", numeric: true, sort: (row) => row.failed, cell: (row) => row.failed ? h("a", { class: "bad", href: traces(row, true), title: row.errors ? Object.entries(row.errors).map(([type, n]) => `${type}: ${n}`).join("\n") : null }, number(row.failed)) : "" },
    { title: "failed/s", numeric: true, sort: (row) => row.failed_rate, cell: (row) => row.failed_rate ? h("span", { class: "bad" }, rate(row.failed_rate)) : "" },
    { title: "", cell: (row) => h("a", { href: traces(row), "aria-label": `Traces of ${row.of ?? row.actor} ${row.kind ?? ""}` }, "traces") },
  ];

  function traces(row, failed) {
    return `#/traces?${query({ actor: row.of ?? row.actor, kind: row.of ? row.kind : "", failed })}`;
  }

  function rows() {
    const by = columns.find((column) => columnName(column) === sort.by)?.sort ?? ((row) => row.rate);
    const found = now.actors.filter((row) => row.actor.toLowerCase().includes(wanted));
    found.sort((one, other) => {
      const [a, b] = [by(one) ?? -1, by(other) ?? -1];
      return (a < b ? -1 : a > b ? 1 : 0) * (sort.down ? -1 : 1) || (one.actor < other.actor ? -1 : 1);
    });
    return found.flatMap((row) => unfolded.has(row.actor) ? [row, ...row.kinds.map((kind) => ({ ...kind, of: row.actor }))] : [row]);
  }

  function toggle(actor) {
    if (!unfolded.delete(actor)) unfolded.add(actor);
    draw();
  }

  function draw() {
    if (!now) return;
    const all = rows();
    selected = Math.min(selected, Math.max(all.length - 1, 0));
    update(notes, said());
    update(body,
      now.actors.length === 0 ? h("p", { class: "empty" }, "No actor has received a message yet.")
        : all.length === 0 ? h("p", { class: "empty" }, "No actor has this in its name.")
        : table("Actors", columns, all, {
          sort, onSort: (by) => { sort = { by, down: sort.by === by ? !sort.down : by !== "Actor" }; draw(); },
          rowClass: (row) => row.of ? "kind" : null, rowKey: (row) => row.of ? `${row.of}/${row.kind}` : row.actor, selected,
          onRow: (row, at) => { selected = at; if (!row.of) toggle(row.actor); else draw(); },
        }),
      sends());
  }

  function said() {
    const { overflow, asks } = now;
    const losses = [];
    if (overflow.messages) losses.push(`${count(overflow.messages, "message")} of kinds beyond the bound`);
    if (overflow.handlings) losses.push(`${count(overflow.handlings, "handling")} not timed`);
    const all = [now.window_seconds < 0.5 ? "Percentiles are of all since the start." : `Percentiles are of the last ${Math.round(now.window_seconds)} s.`];
    if (now.timed_one_in > 1) all.push(`One message in ${now.timed_one_in} is timed.`);
    if (asks.answered || asks.waiting) all.push(`Asks: ${number(asks.waiting)} wait, ${number(asks.answered)} answered, ${number(asks.timeout)} timed out, ${number(asks.no_reply)} without a reply.`);
    if (losses.length) all.push(`Not told apart: ${losses.join(", ")}.`);
    return all.join(" ");
  }

  function sends() {
    const failed = now.sends.filter((send) => Object.keys(send.failed).length || send.waited.count);
    if (!failed.length) return null;
    return [h("h2", {}, "Sends that waited for room or failed"), table("Sends", [
      { title: "Message", cell: (send) => `${send.message_type}::${send.kind}` },
      { title: "attempts", numeric: true, cell: (send) => number(send.attempts) },
      { title: "waited for room", numeric: true, cell: (send) => send.waited.count ? `${number(send.waited.count)}, ${duration(send.waited.sum_nanos / send.waited.count)} on average` : "" },
      { title: "failed", cell: (send) => h("span", { class: "bad" }, Object.entries(send.failed).map(([reason, n]) => `${reason} ${number(n)}`).join(", ")) },
    ], failed, { narrow: true })];
  }

  return {
    onKey(key) {
      if (!now) return false;
      const all = rows();
      if (rowStep(key)) selected = Math.max(0, Math.min(selected + rowStep(key), all.length - 1));
      else if (key === "ArrowRight" || key === "ArrowLeft" || key === "Enter") {
        const row = all[selected];
        if (!row) return false;
        if (key === "Enter") { go(traces(row)); return true; }
        // To the left of a kind is its actor.
        if (row.of && key === "ArrowLeft") selected = all.findIndex((one) => !one.of && one.actor === row.of);
        else if (!row.of && unfolded.has(row.actor) !== (key === "ArrowRight")) { toggle(row.actor); return true; }
      } else return false;
      draw();
      main.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}
