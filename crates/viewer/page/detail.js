// Shows one span, and its place among all spans of its kind.

import { getJson, h, query, show, svg } from "./dom.js";
import { count, duration, number, percent, weight } from "./format.js";

/** Makes the panel. `about` says which trace it is, `show` takes the place of a span, or a group. */
export function detail({ id, choose }) {
  const element = h("section", { class: "detail", tabindex: "0", "aria-label": "The chosen span" });
  const known = new Map();
  let data = null, of = null, current = null;

  function one(span) {
    const fields = [
      ["actor", span.kind ? span.actor : null], ["kind", span.kind || null], ["span kind", span.kind ? null : span.span_kind], ["instance", span.instance], ["sent", `+${duration(span.sent)}`],
      ["waited", span.wait === null ? null : duration(span.wait)], ["received", `+${duration(span.start)}`], ["handled", duration(span.duration)],
      ["stands for", span.weight > 1.005 ? `${weight(span.weight)} messages` : null], ["kept because", span.trigger ? `${span.reason}: ${span.trigger}` : span.reason],
      ["fan-out", span.fanout ? `${number(span.fanout.selected)} of ${number(span.fanout.size)} kept` : null],
      ["span id", span.span_id], ["parent", span.parent_id && !of.spans.some((other) => other.span_id === span.parent_id) ? `${span.parent_id}, which is not here` : null],
    ];
    const among = h("div", {});
    show(element, h("h2", {}, span.name), list(fields),
      span.error === null ? null : h("p", { class: "error" }, span.error_type && span.error_type !== span.error ? `${span.error_type}: ${span.error}` : span.error),
      span.lost_context ? h("p", { class: "note warn" }, "Its sender may have lost its context.") : null,
      span.attributes.length ? [h("h2", {}, "Fields"), list(span.attributes)] : null,
      span.events.length ? [h("h2", {}, "Events"), list(span.events.map(([name, at]) => [`+${duration(Math.max(0, at))}`, name]))] : null,
      span.links.length ? [h("h2", {}, "Links"), span.links.map(link)] : null,
      among);
    if (!span.actor) return;
    const key = query({ actor: span.actor, kind: span.kind });
    if (!known.has(key)) known.set(key, getJson(`api/distribution?${key}`).catch(() => null));
    known.get(key).then((all) => {
      if (current !== span || !all) return;
      show(among, h("h2", {}, `Among ${count(all.handling.count, all.of === "metrics" ? "message" : "kept span")} of ${[span.actor, span.kind].filter(Boolean).join("/")}`),
        place("Handling", all.handling, span.duration), span.wait === null ? null : place("Wait", all.wait, span.wait),
        h("p", {}, h("a", { href: `#/compare?${key}` }, "What sets the slow ones apart?"), span.error === null ? null : [" ", h("a", { href: `#/compare?bad=failed&${key}` }, "And the failed?")]));
    });
  }

  function link(to) {
    const inHere = to.trace_id === data.trace_id;
    const text = `${to.trace_id.slice(0, 8)}… ${to.span_id}`;
    if (!to.known) return h("p", { class: "quiet" }, `↪ ${text}, which is not here`);
    return h("p", {}, "↪ ", h("a", { href: `#/traces/${to.trace_id}?span=${to.span_id}`, onclick: (event) => {
      if (!inHere) return;
      event.preventDefault();
      choose(of.spans.findIndex((span) => span.span_id === to.span_id));
    } }, inHere ? `span ${to.span_id} of this trace` : `trace ${text}`));
  }

  function group(row) {
    const slowest = [...row.members].sort((one, other) => of.spans[other].duration - of.spans[one].duration).slice(0, 10);
    show(element, h("h2", {}, row.name), list([["kept", number(row.members.length)], ["stand for", number(row.weight)], ["failed", row.failed ? number(row.failed) : null], ["first sent", `+${duration(row.sent)}`], ["last ended", `+${duration(row.end)}`], ["longest wait", duration(row.longestWait)], ["longest handling", duration(row.longest)]]),
      h("h2", {}, "The slowest"), slowest.map((at) => h("p", {}, h("a", { href: `#/traces/${id}?span=${of.spans[at].span_id}`, onclick: (event) => { event.preventDefault(); choose(at); } }, `${of.spans[at].instance ?? of.spans[at].span_id}`), ` ${duration(of.spans[at].duration)}`)));
  }

  return {
    element,
    about(trace, tree) { [data, of] = [trace, tree]; },
    show(chosen) {
      current = typeof chosen === "number" ? of.spans[chosen] : chosen;
      if (typeof chosen === "number") one(current); else group(chosen);
    },
    close() { current = null; },
  };
}

function list(pairs) {
  const present = pairs.filter(([, value]) => value !== null && value !== undefined);
  return h("dl", {}, present.map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
}

/** A histogram by powers of two, on a logarithmic scale, with a line where this one is. */
function place(title, all, nanos) {
  if (!all.count) return null;
  const octaves = new Map();
  let below = 0;
  for (const [bound, n] of all.buckets) {
    const octave = Math.ceil(Math.log2(bound) * 4 - 1e-9);
    octaves.set(octave, (octaves.get(octave) ?? 0) + n);
    if (bound <= nanos) below += n;
  }
  const own = Math.ceil(Math.log2(Math.max(nanos, 1)) * 4);
  const first = Math.min(own, ...octaves.keys()) - 1, last = Math.max(own, ...octaves.keys()) + 1, most = Math.max(...octaves.values());
  const width = 300, height = 54, step = width / (last - first + 1);
  const bars = [...octaves].map(([octave, n]) => svg("rect", { class: octave === own ? "here" : null, x: (octave - first) * step + 0.5, width: Math.max(step - 1, 1), y: height - Math.max(1.5, (height - 6) * n / most), height: Math.max(1.5, (height - 6) * n / most) }));
  const x = (Math.log2(Math.max(nanos, 1)) * 4 - first + 1) * step;
  const share = below / all.count;
  return [h("p", { class: "legend" }, h("span", { class: "strong" }, title), h("span", {}, share >= 0.5 ? `longer than ${percent(share)}` : `shorter than ${percent(1 - share)}`), h("span", {}, `p50 ${duration(all.p50)}`), h("span", {}, `p99 ${duration(all.p99)}`)),
    svg("svg", { class: "histogram", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": `${title}: ${duration(nanos)}, longer than ${percent(share)} of all` }, bars, svg("line", { x1: x, x2: x, y1: 0, y2: height }))];
}
