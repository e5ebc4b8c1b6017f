"""Starts four programs that receive OTLP, exports the same traces to all of them, reads the traces back through each one's own interface, and
compares names, parents, links, status, kinds, times and attributes with what was sent. `run` installs what it needs.

    python compare.py FOLDER PROGRAM [PICTURE]
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import datetime
from pathlib import Path

FOLDER, PROGRAM = Path(sys.argv[1]).resolve(), sys.argv[2]
PICTURE = Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
PATIENCE = 120  # seconds, for what is started and for what is asked

RESOURCE = {
    "service.name": "shop",
    "service.version": "1.4.2",
    "deployment.variant": "canary",
    "k8s.pod.name": "shop-7d4b9",
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait(what, found):
    """Returns what `found` returns once it is something."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if (result := found()):
                return result
        except OSError:
            pass
        if time.monotonic() > deadline:
            sys.exit(f"{what}: nothing in {PATIENCE} s")
        time.sleep(0.05)


def get(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)


class Backend:
    """A program of others as a process, which writes what it says to a file."""

    process = None

    def start(self, command, port, **environment):
        self.log = Path(tempfile.mkstemp(prefix="backend-")[1])
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **environment}, start_new_session=True,
            )

        def listens():
            if self.process.poll() is not None:
                sys.exit(f"{self.name} has ended: {self.log.read_text()}")
            socket.create_connection(("127.0.0.1", port)).close()
            return True

        wait(self.name, listens)

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.log.unlink()


class Rotel(Backend):
    """A collector by Streamfold. It stores nothing, and prints every field of what it receives."""

    name = "rotel"
    keeps = {"name", "parent", "kind", "status", "description", "start", "end", "attributes", "links", "events", "resource"}

    def __init__(self):
        grpc, http = free_port(), free_port()
        agent = next(FOLDER.glob("venv/lib/*/site-packages/rotel/rotel-agent"))
        self.start(
            [agent, "start", "--pid-file", FOLDER / f"rotel-{grpc}.pid",
             "--otlp-grpc-endpoint", f"127.0.0.1:{grpc}", "--otlp-http-endpoint", f"127.0.0.1:{http}",
             "--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed"], grpc)
        self.endpoint = f"grpc=http://127.0.0.1:{grpc}"

    def read(self, traces):
        spans, resource, span, section = {}, {}, {}, None
        for line in self.log.read_text().splitlines():
            line = line.strip()
            if line.startswith("ResourceSpans #"):
                resource, section = {}, None
            elif line.startswith("Resource attributes:"):
                section = "resource"
            elif line.startswith("ScopeSpans #"):
                section = None
            elif re.match(r"Span #\d+$", line):
                span = {"resource": resource, "attributes": {}, "links": [], "events": []}
                section = "head"
            elif line in ("Attributes:", "Links:", "Events:"):
                section = line[:-1].lower()
            elif section in ("resource", "attributes") and (found := re.match(r"-> (.+?): (\w+)\((.*)\)$", line)):
                target = resource if section == "resource" else span["attributes"]
                target[found[1]] = typed(found[2], found[3])
            elif section == "links" and (found := re.match(r"-> (Trace ID|ID): (\w+)$", line)):
                if found[1] == "Trace ID":
                    span["links"].append([found[2]])
                else:
                    span["links"][-1].append(found[2])
            elif section == "events" and (found := re.match(r"-> Name: (.*)$", line)):
                span["events"].append(found[1])
            elif section == "head" and (found := re.match(r"([A-Za-z ]+?) *:(?: (.*))?$", line)):
                name, value = found[1], found[2] or ""
                if name == "ID":
                    spans[value] = span
                elif field := {"Trace ID": "trace", "Parent ID": "parent", "Name": "name", "Start time": "start",
                               "End time": "end", "Status message": "description"}.get(name):
                    span[field] = value
                elif name == "Kind":
                    span["kind"] = value.removeprefix("SPAN_KIND_").lower()
                elif name == "Status code":
                    span["status"] = value.removeprefix("STATUS_CODE_").lower()
        return spans


def typed(kind, text):
    return {"Int": int, "Double": float, "Bool": lambda text: text == "true"}.get(kind, str)(text)


class OtelTap(Backend):
    """A receiver for tests. It prints each span as OTLP's JSON."""

    name = "oteltap"
    keeps = {"name", "parent", "kind", "status", "description", "start", "end", "attributes", "links", "events"}

    def __init__(self):
        port = free_port()
        self.start([FOLDER / "venv/bin/python", "-u", "-m", "oteltap", "--port", port], port)
        self.endpoint = f"http=http://127.0.0.1:{port}/v1/traces"

    def read(self, traces):
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
        return {span["spanId"]: self.span(span) for span in map(json.loads, lines) if "spanId" in span}

    @staticmethod
    def span(span):
        return {
            "trace": span["traceId"], "parent": span.get("parentSpanId", ""), "name": span["name"],
            "kind": ["unspecified", "internal", "server", "client", "producer", "consumer"][span["kind"]],
            "start": span["startTimeUnixNano"], "end": span["endTimeUnixNano"],
            "status": ["unset", "ok", "error"][span["status"]["code"]], "description": span["status"]["message"],
            "attributes": {attribute["key"]: any_value(attribute["value"]) for attribute in span["attributes"]},
            "links": [[link["traceId"], link["spanId"]] for link in span["links"]],
            "events": [event["name"] for event in span["events"]],
        }


def any_value(value):
    (kind, value), = value.items()
    return int(value) if kind == "intValue" else value


class Phoenix(Backend):
    """A store with an interface of its own, by Arize. It drops links, and the kinds of OpenTelemetry."""

    name = "phoenix"
    keeps = {"name", "parent", "status", "description", "start", "end", "attributes", "events"}

    def __init__(self):
        http, grpc = free_port(), free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="phoenix-")
        self.start(
            [FOLDER / "phoenix/bin/phoenix", "serve"], http,
            PHOENIX_WORKING_DIR=self.folder.name, PHOENIX_HOST="127.0.0.1", PHOENIX_PORT=str(http),
            PHOENIX_GRPC_PORT=str(grpc), PHOENIX_TELEMETRY_ENABLED="false", PHOENIX_ALLOW_EXTERNAL_RESOURCES="false")
        self.url = f"http://127.0.0.1:{http}/v1/projects/default/spans?limit=1000"
        self.endpoint = f"http=http://127.0.0.1:{http}/v1/traces"

    def read(self, traces):
        return {span["context"]["span_id"]: self.span(span) for span in get(self.url)["data"]}

    @staticmethod
    def span(span):
        return {
            "trace": span["context"]["trace_id"], "parent": span["parent_id"] or "", "name": span["name"],
            "start": microseconds(span["start_time"]), "end": microseconds(span["end_time"]),
            "status": span["status_code"].lower(), "description": span["status_message"],
            "attributes": span["attributes"], "events": [event["name"] for event in span["events"]],
        }


def microseconds(text):
    moment = datetime.fromisoformat(text)
    return str((int(moment.timestamp()) * 1_000_000 + moment.microsecond) * 1000)


class Jaeger(Backend):
    """Jaeger's API and pages, of the crate otlp-embedded. It drops kinds, status and the service of all spans of a trace but one."""

    name = "jaeger"
    keeps = {"name", "parent", "start", "attributes", "links"}

    def __init__(self):
        grpc, self.http = free_port(), free_port()
        self.start([FOLDER / "jaeger/debug/jaeger", grpc, self.http], self.http)
        self.endpoint = f"grpc=http://127.0.0.1:{grpc}"

    def read(self, traces):
        found = [get(f"http://127.0.0.1:{self.http}/api/traces/{trace}")["data"] for trace in traces]
        spans = [span for data in found for trace in data for span in trace["spans"]]
        return {span["spanID"]: self.span(span) for span in spans}

    @staticmethod
    def span(span):
        references = lambda kind: [
            [reference["traceID"], reference["spanID"]] for reference in span["references"] if reference["refType"] == kind]
        return {
            "trace": span["traceID"], "name": span["operationName"], "start": str(span["startTime"] * 1000),
            "parent": next((span for _, span in references("CHILD_OF")), ""), "links": references("FOLLOWS_FROM"),
            "attributes": {tag["key"]: tag["value"] for tag in span["tags"]},
        }

    def picture(self, trace, file):
        profile = tempfile.TemporaryDirectory(prefix="chromium-")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile.name}",
             "--window-size=1400,460", "--virtual-time-budget=20000", f"--screenshot={file}",
             f"http://127.0.0.1:{self.http}/trace/{trace}"],
            check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=PATIENCE)


def same(field, sent, found):
    if field in ("start", "end"):
        # Some have microseconds alone.
        return abs(int(sent) - int(found)) < 1000
    if field == "attributes":
        return sent.keys() <= found.keys() and all(equal(value, found[key]) for key, value in sent.items())
    if field == "resource":
        return sent.items() <= found.items()
    return sent == found


def equal(sent, found):
    if isinstance(sent, float):
        return abs(sent - float(found)) <= 1e-9 * max(1.0, abs(sent))
    return sent == found or (isinstance(sent, bool) is False and str(sent) == str(found))


def main():
    backends, failed = [], False
    try:
        for kind in (Rotel, OtelTap, Phoenix, Jaeger):
            backends.append(kind())
        attributes = ",".join(f"{key}={value}" for key, value in RESOURCE.items() if key != "service.name")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        environment |= {"OTEL_SERVICE_NAME": RESOURCE["service.name"], "OTEL_RESOURCE_ATTRIBUTES": attributes}
        output = subprocess.run(
            [PROGRAM, *(backend.endpoint for backend in backends)], env=environment, check=True, capture_output=True, text=True,
            timeout=PATIENCE).stdout
        sent = {span["id"]: span | {"resource": RESOURCE} for span in map(json.loads, output.splitlines())}
        check_what_was_sent(sent)
        traces = sorted({span["trace"] for span in sent.values()})
        for backend in backends:
            found = wait(backend.name, lambda: (spans := backend.read(traces)).keys() >= sent.keys() and spans)
            differences = [
                f"  {span['name']} {id}: {field} was sent as {span[field]!r}, and is {found[id].get(field)!r}"
                for id, span in sent.items() for field in sorted(backend.keeps | {"trace"})
                if not same(field, span[field], found[id].get(field))
            ]
            differences += [f"  {id} was never sent" for id in found.keys() - sent.keys()]
            compared = ", ".join(sorted(backend.keeps))
            print(f"{backend.name}: {len(found)} spans of {len(traces)} traces, with the same {compared}" if not differences
                  else f"{backend.name}: {len(differences)} differences")
            print("\n".join(differences[:20]), end="\n" if differences else "")
            failed |= bool(differences)
        if PICTURE:
            # The one with everything: a fan-out, a call, an event.
            orders = [span for span in sent.values() if span["name"] == "Shop/Order"]
            backends[-1].picture(min(orders, key=lambda span: span["attributes"]["order"])["trace"], PICTURE)
    finally:
        for backend in backends:
            backend.stop()
    sys.exit(failed)


def check_what_was_sent(sent):
    """The program has what a comparison is worth: of each thing one at least."""
    spans = sent.values()
    assert sum(span["name"] == "Warehouse/Pack" for span in spans) == 2 * 4, "two fan-outs, four kept of each"
    assert sum(bool(span["links"]) for span in spans) == 3, "three links"
    assert [span["description"] for span in spans if span["status"] == "error"] == ["the card was declined for 250 €"]
    assert sum("card.read" in span["events"] for span in spans) == 3
    assert all("secret" not in span["attributes"] and span["attributes"]["tenant"] == "acme" for span in spans)
    names = {span["id"]: span["name"] for span in spans}
    assert {names.get(span["parent"]) for span in spans if span["name"] == "SELECT cards"} == {"Till/Charge"}


if __name__ == "__main__":
    main()
