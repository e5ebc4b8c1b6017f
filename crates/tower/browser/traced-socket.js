// A WebSocket that says which trace it and its messages belong to. A module in plain JavaScript, without dependencies.
//
//   import { TracedSocket, traceparent } from "./traced-socket.js";
//
//   const socket = new TracedSocket("wss://chat.example/ws", { by: "query" });
//   socket.onmessage = (event) => show(event.data);
//   socket.send("hello", traceparent(true));
//
// The other end is `traced_actor_tower::ws`. A server that knows nothing of traces takes `by: "query"` without a context on messages.

const hex = (bytes) => {
  const random = new Uint8Array(bytes);
  // All zero is no id.
  do crypto.getRandomValues(random); while (random.every((byte) => byte === 0));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

// Makes the `traceparent` of a new trace. Where OpenTelemetry runs in the page, give its span's instead.
export function traceparent(sampled = false) {
  return `00-${hex(16)}-${hex(8)}-0${sampled ? 3 : 2}`;
}

const isTraceparent = (text) => /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);

export class TracedSocket {
  // url: as for WebSocket.
  // protocols: the application's, of which the server selects one; at least one is needed for `by: "protocol"`.
  // by: how the context of the connection is given: "query", "protocol" or "frame" (the first one), or "none".
  // context: a function that makes the `traceparent` of a connection.
  constructor(url, { protocols = [], by = "query", context = () => traceparent(false) } = {}) {
    if (by === "protocol" && protocols.length === 0) {
      throw new TypeError("a server must select a protocol of the application: give one in `protocols`");
    }
    Object.assign(this, { url, protocols, by, context });
    this.onopen = this.onmessage = this.onclose = this.onerror = null;
    // The `traceparent` of the connection, as the server has told it; kept for the next one.
    this.connection = null;
    this.connect();
  }

  get readyState() { return this.socket.readyState; }
  get protocol() { return this.socket.protocol; }
  get bufferedAmount() { return this.socket.bufferedAmount; }

  connect() {
    const pairs = [["traceparent", this.context()], ["hello", "1"]];
    if (this.connection) pairs.push(["previous", this.connection]);
    const url = new URL(this.url, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    if (this.by === "query") pairs.forEach(([name, value]) => url.searchParams.set(name, value));
    const others = this.by === "protocol" ? pairs.map(([name, value]) => `${name}.${value}`) : [];
    const socket = new WebSocket(url, [...this.protocols, ...others]);
    this.socket = socket;
    let waitsForHello = this.by !== "none";
    const isCurrent = () => this.socket === socket;
    socket.onopen = (event) => {
      if (this.by === "frame") socket.send(pairs.map(([name, value]) => `${name}=${value}`).join("&"));
      if (isCurrent()) this.onopen?.(event);
    };
    socket.onmessage = (event) => {
      // The first message, if it is nothing but a context, is not the application's.
      if (waitsForHello && typeof event.data === "string" && event.data.startsWith("traceparent=")) {
        const value = event.data.slice("traceparent=".length);
        waitsForHello = false;
        if (isTraceparent(value)) { this.connection = value; return; }
      }
      waitsForHello = false;
      if (isCurrent()) this.onmessage?.(event);
    };
    socket.onclose = (event) => { if (isCurrent()) this.onclose?.(event); };
    socket.onerror = (event) => { if (isCurrent()) this.onerror?.(event); };
  }

  // Sends a message, a text with the trace that it belongs to if one is given.
  send(data, context = null) {
    const own = context && typeof data === "string" && isTraceparent(context);
    this.socket.send(own ? `traceparent=${context}\n${data}` : data);
  }

  // Connects again; the new connection is linked to this one.
  reconnect() {
    const before = this.socket;
    this.connect();
    before.close(1000, "reconnect");
  }

  close(code, reason) { this.socket.close(code, reason); }
}
