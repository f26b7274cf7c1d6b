"""Headless Chromium, driven through chromedriver by the WebDriver protocol.

    with browser.Browser() as page:
        page.open("file:///tmp/a.html")
        page.script("return document.title")

Standard library only. See https://www.w3.org/TR/webdriver2/.
"""
import base64
import http.client
import json
import shutil
import socket
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Backspace": "\ue003",
        "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014",
        "ArrowDown": "\ue015", "Control": "\ue009", "Tab": "\ue004"}


def missing():
    """What there is none of here, or None."""
    for names in (("chromium", "chromium-browser", "google-chrome"),
                  ("chromedriver",)):
        if not any(shutil.which(name) for name in names):
            return names[0] + " is not installed"
    return None


def chromium():
    return next(path for path in map(shutil.which, (
        "chromium", "chromium-browser", "google-chrome")) if path)


class Browser:
    def __init__(self, size=(1280, 800), options=()):
        self.profile = tempfile.mkdtemp(prefix="symconv-browser.")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=%d" % self.port],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_for_driver()
            self.session = None
            self.session = self.call("POST", "/session", {"capabilities": {
                "alwaysMatch": self.capabilities(size, options)}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def capabilities(self, size, options):
        return {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": chromium(),
                "args": ["--headless", "--no-sandbox", "--disable-gpu",
                         "--disable-quic", "--no-first-run",
                         "--disable-background-networking",
                         "--disable-component-update", "--disable-sync",
                         "--disable-dev-shm-usage",
                         "--window-size=%d,%d" % size,
                         "--user-data-dir=" + self.profile, *options]}}

    def wait_for_driver(self):
        for _ in range(200):
            try:
                if self.request("GET", "/status")["ready"]:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise OSError("chromedriver does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if getattr(self, "session", None):
                self.request("DELETE", "/session/" + self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=120)
        try:
            connection.request(
                method, path, None if body is None else json.dumps(body),
                {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise RuntimeError(value["error"] + ": " + value["message"])
        return value

    def call(self, method, path, body=None):
        if self.session:
            path = "/session/" + self.session + path
        return self.request(method, path, body)

    def open(self, url):
        self.call("POST", "/url", {"url": url})

    def script(self, text, *arguments):
        return self.call("POST", "/execute/sync",
                         {"script": text, "args": arguments})

    def wait(self, text, *arguments, seconds=10):
        """Until the script's value is true."""
        limit = time.monotonic() + seconds
        while not self.script(text, *arguments):
            if time.monotonic() > limit:
                raise AssertionError("still not so: " + text)
            time.sleep(0.02)

    def keys(self, *keys):
        """Presses one after the other; "Control+f" holds the first."""
        actions = []
        for key in keys:
            parts = key.split("+") if len(key) > 1 else [key]
            codes = [KEYS.get(part, part) for part in parts]
            actions += [{"type": "keyDown", "value": c} for c in codes]
            actions += [{"type": "keyUp", "value": c} for c in codes[::-1]]
        self.actions({"type": "key", "id": "keys", "actions": actions})

    def move(self, x, y, is_click=False):
        """The pointer to a place of the window."""
        actions = [{"type": "pointerMove", "x": int(x), "y": int(y),
                    "duration": 0}]
        if is_click:
            actions += [{"type": "pointerDown", "button": 0},
                        {"type": "pointerUp", "button": 0}]
        self.actions({"type": "pointer", "id": "mouse",
                      "parameters": {"pointerType": "mouse"},
                      "actions": actions})

    def actions(self, *sources):
        self.call("POST", "/actions", {"actions": sources})

    def type(self, selector, text):
        element = self.call("POST", "/element", {
            "using": "css selector", "value": selector})[ELEMENT]
        self.call("POST", "/element/%s/value" % element, {"text": text})

    def click(self, selector):
        element = self.call("POST", "/element", {
            "using": "css selector", "value": selector})[ELEMENT]
        self.call("POST", "/element/%s/click" % element, {})

    def resize(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width,
                      height=height, deviceScaleFactor=1, mobile=False)

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute",
                         {"cmd": command, "params": parameters})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def errors(self):
        """What the console said since the last time: warnings and errors."""
        return [entry["message"] for entry in self.call(
            "POST", "/se/log", {"type": "browser"})
            if entry["level"] in ("WARNING", "SEVERE")]
