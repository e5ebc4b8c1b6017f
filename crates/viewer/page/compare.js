// Which attributes set the slow or failed apart from the rest.

import { getJson, h, query, rowStep, show, update } from "./dom.js";
import { count, duration, number, percent } from "./format.js";

const FIELDS = ["bad", "actor", "kind", "slower_ms"];

/** The text of a term, and the search for traces that have it. */
const TERMS = {
  equal: ({ name, value }) => [`${name}=${value}`, `${name}=${value}`],
  at_least: ({ name, value }) => [`${name} ≥ ${value}`, `${name}>=${value}`],
  below: ({ name, value }) => [`${name} < ${value}`, `${name}<${value}`],
  present: ({ name }) => [`${name} is set`, name],
  missing: ({ name }) => [`${name} is not set`, `!${name}`],
};

export function compare({ main, live, search }) {
  const values = Object.fromEntries(FIELDS.map((name) => [name, search.get(name) ?? ""]));
  let busy = null;
  const input = (name, title, size) => h("label", {}, title, h("input", { type: "text", name, size, value: values[name], autocomplete: "off", spellcheck: "false" }));
  const form = h("form", { class: "bar-of-tools", onsubmit: (event) => { event.preventDefault(); apply(); } },
    h("label", {}, "What is", h("select", { name: "bad", onchange: apply }, [["", "slow"], ["failed", "failed"]].map(([of, title]) => h("option", { value: of, selected: of === values.bad }, title)))),
    input("slower_ms", "slower than ms", 6), input("actor", "Actor", 14), input("kind", "Kind", 14), h("button", { type: "submit" }, "Compare"));
  const body = h("div", {});
  show(main, form, body);
  live("api/events?view=status");
  load();

  function apply() {
    for (const name of FIELDS) values[name] = form.elements[name].value.trim();
    form.elements.slower_ms.setAttribute("aria-invalid", String(!(Number(values.slower_ms) >= 0)));
    const asked = query(values);
    history.replaceState(null, "", asked ? `#/compare?${asked}` : "#/compare");
    load();
  }

  async function load() {
    busy?.abort();
    busy = new AbortController();
    try {
      draw(await getJson(`api/compare?${query(values)}`, busy.signal));
    } catch (error) {
      if (error.name !== "AbortError") show(body, h("p", { class: "error" }, String(error.message)));
    }
  }

  function draw(found) {
    const isFailed = found.bad_is === "failed";
    const noun = found.of === "traces" ? "trace" : "span";
    const limits = found.slower_than.slice(0, 3).map(([name, nanos]) => `${name} ${duration(nanos)}`).join(", ");
    const more = found.slower_than.length > 3 ? ", and others" : "";
    update(body,
      h("p", { class: "note" },
        `${count(found.bad.items, noun)} ${isFailed ? "failed" : found.bad.items === 1 ? "was slow" : "were slow"}, ${number(found.rest.items)} ${isFailed ? "did not" : "others"}.`,
        !isFailed && limits ? ` Slow is longer than ${values.slower_ms ? "asked" : "95 % of its kind"}: ${limits}${more}.` : "",
        ` ${count(found.tested, "value")} and pairs of values were looked at.\u00a0`,
        h("a", { href: `api/compare/text?${query(values)}`, target: "_blank", rel: "noopener" }, "As\u00a0text")),
      found.causes.length === 0 ? h("p", { class: "empty" }, found.note)
        : h("section", { "aria-label": "Causes" }, found.causes.map((cause) => line(cause, isFailed))));
    main.dataset.compared = String(found.causes.length);
  }

  function line(cause, isFailed) {
    return h("div", { class: "cause" },
      h("div", { class: "terms" }, cause.terms.map((term, i) => [i ? h("span", { class: "quiet" }, " and ") : "", link(term)])),
      h("div", { class: "shares" }, share(cause.share_of_bad, isFailed ? "of the failed" : "of the slow", ""), share(cause.share_of_rest, "of the rest", "rest")),
      h("div", { class: "risk" }, h("span", { class: "strong", title: "the risk with it, divided by the risk without it" }, `×${cause.ratio >= 10 ? number(cause.ratio) : cause.ratio.toFixed(1)}`),
        h("span", { class: "quiet" }, ` at least ×${cause.at_least.toFixed(1)}`), h("div", { class: "quiet" }, `${number(cause.bad)} of ${number(cause.items)} with it`)));
  }

  /** Leads to the traces that have it. */
  function link(term) {
    const [text, attribute] = (TERMS[term.is] ?? TERMS.equal)(term);
    const [actor, kind] = term.value.split("/");
    const asked = term.name === "operation" && term.is === "equal" ? { actor, kind } : { attribute, actor: values.actor, kind: values.kind };
    return h("a", { href: `#/traces?${query({ ...asked, failed: values.bad === "failed", order: values.bad === "failed" ? "" : "slowest" })}` }, text);
  }

  return {
    close() { busy?.abort(); delete main.dataset.compared; },
    onKey(key) {
      const links = [...body.querySelectorAll(".terms a")];
      const next = links[Math.max(0, links.indexOf(document.activeElement) + rowStep(key))];
      if (!rowStep(key) || !next) return false;
      next.focus();
      return true;
    },
  };
}

function share(of, title, className) {
  return [h("span", { class: "percent" }, percent(of)), h("div", { class: `share ${className}` }, h("i", { style: { width: `${of * 100}%` } })), h("span", {}, title)];
}
