"""A real browser with forms and no script walks through the flows: Chromium, by its DevTools protocol.

A small proxy gives the service and a page with a form for each call the same origin. It can keep an answer
back until the same call came again, as when the first click of a double click is given up.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from client import Client

EMAIL, PHONE, PASSWORD = "ada@example.com", "+14155552671", "teal-otter-9-quarry-lamp"
PATIENCE = 30
FORMS = {
    "register": ["first_name", "last_name", "email", "phone_number", "password"],
    "verify_email": ["otp"],
    "login": ["phone_number"],
    "otp_verification": ["otp"],
}
PAGE = pathlib.Path(__file__).parents[2].joinpath("docs/entering-codes.md").read_text()
CODE_FORM = re.search(r"```html\n(.*?)```", PAGE, re.S).group(1)
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Proxy(http.server.ThreadingHTTPServer):
    """Serves the forms, and hands everything else on."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.backend = None
        self.kept_back = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def keep_back_first(self, path):
        """The first answer to the path is kept back until the second was given."""
        self.kept_back[path] = KeptBack()
        return self.kept_back[path]

    def handle_error(self, request, client_address):
        """A browser that gives up a call is no error."""


class KeptBack:
    def __init__(self):
        self.has_come, self.came_again = threading.Event(), threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.removeprefix("/form/")
        if name == "code":
            return self.page(name, CODE_FORM)
        if name not in FORMS:
            return self.hand_on()
        fields = "".join(f'<p><input name="{field}" value="">' for field in FORMS[name])
        self.page(name, f'<form method="post" action="/{name}">{fields}<p><button>Go</button></form>')

    def page(self, title, body):
        page = f"<!doctype html><title>{title}</title>{body}"
        self.answer(200, [("content-type", "text/html"), ("cache-control", "no-store")], page.encode())

    def do_POST(self):
        self.hand_on()

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        backend = http.client.HTTPConnection("127.0.0.1", self.server.backend, timeout=PATIENCE)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        backend.request(self.command, self.path, body or None, headers)
        answer = backend.getresponse()
        content = answer.read()
        kept_back = self.server.kept_back.get(self.path)
        if kept_back and not kept_back.has_come.is_set():
            kept_back.has_come.set()
            kept_back.came_again.wait(PATIENCE)
        elif kept_back:
            del self.server.kept_back[self.path]
            kept_back.came_again.set()
        self.answer(answer.status, [(n, v) for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP], content)

    def answer(self, status, headers, content):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Chromium:
    """A browser of its own, spoken to over a pipe (--remote-debugging-pipe)."""

    def __init__(self, binary, folder):
        commands, self.commands = os.pipe()
        self.events, events = os.pipe()

        def pipes():
            # The two ends that the browser looks for; first out of each other's way.
            one, other = os.dup2(commands, 100), os.dup2(events, 101)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self.process = subprocess.Popen(
            [binary, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--remote-debugging-pipe", f"--user-data-dir={folder}/profile"],
            close_fds=False, preexec_fn=pipes, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(events)
        self.received, self.buffer, self.last = {}, b"", 0

    def call(self, method, session=None, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while self.last not in self.received:
            chunk = os.read(self.events, 1 << 16)
            assert chunk, "the browser has gone"
            *messages, self.buffer = (self.buffer + chunk).split(b"\0")
            for answer in map(json.loads, messages):
                if "id" in answer:
                    self.received[answer["id"]] = answer
        answer = self.received.pop(self.last)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def tab(self):
        return Tab(self)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Tab:
    def __init__(self, browser):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def ask(self, expression):
        """The value of an expression in the page; `None` while there is none."""
        try:
            answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        except AssertionError:
            return None  # Between two pages.
        return answer["result"].get("value")

    def await_page(self, path, before=None):
        """Waits for another document than that one, at the path; gives its status and body."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            page = self.ask(
                "document.readyState == 'complete' && JSON.stringify([location.pathname, performance.timeOrigin,"
                " performance.getEntriesByType('navigation')[0].responseStatus, document.body.innerText])"
            )
            if page:
                found, origin, status, body = json.loads(page)
                if found == path and origin != before:
                    return status, body
            time.sleep(0.05)
        raise AssertionError((path, self.ask("location.href")))

    def open(self, path):
        before = self.ask("performance.timeOrigin")
        self.call("Page.navigate", url=proxy.url + path)
        return self.await_page(path, before)

    def fill(self, **values):
        for name, value in values.items():
            self.ask(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")

    def button(self):
        """Where it is."""
        box = "JSON.stringify(document.querySelector('button').getBoundingClientRect())"
        box = json.loads(self.ask(box))
        return {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}

    def click(self, at):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)

    def submit(self, name, kept_back=None, **values):
        """Fills the form of a call, clicks and gives status and body of the answer."""
        self.open(f"/form/{name}")
        return self.submit_again(name, kept_back, **values)

    def submit_again(self, name, kept_back=None, **values):
        self.fill(**values)
        before = self.ask("performance.timeOrigin")
        at = self.button()
        self.click(at)
        if kept_back:
            assert kept_back.has_come.wait(PATIENCE), f"{name} was not called"
            self.click(at)
        status, body = self.await_page(f"/{name}", before)
        return status, json.loads(body)

    def cookies(self):
        cookies = self.call("Network.getCookies", urls=[proxy.url])["cookies"]
        return {cookie["name"]: cookie["value"] for cookie in cookies}

    def back(self):
        history = self.call("Page.getNavigationHistory")
        entry = history["entries"][history["currentIndex"] - 1]
        before = self.ask("performance.timeOrigin")
        self.call("Page.navigateToHistoryEntry", entryId=entry["id"])
        return self.await_page(entry["url"].removeprefix(proxy.url), before)


def scan(tab):
    """Follows what a link scanner would: every link in every message, and the calls themselves, with GET."""
    messages = client.ok("/dev/inbox?format=json")
    links = {link for message in messages for link in re.findall(r"https?://[^\s<>\"]+", message["body"])}
    cookies = "; ".join(f"{name}={value}" for name, value in tab.cookies().items())
    for link in {re.sub(r"^https?://[^/]+", proxy.url, link) for link in links} | {f"{proxy.url}/{name}" for name in FORMS}:
        for headers in ({}, {"cookie": cookies}):
            try:
                urllib.request.urlopen(urllib.request.Request(link, headers=headers), timeout=PATIENCE).read()
            except urllib.error.HTTPError:
                pass


def newest_code(to, others):
    """The code in a message to the address or number that is none of those."""
    deadline = time.monotonic() + PATIENCE
    while (code := client.code(to)) in others:
        assert time.monotonic() < deadline, f"no new code for {to}"
        time.sleep(0.05)
    others.append(code)
    return code


def a_double_click_whose_first_answer_is_lost(tab, codes):
    status, _ = tab.submit("register", first_name="Ada", last_name="Lovelace", email=EMAIL, phone_number=PHONE, password=PASSWORD)
    assert status == 202, status
    scan(tab)
    code = newest_code(EMAIL, codes)
    second = tab.browser.tab()
    second.open("/form/verify_email")
    kept_back = proxy.keep_back_first("/verify_email")
    status, registered = tab.submit("verify_email", kept_back, otp=code)
    assert (status, registered.get("next")) == (201, "login"), (status, registered)
    assert tab.cookies()["doorward_flow"] == registered["flow_token"]
    return code, second, registered


def a_second_tab_that_is_late(second, code, registered):
    """The code once more, now in the flow that followed: refused, and nothing is lost."""
    status, answer = second.submit_again("verify_email", otp=code)
    assert (status, answer.get("code")) == (410, "flow_closed"), (status, answer)
    assert second.cookies()["doorward_flow"] == registered["flow_token"]


def the_first_login(tab, codes, registered):
    status, flow = tab.submit("login", phone_number=PHONE)
    assert (status, flow["next"]) == (202, "otp_verification"), (status, flow)
    scan(tab)
    status, tokens = tab.submit("otp_verification", otp=newest_code(PHONE, codes))
    assert (status, tokens["user"]["id"]) == (200, registered["user"]["id"]), (status, tokens)
    assert "doorward_flow" not in tab.cookies()


def the_back_button(tab, codes):
    """A form from before is sent again: refused, and the session goes on."""
    session = tab.cookies()["doorward_session"]
    tab.back()
    status, answer = tab.submit_again("otp_verification", otp=codes[-1])
    assert (status, answer.get("code")) == (400, "flow_missing"), (status, answer)
    assert tab.cookies()["doorward_session"] == session
    assert tab.open("/me")[0] == 200


def two_tabs_that_log_in_at_once(tab, codes):
    """The newer flow is the browser's; the tab that is behind does not take it away."""
    other = tab.browser.tab()
    assert tab.submit("login", phone_number=PHONE)[0] == 202
    old = newest_code(PHONE, codes)
    assert other.submit("login", phone_number=PHONE)[0] == 202
    new = newest_code(PHONE, codes)
    newer = tab.cookies()["doorward_flow"]
    status, answer = tab.submit("otp_verification", otp=old)
    assert (status, answer.get("code"), answer.get("attempts_left")) == (401, "otp_incorrect", 4), (status, answer)
    assert tab.cookies()["doorward_flow"] == newer
    assert other.submit("otp_verification", otp=new)[0] == 200
    assert tab.open("/me")[0] == 200


def a_code_that_the_browser_reads(tab, codes):
    """The form of docs/entering-codes.md sends what WebOTP hands over; a script stands in for the telephone."""
    code = started(tab, codes)
    stand_in = (
        "window.OTPCredential = class {};"
        f"navigator.credentials.get = async ({{ otp }}) => ({{ code: otp.transport.includes('sms') ? '{code}' : '' }});"
    )
    assert sent_by_itself(tab, stand_in) == 200


def a_code_that_is_typed(tab, codes):
    """The same form where the browser has no WebOTP, and where nothing comes of it."""
    for missing in ("delete window.OTPCredential;", "navigator.credentials.get = async () => { throw new Error() };"):
        code = started(tab, codes)
        script = tab.call("Page.addScriptToEvaluateOnNewDocument", source=missing)["identifier"]
        tab.open("/form/code")
        field = "document.querySelector('[name=otp]')"
        assert tab.ask(f"[{field}.autocomplete, {field}.inputMode].join()") == "one-time-code,numeric"
        assert tab.submit_again("otp_verification", otp=code)[0] == 200
        tab.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)


def started(tab, codes):
    """The code of a login that was started in the tab."""
    assert tab.submit("login", phone_number=PHONE)[0] == 202
    return newest_code(PHONE, codes)


def sent_by_itself(tab, stand_in):
    """The status of the answer to the form, which nobody touches."""
    script = tab.call("Page.addScriptToEvaluateOnNewDocument", source=stand_in)["identifier"]
    before = tab.ask("performance.timeOrigin")
    tab.call("Page.navigate", url=f"{proxy.url}/form/code")
    status, _ = tab.await_page("/otp_verification", before)
    tab.call("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    return status


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


binary = os.path.abspath(sys.argv[1])
chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
assert chromium, "chromium is missing"
proxy = Proxy()
proxy.backend = free_port()
client = Client(proxy.url)
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    settings = {
        "DOORWARD__HTTP__LISTEN": f"127.0.0.1:{proxy.backend}", "DOORWARD__HTTP__OPS_LISTEN": "127.0.0.1:0",
        "DOORWARD__HTTP__PUBLIC_URL": proxy.url, "DOORWARD__SMS__ALLOWED_COUNTRIES": '["US"]',
    }
    log = pathlib.Path(folder, "doorward.log").open("w")
    service = subprocess.Popen([binary, "dev"], cwd=folder, env=os.environ | settings, stdout=log, stderr=log)
    browser = None
    try:
        deadline = time.monotonic() + PATIENCE
        while "Doorward runs on" not in pathlib.Path(folder, "doorward.log").read_text():
            assert service.poll() is None and time.monotonic() < deadline, pathlib.Path(folder, "doorward.log").read_text()
            time.sleep(0.05)
        browser = Chromium(chromium, folder)
        tab, codes = browser.tab(), []
        code, second, registered = a_double_click_whose_first_answer_is_lost(tab, codes)
        a_second_tab_that_is_late(second, code, registered)
        the_first_login(tab, codes, registered)
        the_back_button(tab, codes)
        two_tabs_that_log_in_at_once(tab, codes)
        a_code_that_the_browser_reads(tab, codes)
        a_code_that_is_typed(tab, codes)
    finally:
        if browser:
            browser.close()
        service.terminate()
        service.wait()
print("interop: Chromium walks through the flows by forms: double click, second tab, back button, link scanner, WebOTP")
