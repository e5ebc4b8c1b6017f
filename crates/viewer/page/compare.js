// Which attributes set the slow or failed apart from the rest.

import { getJson, h, query, show } from "./dom.js";
import { count, duration, number, percent } from "./format.js";

const FIELDS = ["bad", "actor", "kind", "slower_ms"];

export function compare({ main, live, search }) {
  const values = Object.fromEntries(FIELDS.map((name) => [name, search.get(name) ?? ""]));
  let busy = null;
  const input = (name, title, size) => h("label", {}, title, h("input", { type: "text", name, size, value: values[name], autocomplete: "off", spellcheck: "false" }));
  const form = h("form", { class: "bar-of-tools", onsubmit: (event) => { event.preventDefault(); apply(); } },
    h("label", {}, "What is", h("select", { name: "bad", onchange: apply }, [["", "slow"], ["failed", "failed"]].map(([of, title]) => h("option", { value: of, selected: of === values.bad }, title)))),
    input("slower_ms", "slower than ms", 6), input("actor", "Actor", 14), input("kind", "Kind", 14), h("button", { type: "submit" }, "Compare"));
  const body = h("div", {});
  show(main, form, body);
  live("/api/events?view=status");
  load();

  function apply() {
    for (const name of FIELDS) values[name] = form.elements[name].value.trim();
    const asked = query(values);
    history.replaceState(null, "", asked ? `#/compare?${asked}` : "#/compare");
    load();
  }

  async function load() {
    busy?.abort();
    busy = new AbortController();
    try {
      draw(await getJson(`/api/compare?${query(values)}`, busy.signal));
    } catch (error) {
      if (error.name !== "AbortError") show(body, h("p", { class: "error" }, String(error.message)));
    }
  }

  function draw(found) {
    const noun = found.of === "traces" ? "trace" : "span";
    const limits = found.slower_than.slice(0, 3).map(([name, nanos]) => `${name} ${duration(nanos)}`).join(", ");
    show(body,
      h("p", { class: "note" }, `${count(found.bad.items, noun)} ${found.bad === "failed" || values.bad === "failed" ? "failed" : "were slow"}, ${number(found.rest.items)} did not.`.replace("did not", values.bad === "failed" ? "did not" : "were not"),
        values.bad !== "failed" && limits ? ` Slow is longer than ${values.slower_ms ? "asked" : "95 % of its kind"}: ${limits}.` : "", ` ${number(found.tested)} values and pairs were looked at. `, h("a", { href: `/api/compare/text?${query(values)}`, target: "_blank", rel: "noopener" }, "As text")),
      found.causes.length === 0 ? h("p", { class: "empty" }, found.bad.items === 0 ? "There is nothing to explain." : "Nothing sets them apart: no value is more frequent among them than chance explains.") :
        h("section", { "aria-label": "Causes" }, found.causes.map((cause) => h("div", { class: "cause" },
          h("div", { class: "terms" }, cause.terms.map((term, i) => [i ? h("span", { class: "quiet" }, " and ") : "", h("a", { href: `#/traces?${query({ attribute: term.name === "operation" ? "" : `${term.name}=${term.value}`, actor: term.name === "operation" ? term.value.split("/")[0] : values.actor })}` }, `${term.name}=${term.value}`)])),
          h("div", { class: "shares" }, share(cause.share_of_bad, values.bad === "failed" ? "of failed" : "of slow", ""), share(cause.share_of_rest, "of the rest", "rest")),
          h("div", {}, h("span", { class: "strong" }, `×${cause.ratio >= 10 ? number(cause.ratio) : cause.ratio.toFixed(1)}`), h("span", { class: "quiet" }, ` at least ×${cause.at_least.toFixed(1)} · ${number(cause.bad)} of ${number(cause.items)}`))))));
    main.dataset.compared = String(found.causes.length);
  }

  return { close() { busy?.abort(); delete main.dataset.compared; } };
}

function share(of, title, className) {
  return [h("span", {}, percent(of)), h("div", { style: { display: "flex", gap: "8px", "align-items": "center" } }, h("div", { class: `share ${className}`, style: { flex: "1" } }, h("i", { style: { width: `${of * 100}%` } })), h("span", { style: { width: "9ch" } }, title))];
}
