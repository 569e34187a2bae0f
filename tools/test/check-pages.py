#!/usr/bin/env python3
"""Looks at the pages that stacker writes as a reader does, in Debian's chromium: `make check-pages`.

check-pages.py STACKER [--keep DIR]

It makes pages of a small image, of hostile names and of 200,000 files, and checks: nothing is interpreted, and nothing asked of
a network; the treemap is drawn within two seconds and can be used by keyboard alone, with a focus that is seen; light and dark
all text has a contrast of 4.5 to 1 (WCAG 2.1 AA, computed of the colours that the browser has used); at the width of a phone
nothing has to be scrolled sideways. With --keep the pages and pictures of them stay in DIR.
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60

HOSTILE = [
    [
        {"path": "<script>window.evil=1</script>/<img src=x onerror=window.evil=2>", "size": 5000},
        {"path": "</script><script>window.evil=3</script>", "size": 4000},
        {"path": "gpj.\u202eexe", "size": 3000},
        {"path": "x" * 200, "size": 2500},
        {"path": "a\nb\u2028c", "size": 2000},
        {"path": "/".join("d" * 40 for _ in range(30)), "size": 1000},
    ],
    [{"path": "gpj.\u202eexe", "text": "other"}, {"path": ".wh." + "x" * 200}],
]


class Browser:
    """A chromium that is told what to do through pipes: Chrome DevTools Protocol."""

    def __init__(self, profile):
        (to_it, self.send), (self.receive, from_it) = os.pipe(), os.pipe()

        def arrange():
            # It takes 3 and 4.
            read, write = os.dup(to_it), os.dup(from_it)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--remote-debugging-pipe", f"--user-data-dir={profile}"],
            preexec_fn=arrange, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(to_it)
        os.close(from_it)
        self.rest, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Security"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.send, json.dumps(message).encode() + b"\0")
        number = self.number
        while True:
            answer = self.next()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def next(self):
        while b"\0" not in self.rest:
            piece = os.read(self.receive, 1 << 16)
            if not piece:
                raise RuntimeError("chromium has ended")
            self.rest += piece
        line, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def look(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text="\r" if key == "Enter" else "",
                      windowsVirtualKeyCode={"Enter": 13, "Escape": 27, "Tab": 9}.get(key, 0))

    def show(self, page, width, height, scheme):
        """Shows a page, and returns after how many seconds the treemap was there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.events = []
        begin = time.monotonic()
        self.call("Page.navigate", url=page.as_uri())
        while time.monotonic() - begin < PATIENCE:
            if self.look("document.readyState === 'complete' && document.querySelectorAll('.tile').length > 0"):
                return time.monotonic() - begin
            time.sleep(0.02)
        raise RuntimeError(f"{page} has no treemap after {PATIENCE} s")

    def picture(self, path):
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def end(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (RuntimeError, OSError):
            pass
        self.process.wait(PATIENCE)


# The least contrast of any text that is there with what is behind it, and where.
CONTRAST = """
(() => {
  const parse = (text) => (text.match(/[0-9.]+/g) || []).map(Number);
  const part = (value) => {
    value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const light = ([red, green, blue]) => 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return parse(getComputedStyle(document.body).backgroundColor);
  };
  document.querySelectorAll('details').forEach((details) => { details.open = true; });
  let least = [Infinity, ''];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.getClientRects().length === 0 || element.disabled) continue;
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < least[0]) least = [contrast, element.className + ': ' + walker.currentNode.data.slice(0, 40)];
  }
  return least;
})()
"""

FOCUS = """
(() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  return [at.className, at.getAttribute('aria-label') || at.textContent, style.outlineStyle, style.outlineWidth];
})()
"""


class Checks:
    def __init__(self, browser, keep):
        self.browser, self.keep, self.failures = browser, keep, 0

    def expect(self, holds, what):
        print(f"{'ok' if holds else 'not ok'} {what}")
        self.failures += not holds

    def page(self, path, name):
        for scheme in ("light", "dark"):
            seconds = self.browser.show(path, 1200, 900, scheme)
            self.expect(seconds < 2, f"{name}, {scheme}: drawn after {seconds:.2f} s")
            contrast, where = self.browser.look(CONTRAST)
            self.expect(contrast >= 4.5, f"{name}, {scheme}: the least contrast is {contrast:.2f} ({where!r})")
            self.browser.picture(self.keep / f"{name}-{scheme}.png")
        self.browser.show(path, 390, 844, "light")
        wide = self.browser.look("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        self.expect(wide <= 0, f"{name}, 390 pixels wide: {wide} pixels to scroll sideways")
        self.browser.picture(self.keep / f"{name}-phone.png")
        self.nothing_happened(name)

    def nothing_happened(self, name):
        evil = self.browser.look("window.evil === undefined ? null : window.evil")
        self.expect(evil is None, f"{name}: nothing in a name is run")
        asked = [event["params"]["request"]["url"] for event in self.browser.events
                 if event["method"] == "Network.requestWillBeSent"]
        others = [url for url in asked if not url.startswith("file:")]
        self.expect(not others and len(asked) <= 1, f"{name}: nothing is asked of a network {others}")
        said = [event["params"]["entry"]["text"] for event in self.browser.events if event["method"] == "Log.entryAdded"]
        thrown = [event for event in self.browser.events if event["method"] == "Runtime.exceptionThrown"]
        self.expect(not said and not thrown, f"{name}: the browser has nothing to say {said}{thrown}")

    def keyboard(self, path, name):
        browser = self.browser
        browser.show(path, 1200, 900, "light")
        for _ in range(20):
            browser.press("Tab")
            if "tile" in browser.look(FOCUS)[0].split():
                break
        first = browser.look(FOCUS)
        self.expect("tile" in first[0].split(), f"{name}: Tab comes to the treemap: {first[1]!r}")
        self.expect(first[2] != "none" and first[3] != "0px", f"{name}: the focus is seen: {first[2]} {first[3]}")
        browser.press("End")
        last = browser.look(FOCUS)
        self.expect(last[1] != first[1], f"{name}: End goes to the last: {last[1]!r}")
        browser.press("Home")
        self.expect(browser.look(FOCUS)[1] == first[1], f"{name}: Home goes to the first")
        moved = set()
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
            browser.press(key)
            moved.add(browser.look(FOCUS)[1])
        self.expect(len(moved) > 1, f"{name}: arrows go about: {sorted(moved)[:4]}")
        browser.press("Home")
        before = browser.look("document.querySelector('.way').textContent")
        browser.press("Enter")
        inside = browser.look("document.querySelector('.way').textContent")
        self.expect(inside != before and "tile" in browser.look(FOCUS)[0].split(), f"{name}: Enter opens {inside!r}")
        browser.press("Escape")
        after = browser.look("document.querySelector('.way').textContent")
        self.expect(after == before and browser.look(FOCUS)[1] == first[1], f"{name}: Escape comes back to it")
        told = browser.look("document.querySelector('.told').textContent")
        self.expect(", layer " in told, f"{name}: what has the focus is told: {told!r}")

    def speed(self, path):
        self.browser.show(path, 1200, 900, "light")
        seconds = self.browser.look(
            "(() => { const begin = performance.now();"
            " while (document.querySelector('.tile.directory')) document.querySelector('.tile.directory').click();"
            " return (performance.now() - begin) / 1000; })()")
        self.expect(seconds < 2, f"many: all the way down in {seconds:.2f} s")


def write_pages(stacker, scratch):
    make = str(TOP / "tools/fixtures/make-stacked-image.py")
    pages = {}
    for name, arguments, layers in (("hostile", [], HOSTILE), ("many", ["--files", "200000"], None)):
        subprocess.run([make, str(scratch / f"{name}-image"), *arguments], check=True, text=True,
                       input=json.dumps(layers) if layers else "")
        pages[name] = scratch / f"{name}.html"
        begin = time.monotonic()
        subprocess.run([stacker, "explain", f"oci:{scratch}/{name}-image:latest", "--html", str(pages[name])],
                       check=True, cwd=scratch)
        seconds = time.monotonic() - begin
        print(f"# {name}: a page of {pages[name].stat().st_size} bytes in {seconds:.1f} s")
        subprocess.run([str(TOP / "tools/test/read-page.py"), str(pages[name])], check=True)
    return pages


def main():
    stacker = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        keep = pathlib.Path(sys.argv[3]).resolve() if sys.argv[2:3] == ["--keep"] else scratch
        keep.mkdir(parents=True, exist_ok=True)
        pages = write_pages(stacker, scratch)
        browser = Browser(scratch / "profile")
        try:
            checks = Checks(browser, keep)
            for name, page in pages.items():
                checks.page(page, name)
                checks.keyboard(page, name)
            checks.expect(pages["many"].stat().st_size < 2_000_000, "many: the page has less than 2 MB")
            checks.speed(pages["many"])
        finally:
            browser.end()
        for page in pages.values():
            if keep != scratch:
                (keep / page.name).write_bytes(page.read_bytes())
    print(f"{checks.failures} failures")
    sys.exit(checks.failures > 0)


main()
