"""Writes docs/images/status.png and docs/images/check.png: what the real programs show on a terminal of 80 columns, in headless
Chromium. Never part of the default tests: it needs chromium. The hour of the sparkline is made up; all else is the daemon's."""

import base64
import os
import pathlib
import re
import sys

from authority import Authority
from harness import Rig, binary, wait_for
from page_screenshot import Browser
from scripted_cloud import ScriptedCloud
from terminal import Terminal, as_html

IMAGES = os.path.join(os.environ["VOUCHGATE_SOURCE_DIR"], "docs/images")
MOST_BYTES = 150 * 1024
CHILDREN = [f"pump-{number}" for number in range(1, 9)]
HOUR = "▂▂▃▃▃▄▃▃█▆▃▃"


def shown(rig, *words, rows=24):
    terminal = Terminal([binary("vouchgate"), "--config", rig.config, *words], rows=rows, env={"NO_COLOR": None, "TZ": "UTC"})
    try:
        terminal.wait(120)
        return terminal.text().rstrip("\r\n")
    finally:
        terminal.close()


def draw(browser, rig, name, text, title):
    page = rig.path(f"{name}.html")
    pathlib.Path(page).write_text(as_html(text, title), encoding="utf-8")
    browser.call("Page.navigate", url=pathlib.Path(page).as_uri())
    browser.wait_for("document.readyState === 'complete' && document.getElementById('window') !== null "
                     f"&& document.getElementById('bar').textContent === {title!r}")
    width = browser.value("Math.ceil(document.getElementById('window').getBoundingClientRect().right) + 14")
    height = browser.value("Math.ceil(document.getElementById('window').getBoundingClientRect().bottom) + 14")
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    picture = base64.b64decode(browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"])
    if len(picture) >= MOST_BYTES:
        raise AssertionError(f"{name}.png has {len(picture)} bytes")
    path = os.path.join(IMAGES, f"{name}.png")
    pathlib.Path(path).write_bytes(picture)
    print(f"{path}: {width}x{height}, {len(picture)} bytes")


def status(browser):
    with Rig(CHILDREN) as rig:
        rig.bound.remove("pump-7")
        rig.start_all()
        child = rig.child()
        for device in CHILDREN:
            child.hello(device, ack="both")
            for number in range(40 if device != "pump-7" else 0):
                child.send(op="event", device=device, id=str(number), data="21.5")
        wait_for(lambda: all(one["state"] in ("subscribed", "held-off") for one in rig.status()["children"]), "the children")
        wait_for(lambda: rig.run("renew", check=False).returncode == 0, "a planned swap")
        wait_for(lambda: rig.status()["session"]["swaps"] == 1 and rig.status()["session"]["state"] == "connected", "the swap")
        wait_for(lambda: rig.status()["traffic"]["since_start"]["out"] == 280, "all is delivered")
        child.send(op="event", device="pump-1", id="last", data="21.5")
        wait_for(lambda: rig.status()["session"]["round_trip_us"], "a round trip")
        text = shown(rig, "status")
        if len(text.splitlines()) > 23 or "pump-7, " not in text or "RTT" not in text:
            raise AssertionError(text)
        # An hour has no place in a test: the rates' line, the first that ends so, gets the blocks of a made-up one.
        hour = f" refused\x1b[2m · \x1b[0mlast hour {HOUR}"
        draw(browser, rig, "status", re.sub(r" refused(?=\r?\n)", lambda _: hour, text, count=1), "vouchgate status")


def check(browser):
    with Rig(["pump-1", "pump-2"]) as rig:
        os.makedirs(rig.path("bench"))
        authority = Authority(rig.path("bench"), "bench")
        cloud = ScriptedCloud(*authority.issue("broker.example"))
        # No TPM, a certificate for another host, and a configuration that everybody may write.
        rig.write_config(port=cloud.port, ca=authority.ca_file)
        os.chmod(rig.config, 0o666)
        try:
            text = shown(rig, "check").replace(rig.directory, "/etc/vouchgate").replace("/nonexistent", "/dev/tpmrm0")
        finally:
            cloud.close()
        if len(re.findall("FAILED", text)) != 3:
            raise AssertionError(text)
        draw(browser, rig, "check", text, "vouchgate check")


def main():
    os.makedirs(IMAGES, exist_ok=True)
    with Rig([]) as home:
        browser = Browser(home.path("browser"))
        try:
            browser.open("about:blank")
            status(browser)
            check(browser)
        finally:
            browser.close()


if __name__ == "__main__":
    sys.exit(main())
