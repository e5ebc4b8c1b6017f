//! Chromium, driven over its `DevTools` protocol.

use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, MutexGuard};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use traced_actor_messaging_brokers_tests::Browser as Process;

/// The maximum time until a condition is true. The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs before the page's own scripts: keeps what goes wrong.
const WATCH: &str = "window.wrong = [];
document.addEventListener('securitypolicyviolation', (event) => wrong.push(`policy: ${event.violatedDirective} ${event.blockedURI}`));
addEventListener('error', (event) => wrong.push(`error: ${event.message}`));
addEventListener('unhandledrejection', (event) => wrong.push(`rejection: ${event.reason}`));
window.alert = () => wrong.push('alert');";

/// A browser with one page, until it is dropped.
pub(crate) struct Browser {
    _process: Process,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    number: u64,
    _one: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts a browser, one at a time. `None` where there is none and none is required.
    pub(crate) async fn start() -> Option<Self> {
        static ONE: Mutex<()> = Mutex::const_new(());
        let one = ONE.lock().await;
        let arguments =
            ["--remote-debugging-port=0", "--window-size=1440,900", "--hide-scrollbars", "--lang=en-US"];
        let process = Process::open_with("about:blank", &arguments)?;
        let port = port(process.profile()).await;
        let target = target(port).await;
        let (socket, _) = connect_async(target).await.expect("the page takes commands");
        let mut browser = Self { _process: process, socket, number: 0, _one: one };
        browser.command("Page.enable", json!({})).await;
        browser.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
        Some(browser)
    }

    /// Sends a command and returns its result.
    pub(crate) async fn command(&mut self, method: &str, parameters: Value) -> Value {
        self.try_command(method, parameters).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a command and returns its result, or the browser's error.
    async fn try_command(&mut self, method: &str, parameters: Value) -> Result<Value, Value> {
        self.number += 1;
        let number = self.number;
        let text = json!({ "id": number, "method": method, "params": parameters }).to_string();
        self.socket.send(Message::text(text)).await.expect("the browser runs");
        loop {
            let message =
                tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("it answers in time");
            let Message::Text(text) = message.expect("the browser runs").expect("a message") else {
                continue;
            };
            let mut answer: Value = serde_json::from_str(&text).expect("JSON");
            if answer["id"] == number {
                return match answer.get_mut("error") {
                    Some(error) => Err(error.take()),
                    None => Ok(answer["result"].take()),
                };
            }
        }
    }

    /// Returns the value of an expression, of its promise if it is one.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        self.try_value(expression).await.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Returns the value of an expression, or why it has none: an exception, or a page that is just being replaced.
    async fn try_value(&mut self, expression: &str) -> Result<Value, Value> {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.try_command("Runtime.evaluate", parameters).await?;
        match result.get_mut("exceptionDetails") {
            Some(details) => Err(details.take()),
            None => Ok(result["result"]["value"].take()),
        }
    }

    pub(crate) async fn text(&mut self, expression: &str) -> String {
        let value = self.value(expression).await;
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Waits until an expression is true. As long as an element that it names is missing, it is not.
    pub(crate) async fn until(&mut self, expression: &str) {
        let since = Instant::now();
        loop {
            let found = self.try_value(&format!("Boolean({expression})")).await;
            if found == Ok(Value::Bool(true)) {
                return;
            }
            if since.elapsed() > PATIENCE {
                let shown = self.text("document.body.innerText").await;
                let wrong = self.text("JSON.stringify(window.wrong)").await;
                panic!(
                    "never true: {expression}\n{found:?}\n{wrong}\n{}",
                    shown.chars().take(1000).collect::<String>()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Measures again and again, until an expression gives fewer milliseconds than this: the machine may be busy.
    /// Between two measurements the page is brought back by `again`.
    pub(crate) async fn until_within(&mut self, millis: f64, expression: &str, again: &str) {
        let since = Instant::now();
        let mut times = Vec::new();
        loop {
            let took = self.value(expression).await.as_f64().expect("a number");
            times.push(took);
            if took < millis {
                println!("{took:.0} ms, of {times:.0?}");
                return;
            }
            assert!(since.elapsed() < PATIENCE, "never within {millis} ms: {times:.0?}");
            self.value(&format!("({again}, null)")).await;
        }
    }

    pub(crate) async fn open(&mut self, url: &str) {
        self.command("Page.navigate", json!({ "url": url })).await;
        self.until("document.readyState === 'complete' && document.querySelector('nav a')").await;
    }

    /// Shows nothing, so that an address that differs in its fragment alone is loaded anew.
    pub(crate) async fn leave(&mut self) {
        self.command("Page.navigate", json!({ "url": "about:blank" })).await;
        self.until("document.readyState === 'complete' && location.href === 'about:blank'").await;
    }

    /// Clicks on the middle of the first element that a selector finds.
    pub(crate) async fn click(&mut self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.until(&found).await;
        let place = self
            .value(&format!(
                "(() => {{ const box = {found}.getBoundingClientRect(); \
                 return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.command("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Presses a key: a character, or a name such as `ArrowDown`.
    pub(crate) async fn key(&mut self, key: &str) {
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let mut down = json!({ "type": "keyDown", "key": key, "windowsVirtualKeyCode": code });
        if key.chars().count() == 1 {
            down["text"] = key.into();
        } else if key == "Enter" {
            // This text activates a link or a button.
            down["text"] = "\r".into();
        }
        self.command("Input.dispatchKeyEvent", down).await;
        self.command("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key })).await;
    }

    pub(crate) async fn write(&mut self, text: &str) {
        self.command("Input.insertText", json!({ "text": text })).await;
    }

    pub(crate) async fn dark(&mut self, is_dark: bool) {
        let value = if is_dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": value }]);
        self.command("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    /// Draws a picture of the page, if pictures are asked for.
    pub(crate) async fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let size = json!({ "width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": false });
        self.command("Emulation.setDeviceMetricsOverride", size).await;
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))").await;
        let picture = self.command("Page.captureScreenshot", json!({ "format": "png" })).await;
        let bytes = decode(picture["data"].as_str().expect("a picture"));
        std::fs::write(workspace.join(folder).join(format!("{name}.png")), bytes)
            .expect("the folder is there");
        self.command("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Fails if something went wrong in the page: an error, an alert, something that the policy forbids.
    pub(crate) async fn assert_nothing_is_wrong(&mut self) {
        assert_eq!(self.value("window.wrong").await, json!([]));
    }
}

/// The port that the browser chose. It writes it into its profile.
async fn port(profile: &Path) -> u16 {
    let file = profile.join("DevToolsActivePort");
    let since = Instant::now();
    loop {
        let port = std::fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.parse().ok());
        if let Some(port) = port {
            return port;
        }
        assert!(since.elapsed() < PATIENCE, "the browser does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The address of the page's commands.
async fn target(port: u16) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let since = Instant::now();
    loop {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the browser listens");
        let request =
            format!("GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("the browser listens");
        let mut answer = Vec::new();
        let mut part = [0; 4096];
        // It keeps the connection, whatever it is asked: the list ends with its bracket.
        while !answer.ends_with(b"]") && !answer.ends_with(b"]\n") {
            let n = stream.read(&mut part).await.expect("an answer");
            if n == 0 {
                break;
            }
            answer.extend_from_slice(&part[..n]);
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        let list: Value = text
            .split_once("\r\n\r\n")
            .and_then(|(_, body)| serde_json::from_str(body).ok())
            .unwrap_or_default();
        let pages = list.as_array().cloned().unwrap_or_default();
        let page = pages.iter().find(|page| page["type"] == "page");
        if let Some(url) = page.and_then(|page| page["webSocketDebuggerUrl"].as_str()) {
            return url.to_owned();
        }
        assert!(since.elapsed() < PATIENCE, "the browser has no page: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Decodes base64.
fn decode(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::with_capacity(text.len() * 3 / 4), 0_u32, 0);
    for digit in text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte)) {
        bits = (bits << 6 | u32::try_from(digit).expect("below 64")) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).expect("a byte"));
        }
    }
    bytes
}
