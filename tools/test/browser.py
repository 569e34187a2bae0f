"""A browser for checks of pages: Debian's chromium without a window, led over a pipe by its own protocol.

    with Browser() as browser:
        page = browser.page(width=390, height=844, dark=True)
        seconds = page.open(path)
        page.press("/")
        page.type("words")
        page.evaluate("document.title")

A page remembers what no page of ours may do: ask for anything but itself, open a dialog, complain on its console.
"""

import base64
import contextlib
import fcntl
import json
import os
import pathlib
import select
import shutil
import signal
import sys
import tempfile
import time
from typing import Callable

# Seconds for one answer.
PATIENCE = 60

# How the protocol names keys: code, virtual key, what it types.
KEYS = {
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Tab": ("Tab", 9, ""),
    "Backspace": ("Backspace", 8, ""),
    "Space": ("Space", 32, " "),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "PageUp": ("PageUp", 33, ""),
    "PageDown": ("PageDown", 34, ""),
    "End": ("End", 35, ""),
    "Home": ("Home", 36, ""),
}
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}

# What a script in a page answers for each text that is seen: its colour, and that of what is behind it.
CONTRASTS = pathlib.Path(__file__).with_name("contrasts.js")


class Browser:
    """One chromium, with a profile of its own that goes with it."""

    def __init__(self) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            sys.exit("error: there is no chromium\nhelp: apt-get install chromium")
        self.profile = tempfile.mkdtemp(prefix="browser-")
        self.log = os.path.join(self.profile, "log")
        self.buffer = b""
        self.last = 0
        self.pages: dict[str, Page] = {}
        self.pid, self.commands, self.answers = self.start(program)

    def start(self, program: str) -> tuple[int, int, int]:
        """It reads commands from descriptor 3 and answers at descriptor 4."""
        arguments = [
            program, "--headless", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run",
            "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
            "--force-color-profile=srgb", "about:blank",
        ]
        if os.geteuid() == 0:
            arguments.insert(1, "--no-sandbox")
        (theirs, commands), (answers, replies) = os.pipe(), os.pipe()
        # Out of the way of the two numbers that they get there.
        theirs, replies = (move_up(each) for each in (theirs, replies))
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs, 3),
            (os.POSIX_SPAWN_DUP2, replies, 4),
            (os.POSIX_SPAWN_OPEN, 1, self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        pid = os.posix_spawn(program, arguments, os.environ, file_actions=actions, setpgroup=0)
        os.close(theirs)
        os.close(replies)
        return pid, commands, answers

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            self.ask("Browser.close")
        deadline = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            time.sleep(0.02)
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def page(self, width: int = 1280, height: int = 900, dark: bool = False, scripts: bool = True) -> "Page":
        """A tab. One that is as narrow as a phone has a finger and no mouse."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        page.prepare(width, height, dark, scripts)
        return page

    def ask(self, method: str, session: str | None = None, **parameters: object) -> dict:
        """Sends a command and waits for its answer; what happens meanwhile is kept for its page."""
        self.last += 1
        message: dict[str, object] = {"id": self.last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        rest = memoryview(json.dumps(message).encode() + b"\0")
        while rest:
            rest = rest[os.write(self.commands, rest) :]
        while (answer := self.receive()).get("id") != self.last:
            self.note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def note(self, message: dict) -> None:
        if page := self.pages.get(message.get("sessionId", "")):
            page.note(message.get("method", ""), message.get("params", {}))

    def receive(self) -> dict:
        while b"\0" not in self.buffer:
            if not select.select([self.answers], [], [], PATIENCE)[0]:
                raise RuntimeError(f"chromium said nothing for {PATIENCE} s")
            piece = os.read(self.answers, 1 << 20)
            if not piece:
                raise RuntimeError(f"chromium has ended:\n{pathlib.Path(self.log).read_text(errors='replace')}")
            self.buffer += piece
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)


def move_up(descriptor: int) -> int:
    """Another number for a descriptor, above those that a program is started with."""
    higher = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return higher


class Page:
    """A tab, and what it did that nobody asked for."""

    def __init__(self, browser: Browser, session: str) -> None:
        self.browser = browser
        self.session = session
        self.loaded = False
        self.has_scripts = True
        self.address = ""
        self.requests: list[str] = []
        self.complaints: list[str] = []

    def ask(self, method: str, **parameters: object) -> dict:
        return self.browser.ask(method, self.session, **parameters)

    def prepare(self, width: int, height: int, dark: bool, scripts: bool) -> None:
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        narrow = width < 600
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if narrow else 1,
            mobile=narrow)
        self.ask("Emulation.setTouchEmulationEnabled", enabled=narrow)
        scheme = "dark" if dark else "light"
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.has_scripts = scripts
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)

    def note(self, event: str, about: dict) -> None:
        if event == "Page.loadEventFired":
            self.loaded = True
        elif event == "Network.requestWillBeSent":
            address = about["request"]["url"]
            if address.partition("#")[0] != self.address.partition("#")[0]:
                self.requests.append(address)
        elif event == "Page.javascriptDialogOpening":
            self.complaints.append(f"a dialog: {about['message']}")
        elif event == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Log.entryAdded" and about["entry"]["level"] in ("warning", "error"):
            self.complaints.append(about["entry"]["text"])
        elif event == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {about['args']}")

    def open(self, place: str | os.PathLike[str]) -> float:
        """Goes to a file, or an address, and waits until it is loaded and drawn. The seconds that this took."""
        place = str(place)
        address = place if "://" in place else pathlib.Path(place.partition("#")[0]).resolve().as_uri()
        if "://" not in place and "#" in place:
            address += "#" + place.partition("#")[2]
        # Another fragment of the same page would be no load.
        self.loaded, self.address = False, "about:blank"
        self.ask("Page.navigate", url="about:blank")
        self.wait_for_load()
        self.loaded, self.address = False, address
        begin = time.monotonic()
        answer = self.ask("Page.navigate", url=address)
        if "errorText" in answer:
            raise RuntimeError(f"{address}: {answer['errorText']}")
        self.wait_for_load()
        self.wait_for_drawing()
        return time.monotonic() - begin

    def wait_for_load(self) -> None:
        while not self.loaded:
            self.browser.note(self.browser.receive())

    def wait_for_drawing(self) -> None:
        """Until what was done shows: a frame is drawn, and the next one begun. Nothing calls a page without scripts back."""
        if not self.has_scripts:
            self.ask("Page.captureScreenshot", clip={"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1})
            return
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")

    def measure(self, action: Callable[[], object]) -> float:
        """The seconds until what an action does shows."""
        begin = time.monotonic()
        action()
        self.wait_for_drawing()
        return time.monotonic() - begin

    def evaluate(self, expression: str) -> object:
        """What a script's expression is, as JSON has it; also where the page itself may run none."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def press(self, *keys: str) -> None:
        """Presses one key after the other: "Enter", "/", "Shift+Tab"."""
        for key in keys:
            *held, key = key.split("+") if len(key) > 1 else [key]
            code, number, text = KEYS.get(key, ("", ord(key.upper()[0]), key))
            about = {
                "key": " " if key == "Space" else key, "code": code, "windowsVirtualKeyCode": number,
                "modifiers": sum(MODIFIERS[each] for each in held),
            }
            self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **about)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def type(self, text: str) -> None:
        """Presses the key of each character."""
        self.press(*text)

    def tab_stops(self, most: int = 50, key: str = "Tab") -> list[dict]:
        """Where Tab, or Shift+Tab, leads, from where the focus is: each element's name, words, whether it is seen there, with
        nothing over it, and whether one sees that it has the focus."""
        stops = []
        for _ in range(most):
            self.press(key)
            stop = self.evaluate(FOCUSED)
            if stop is None:
                break
            stops.append(stop)
        return stops

    def contrasts(self) -> list[dict]:
        """Texts whose colour is too near to what is behind them, by WCAG's level AA, with the ratio that each has; and
        those that there is nothing to compute of, with a ratio of 0."""
        return self.evaluate(CONTRASTS.read_text())

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return self.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def sticking_out(self) -> list[str]:
        """What makes it so: the elements that end right of the window, and in no box that scrolls."""
        return self.evaluate(STICKING_OUT)

    def screenshot(self, path: str | os.PathLike[str], whole: bool = False) -> None:
        """A PNG of what is seen, or of all of the page."""
        answer = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))


# Whether an element shows that it has the focus: an outline, or a shadow around it.
FOCUSED = """(() => {
    const element = document.activeElement;
    if (!element || element === document.body || element === document.documentElement) return null;
    const style = getComputedStyle(element), box = element.getClientRects()[0] ?? new DOMRect();
    const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return {
        name: element.localName, id: element.id,
        text: (element.getAttribute("aria-label") || element.textContent || element.value || "").trim().slice(0, 80),
        seen: there !== null && (element.contains(there) || there.contains(element)),
        marked: (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none",
    };
})()"""

STICKING_OUT = """(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = element => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    const isInBox = element => {
        for (let each = element.parentElement; each && each !== document.body; each = each.parentElement) {
            if (scrolls(each)) return true;
        }
        return false;
    };
    return [...document.body.querySelectorAll("*")]
        .filter(each => each.getBoundingClientRect().right > width + 1 && !isInBox(each))
        .slice(0, 20)
        .map(each => each.localName + (each.id ? "#" + each.id : "") + ": " + each.textContent.trim().slice(0, 60));
})()"""
