// Instances: what each was busy with, second by second and minute by minute.

import { getJson, h, hues, rowStep, show, svg, table, update } from "./dom.js";
import { duration, number, percent } from "./format.js";

const RANKS = [["busy", "busiest"], ["depth", "fullest mailbox"], ["wait", "oldest message"]];
let rank = "busy";

export function instances({ main, live, path, go }) {
  let all = [], name = path[0] ?? null, one = null, closed = false;
  const list = h("div", {}), detail = h("section", { "aria-label": "Timings" });
  // The list has the first fifty: any other is found by its name.
  const named = h("input", { type: "search", size: 24, "aria-label": "The instance of this name", placeholder: "Name of an instance", autocomplete: "off", spellcheck: "false" });
  const tools = h("form", { class: "bar-of-tools", onsubmit: (event) => { event.preventDefault(); if (named.value.trim()) go(`#/instances/${encodeURIComponent(named.value.trim())}`); } },
    h("label", {}, "Order", h("select", { value: rank, onchange: (event) => { rank = event.target.value; connect(); } },
      RANKS.map(([of, title]) => h("option", { value: of, selected: of === rank }, title)))), named);
  show(main, tools, h("div", { class: "two" }, list, detail));
  connect();

  function connect() {
    live(`api/events?view=instances&most=50&rank=${rank}`, async (data) => {
      all = data;
      name ??= all[0]?.name ?? null;
      one = all.filter((of) => of.name === name);
      if (!one.length && name !== null) one = await getJson(`api/instances/${encodeURIComponent(name)}`).catch(() => []);
      if (!closed) draw();
    });
  }

  function draw() {
    update(list, all.length === 0
      ? h("p", { class: "empty" }, "No instance has a name. Give an actor's task one with traced_actor::instance(\"guild 7\", …), and its timings are kept here.")
      : table("Instances", [
        { title: "Instance", cell: (of) => h("a", { href: `#/instances/${encodeURIComponent(of.name)}` }, of.name) },
        { title: "actor", cell: (of) => h("span", { class: "quiet" }, of.actor) },
        { title: "busy, 15 min", numeric: true, cell: (of) => duration(of.busy) },
        { title: "now", cell: (of) => meter(now(of)) },
        { title: "depth", numeric: true, cell: (of) => number(of.depth) },
        { title: "oldest", numeric: true, cell: (of) => of.oldest_wait.secs || of.oldest_wait.nanos ? duration(of.oldest_wait) : "" },
      ], all, { selected: all.findIndex((of) => of.name === name), rowKey: (of) => `${of.actor}/${of.name}`, onRow: (of) => go(`#/instances/${encodeURIComponent(of.name)}`) }));
    if (one?.length === 0 && name !== null) { update(detail, h("p", { class: "empty" }, `No instance has the name ${name}, or its timings have made room for others.`)); return; }
    update(detail, (one ?? []).map((of) => {
      const kinds = [...new Set([...of.seconds, ...of.minutes].flatMap((interval) => interval.kinds.map((kind) => kind.kind)))].sort();
      const colors = hues(kinds);
      return [h("h1", {}, `${of.name} `, h("span", { class: "quiet" }, of.actor)),
        h("div", { class: "legend" }, kinds.map((kind) => h("span", {}, h("i", { style: { "--hue": colors.get(kind) } }), kind))),
        h("h2", {}, "The last sixty seconds"), columns(of.seconds, 60, "second", colors),
        h("h2", {}, "The last fifteen minutes"), columns(of.minutes, 15, "minute", colors),
        h("h2", {}, "The current minute"), shares(of.minutes.find((interval) => interval.ago === 0))];
    }));
  }

  return {
    close() { closed = true; },
    onKey(key) {
      const at = all.findIndex((of) => of.name === name);
      const next = all[at + rowStep(key)];
      if (!rowStep(key) || !next) return false;
      go(`#/instances/${encodeURIComponent(next.name)}`);
      return true;
    },
  };
}

/** The share of the last whole second. */
function now(of) {
  const second = of.seconds.find((interval) => interval.ago === 1) ?? of.seconds.find((interval) => interval.ago === 0);
  return (second?.kinds ?? []).reduce((sum, kind) => sum + kind.share, 0);
}

function meter(share) {
  return [h("span", { class: share > 0.9 ? "meter hot" : "meter" }, h("i", { style: { width: `${Math.min(share, 1) * 100}%` } })), h("span", { class: "quiet" }, ` ${percent(share)}`)];
}

/** A column for each interval, in layers by kind, below a line where an interval is busy as a whole. */
function columns(intervals, most, unit, colors) {
  const width = 600, height = 110, step = width / most;
  const top = Math.max(1, ...intervals.map((interval) => interval.kinds.reduce((sum, kind) => sum + kind.share, 0)));
  const bars = intervals.filter((interval) => interval.ago < most).flatMap((interval) => {
    let y = height;
    return interval.kinds.map((kind) => {
      const tall = height * kind.share / top;
      y -= tall;
      return svg("rect", { x: (most - 1 - interval.ago) * step + 0.5, width: step - 1, y, height: tall, style: { "--hue": colors.get(kind.kind) } },
        svg("title", {}, `${interval.ago} ${unit}s ago: ${kind.kind} ${percent(kind.share)}, ${number(kind.messages)} messages`));
    });
  });
  const whole = height - height / top;
  return h("div", { class: "chart" },
    svg("svg", { class: "columns", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `Busy time by ${unit}` }, bars, svg("line", { x1: 0, x2: width, y1: whole + 0.5, y2: whole + 0.5 })),
    h("div", { class: "scale", "aria-hidden": "true" }, h("span", {}, `${most} ${unit}s ago`), h("span", {}, `the line is 100 %${top > 1.05 ? `, the top ${percent(top)}` : ""}`), h("span", {}, "now")));
}

function shares(interval) {
  if (!interval?.kinds.length) return h("p", { class: "note" }, "Nothing yet.");
  return table("Shares", [
    { title: "Kind", cell: (kind) => kind.kind },
    { title: "share", cell: (kind) => meter(kind.share) },
    { title: "messages", numeric: true, cell: (kind) => number(kind.messages) },
  ], interval.kinds, { narrow: true });
}
