// Actors: rates, percentiles, mailboxes, and their kinds of messages.

import { h, show, sparkline, table } from "./dom.js";
import { count, duration, number, percent, rate } from "./format.js";

const unfolded = new Set();
let sort = { by: "msg/s", down: true };

export function actors({ main, live, go }) {
  let now = null, selected = 0;
  show(main, h("p", { class: "empty" }, "…"));
  live("/api/events?view=actors", (data) => { now = data; draw(); });

  const columns = [
    { title: "Actor", sort: (row) => row.actor, cell: (row) => row.of ? row.kind : [h("button", { type: "button", class: "toggle", "aria-expanded": unfolded.has(row.actor) ? "true" : "false", "aria-label": `Kinds of ${row.actor}`, onclick: () => toggle(row.actor) }, unfolded.has(row.actor) ? "▾" : "▸"), h("span", { class: "strong" }, row.actor), row.mailboxes > 1 ? h("span", { class: "quiet" }, ` ×${number(row.mailboxes)}`) : null] },
    { title: "msg/s", numeric: true, sort: (row) => row.rate, cell: (row) => rate(row.rate) },
    { title: "last minute", cell: (row) => row.of ? "" : sparkline(row.spark, `messages a second, now ${rate(row.rate)}`) },
    { title: "busy", numeric: true, sort: (row) => row.busy, cell: (row) => row.busy >= 0.005 ? percent(row.busy) : "" },
    { title: "handling p50", numeric: true, sort: (row) => row.handling.p50, cell: (row) => duration(row.handling.p50) },
    { title: "p95", numeric: true, sort: (row) => row.handling.p95, cell: (row) => duration(row.handling.p95) },
    { title: "p99", numeric: true, sort: (row) => row.handling.p99, cell: (row) => duration(row.handling.p99) },
    { title: "wait p50", numeric: true, sort: (row) => row.wait.p50, cell: (row) => duration(row.wait.p50) },
    { title: "wait p99", numeric: true, sort: (row) => row.wait.p99, cell: (row) => duration(row.wait.p99) },
    { title: "depth", numeric: true, sort: (row) => row.depth, cell: (row) => row.of ? "" : [h("span", { class: row.full ? "bad strong" : null }, number(row.depth)), row.capacity ? h("span", { class: "quiet" }, ` / ${number(row.capacity)}`) : null] },
    { title: "oldest", numeric: true, sort: (row) => row.oldest_wait, cell: (row) => row.of || !row.oldest_wait ? "" : duration(row.oldest_wait) },
    { title: "running", numeric: true, sort: (row) => row.running, cell: (row) => row.running || "" },
    { title: "failed/s", numeric: true, sort: (row) => row.failed_rate, cell: (row) => row.failed_rate ? h("span", { class: "bad" }, rate(row.failed_rate)) : "" },
    { title: "messages", numeric: true, sort: (row) => row.messages, cell: (row) => number(row.messages) },
    { title: "failed", numeric: true, sort: (row) => row.failed, cell: (row) => row.failed ? h("span", { class: "bad", title: row.errors ? Object.entries(row.errors).map(([type, n]) => `${type}: ${n}`).join("\n") : null }, number(row.failed)) : "" },
    { title: "", cell: (row) => h("a", { href: `#/traces?${new URLSearchParams(row.of ? { actor: row.of, kind: row.kind } : { actor: row.actor })}`, "aria-label": `Traces of ${row.of ?? row.actor} ${row.kind ?? ""}` }, "traces") },
  ];

  function rows() {
    const by = columns.find((column) => column.title === sort.by)?.sort ?? ((row) => row.rate);
    const sorted = [...now.actors].sort((one, other) => {
      const [a, b] = [by(one) ?? -1, by(other) ?? -1];
      return (a < b ? -1 : a > b ? 1 : 0) * (sort.down ? -1 : 1) || (one.actor < other.actor ? -1 : 1);
    });
    return sorted.flatMap((row) => unfolded.has(row.actor) ? [row, ...row.kinds.map((kind) => ({ ...kind, of: row.actor }))] : [row]);
  }

  function toggle(actor) {
    if (!unfolded.delete(actor)) unfolded.add(actor);
    draw();
  }

  function draw() {
    if (!now) return;
    const focused = document.activeElement?.getAttribute?.("aria-label");
    const all = rows();
    selected = Math.min(selected, Math.max(all.length - 1, 0));
    const losses = [];
    const { overflow, asks } = now;
    if (overflow.messages) losses.push(`${count(overflow.messages, "message")} of kinds beyond the bound`);
    if (overflow.handlings) losses.push(`${count(overflow.handlings, "handling")} not timed`);
    const notes = [`Percentiles are of the last ${Math.max(1, Math.round(now.window_seconds))} s.`];
    if (now.timed_one_in > 1) notes.push(`One message in ${now.timed_one_in} is timed.`);
    if (asks.answered || asks.waiting) notes.push(`Asks: ${number(asks.waiting)} wait, ${number(asks.answered)} answered, ${number(asks.timeout)} timed out, ${number(asks.no_reply)} without a reply.`);
    if (losses.length) notes.push(`Not told apart: ${losses.join(", ")}.`);
    show(main, h("p", { class: "note" }, notes.join(" ")),
      all.length === 0 ? h("p", { class: "empty" }, "No actor has received a message yet.") : table("Actors", columns, all, {
        sort, onSort: (by) => { sort = { by, down: sort.by === by ? !sort.down : by !== "Actor" }; draw(); },
        rowClass: (row) => row.of ? "kind" : null, selected,
        onRow: (row, at) => { selected = at; if (!row.of) toggle(row.actor); else draw(); },
      }),
      sends());
    if (focused) main.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  function sends() {
    const failed = now.sends.filter((send) => Object.keys(send.failed).length || send.waited.count);
    if (!failed.length) return null;
    return [h("h2", {}, "Sends that waited for room or failed"), table("Sends", [
      { title: "Message", cell: (send) => `${send.message_type}::${send.kind}` },
      { title: "attempts", numeric: true, cell: (send) => number(send.attempts) },
      { title: "waited for room", numeric: true, cell: (send) => send.waited.count ? `${number(send.waited.count)}, ${duration(send.waited.sum_nanos / send.waited.count)} on average` : "" },
      { title: "failed", cell: (send) => h("span", { class: "bad" }, Object.entries(send.failed).map(([reason, n]) => `${reason} ${number(n)}`).join(", ")) },
    ], failed)];
  }

  return {
    onKey(key) {
      if (!now) return false;
      const all = rows();
      if (key === "j" || key === "ArrowDown") selected = Math.min(selected + 1, all.length - 1);
      else if (key === "k" || key === "ArrowUp") selected = Math.max(selected - 1, 0);
      else if (key === "ArrowRight" || key === "ArrowLeft" || key === "Enter") {
        const row = all[selected];
        if (!row) return false;
        if (row.of || key === "Enter") { go(`#/traces?${new URLSearchParams(row.of ? { actor: row.of, kind: row.kind } : { actor: row.actor })}`); return true; }
        if (unfolded.has(row.actor) !== (key === "ArrowRight")) toggle(row.actor);
        return true;
      } else return false;
      draw();
      main.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}
