#!/usr/bin/env python3
"""What is in a flame graph, and what a browser makes of it.

    flamegraph.py data FILE PPROF        its data: totals are the profile's
    flamegraph.py missing                why there is no browser; nothing: there is
    flamegraph.py FACT FILE [SCREENSHOT] in headless Chromium; see FACTS
"""
import html.parser
import json
import os
import sys
import time
import urllib.request
import xml.etree.ElementTree

import browser
import pprof_check

DIGITS = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
          "0123456789-_")


class DataOfPage(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.data, self.is_in = "", False

    def handle_starttag(self, tag, attributes):
        self.is_in = dict(attributes).get("id") == "flame-data"

    def handle_endtag(self, tag):
        self.is_in = False

    def handle_data(self, text):
        if self.is_in:
            self.data += text


def read_data(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".svg"):
        for element in xml.etree.ElementTree.fromstring(text).iter():
            if element.get("id") == "flame-data":
                return json.loads(element.text)
        raise AssertionError("no data")
    page = DataOfPage()
    page.feed(text)
    return json.loads(page.data)


def numbers(text):
    value = shift = 0
    for letter in text:
        digit = DIGITS.index(letter)
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            yield value
            value = shift = 0


def stacks(data):
    """What each path of names weighs by itself, as the page's script reads."""
    read, path, weights = numbers(data["nodes"]), [], {}
    for first in read:
        path = path[:len(path) - first // 2]
        path.append(data["names"][next(read)])
        if first % 2:
            key = tuple(path[1:])
            weights[key] = weights.get(key, 0) + next(read)
            if data["isDiff"]:
                next(read)
    return weights


def shown(name):
    """Ends of lines of Unicode are shown as bytes."""
    return "".join("".join("\\x%02x" % b for b in c.encode())
                   if c in "\u2028\u2029" else c for c in name)


def check_data(path, pprof):
    """Against the profile, read apart from all of this."""
    profile = pprof_check.Profile(pprof)
    column = [name for name, _ in profile.types].index(profile.default_type)
    wanted = {}
    for sample in profile.samples:
        names = []
        for number in sample["location"]:
            names += map(shown, pprof_check.location_names(profile, number))
        key = tuple(reversed(names))
        wanted[key] = wanted.get(key, 0) + sample["value"][column]
    got = stacks(read_data(path))
    assert got == wanted, "%d stacks, wanted %d" % (len(got), len(wanted))
    print("%d stacks weigh %d" % (len(got), sum(got.values())))


# ---- in a browser ----

def opened(page, path):
    started = time.monotonic()
    page.open("file://" + urllib.request.pathname2url(os.path.abspath(path)))
    page.wait("return document.getElementById('flame').dataset.ready === 'true'")
    return time.monotonic() - started


def state(page):
    return page.script("return window.flame.state()")


def text(page, name):
    return page.script("return document.getElementById('flame-' + "
                       "arguments[0]).textContent", name)


def is_hidden(page, name):
    return page.script(
        "return getComputedStyle(document.getElementById('flame-' + "
        "arguments[0])).display === 'none'", name)


def node(page, name):
    """The heaviest frame of a name."""
    return page.script(
        "const f = window.flame, all = f.find(arguments[0]);"
        "return all.sort((a, b) => f.tree.total[0][b] - f.tree.total[0][a])[0]",
        name)


def point(page, number):
    """The middle of a frame, in the window."""
    return page.script(
        "const b = document.getElementById('flame-chart')"
        ".getBoundingClientRect(), [x, w, y] = window.flame.place(arguments[0]);"
        "return [b.left + Math.max(x, 0) + Math.min(w, b.width) / 2,"
        " b.top + y + 10]", number)


def settle(page, number):
    page.wait("return window.flame.state().zoomed === arguments[0]", number)
    time.sleep(0.3)


def pixels(page):
    """How many different colours the chart has."""
    return page.script(
        "const c = document.getElementById('flame-chart');"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0,"
        " c.width, c.height).data.buffer); return new Set(d).size")


def rendered(page, path):
    seconds = opened(page, path)
    print("opened in %.2f s, %d frames drawn" % (seconds, state(page)["drawn"]))
    assert state(page)["drawn"] > 5 and pixels(page) > 5
    assert is_hidden(page, "veil") and is_hidden(page, "tip")
    assert "cpu" in text(page, "summary"), text(page, "summary")
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")


def hovered(page, path):
    opened(page, path)
    page.move(*point(page, node(page, "leaf")))
    page.wait("return !document.getElementById('flame-tip').hidden")
    tip = text(page, "tip")
    print(tip)
    assert "leaf" in tip and "%" in tip and " ms" in tip
    page.move(5, 5)


def searched(page, path):
    opened(page, path)
    page.keys("/")
    page.type("#flame-search", "^leaf$")
    page.wait("return document.getElementById('flame-matched').textContent"
              ".includes('matched')")
    total = page.script("return window.flame.tree.total[0][0]")
    leaf = page.script("const f = window.flame; return f.find('leaf')"
                       ".reduce((n, i) => n + f.tree.total[0][i], 0)")
    print(text(page, "matched"))
    assert text(page, "matched") == "%.2f%% matched" % (100 * leaf / total)
    page.type("#flame-search", "(")
    assert "not a regular" in text(page, "matched")
    page.keys("Escape")
    assert text(page, "matched") == ""


def zoomed(page, path):
    opened(page, path)
    main = node(page, "main")
    page.move(*point(page, main), is_click=True)
    settle(page, main)
    x, w, _ = page.script("return window.flame.place(arguments[0])", main)
    width = page.script("return document.getElementById('flame-chart').clientWidth")
    assert abs(x) < 1 and abs(w - width) < 1, (x, w, width)
    page.click("#flame-reset")
    settle(page, 0)


def by_keys(page, path):
    opened(page, path)
    page.script("document.getElementById('flame-chart').focus()")
    page.keys("ArrowUp")
    first = state(page)["selected"]
    assert first > 0
    page.keys("ArrowUp", "Enter")
    settle(page, state(page)["selected"])
    deeper = state(page)["zoomed"]
    assert page.script("return window.flame.tree.parent[arguments[0]]", deeper) == first
    page.keys("Backspace")
    settle(page, first)
    page.keys("Escape")
    settle(page, 0)
    page.keys("Control+f")
    assert page.script("return document.activeElement.id") == "flame-search"
    page.keys("Escape", "?")
    assert not is_hidden(page, "veil")
    page.keys("Escape")
    assert is_hidden(page, "veil")


def turned(page, path):
    opened(page, path)
    main = node(page, "main")
    above = page.script("return window.flame.place(0)[2]")
    page.click("#flame-layout")
    assert state(page)["isIcicle"]
    assert page.script("return window.flame.place(0)[2]") < above
    assert page.script("return window.flame.place(arguments[0])[2]", main) > \
        page.script("return window.flame.place(0)[2]")


def dark(page, path):
    page.devtools("Emulation.setEmulatedMedia", features=[
        {"name": "prefers-color-scheme", "value": "dark"}])
    opened(page, path)
    assert state(page)["isDark"]
    page.click("#flame-theme")
    assert not state(page)["isDark"]
    page.click("#flame-theme")
    page.move(5, 5)
    time.sleep(0.2)


def narrow(page, path):
    page.resize(390, 800)
    opened(page, path)
    assert page.script("return document.documentElement.scrollWidth <= innerWidth")
    assert state(page)["drawn"] > 5


def threads(page, path):
    opened(page, path)
    names = page.script("const f = window.flame, t = f.tree; return Array.from("
                        "{length: t.n}, (_, i) => i).filter((i) => t.depth[i] === 1)"
                        ".map((i) => f.data.names[t.key[i]])")
    print(names)
    assert names and all("(" in name for name in names)
    assert "by thread" in text(page, "summary")


def compared(page, path):
    opened(page, path)
    legend = text(page, "legend")
    assert "grew" in legend and "shrank" in legend, legend
    page.move(*point(page, node(page, "leaf")))
    page.wait("return !document.getElementById('flame-tip').hidden")
    assert "baseline" in text(page, "tip"), text(page, "tip")
    page.keys("b")
    assert state(page)["side"] == 1
    page.keys("b")
    page.move(5, 5)


def empty(page, path):
    opened(page, path)
    assert "no samples" in text(page, "summary"), text(page, "summary")


def hostile(page, path):
    opened(page, path)
    assert page.script("return window.pwned === undefined")
    assert page.script("return document.querySelectorAll('img, b i').length") == 0
    names = page.script("return window.flame.data.names")
    assert any("</script>" in name for name in names), names


FACTS = {fact.__name__: fact for fact in (
    rendered, hovered, searched, zoomed, by_keys, turned, dark, narrow,
    threads, compared, empty, hostile)}


def main():
    if sys.argv[1] == "missing":
        print(browser.missing() or "")
        return
    if sys.argv[1] == "data":
        check_data(*sys.argv[2:])
        return
    fact, path = FACTS[sys.argv[1]], sys.argv[2]
    with browser.Browser() as page:
        try:
            fact(page, path)
            problems = page.errors()
            assert not problems, problems
        finally:
            if len(sys.argv) > 3:
                page.screenshot(sys.argv[3])


if __name__ == "__main__":
    main()
