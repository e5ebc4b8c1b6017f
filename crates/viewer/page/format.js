// Numbers and times as texts.

/** Nanoseconds, or `{ secs, nanos }`, with three digits. */
export function duration(time) {
  if (time === null || time === undefined) return "–";
  const nanos = typeof time === "object" ? time.secs * 1e9 + time.nanos : time;
  if (nanos >= 3600e9) return `${(nanos / 3600e9).toFixed(1)} h`;
  if (nanos >= 100e9) return `${Math.round(nanos / 1e9)} s`;
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (nanos >= size * 0.9995) return `${digits(nanos / size)} ${unit}`;
  }
  return `${Math.round(nanos)} ns`;
}

function digits(value) {
  return value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function number(value) {
  return Math.round(value).toLocaleString("en");
}

export function rate(value) {
  if (!value) return "0";
  return value >= 100 ? number(value) : value >= 10 ? value.toFixed(0) : value.toFixed(1);
}

export function percent(share) {
  const value = share * 100;
  return value > 0 && value < 1 ? "< 1 %" : value < 100 && value > 99 ? `${Math.floor(value * 10) / 10} %` : `${Math.round(value)} %`;
}

/** Returns the number of messages that a span stands for, as text. */
export function weight(value) {
  if (!(value > 1.005)) return "";
  return `×${value >= 9.95 ? number(value) : value.toFixed(1)}`;
}

export function count(n, one, many = `${one}s`) {
  return `${number(n)} ${n === 1 ? one : many}`;
}

export function bytes(n) {
  return n >= 1 << 20 ? `${(n / (1 << 20)).toFixed(0)} MiB` : `${(n / 1024).toFixed(0)} KiB`;
}

export function clock(unixMillis) {
  const at = new Date(unixMillis);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

export function place(of) {
  return of ? (of.instance ? `${of.actor} ${of.instance}` : of.actor) : "outside";
}
