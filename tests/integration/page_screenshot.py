"""Opens the status page of a real daemon in headless Chromium, sees that its script runs under its own policy, and writes
docs/images/status-page.png. The hour of history in the picture is made up; all else is the daemon's. Never part of the
default tests: it needs chromium."""

import base64
import json
import math
import os
import subprocess
import sys
import time

from harness import DEADLINE, wait_for
from metrics_test import SOURCE, MetricsRig

PICTURE = os.path.join(SOURCE, "docs/images/status-page.png")


class Browser:
    """Chromium's DevTools protocol over its pipe (--remote-debugging-pipe): NUL-terminated JSON on descriptors 3 and 4."""

    def __init__(self, directory):
        ours_read, theirs_write = os.pipe()
        theirs_read, ours_write = os.pipe()

        def arrange():
            kept = os.dup(theirs_read), os.dup(theirs_write)
            os.dup2(kept[0], 3)
            os.dup2(kept[1], 4)
        self.process = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update", "--no-first-run", "--remote-debugging-pipe",
             f"--user-data-dir={directory}"],
            pass_fds=(3, 4, theirs_read, theirs_write), preexec_fn=arrange, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_read)
        os.close(theirs_write)
        self.reading, self.writing = os.fdopen(ours_read, "rb", 0), os.fdopen(ours_write, "wb", 0)
        self.buffer, self.number, self.session, self.said = b"", 0, None, []

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.writing.write(json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.buffer:
                data = self.reading.read(65536)
                if not data:
                    raise EOFError("chromium ended")
                self.buffer += data
            line, self.buffer = self.buffer.split(b"\0", 1)
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise AssertionError(answer["error"])
                return answer["result"]
            if answer.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
                self.said.append(answer["params"])

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Log", "Runtime", "Page"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=1200, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url=url)

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def wait_for(self, expression):
        end = time.monotonic() + DEADLINE
        while not self.value(expression):
            if time.monotonic() > end:
                raise AssertionError(f"the page never came to: {expression}\n{self.said}")
            time.sleep(0.1)

    def close(self):
        self.process.kill()
        self.process.wait()


def made_up_hour():
    """A gateway with an outage a quarter of an hour long, and the backlog that it drained."""
    samples, pending = [], 0
    for minute in range(60, 0, -1):
        connected = not 22 <= minute <= 36
        stored = int(900 + 120 * math.sin(minute / 5) + 40 * math.sin(minute * 2.3))
        delivered = min(pending + stored, 3400) if connected else 0
        pending += stored - delivered
        samples.append({"age_s": minute * 60 - 60, "stored": stored, "delivered": delivered, "pending": pending,
                        "bytes": pending * 180, "connected": connected})
    return samples


def main():
    with MetricsRig(["pump-1", "pump-2", "thermostat-1", "thermostat-2"]) as rig:
        rig.bound.remove("thermostat-2")
        rig.start_all()
        child = rig.child()
        for device in ("pump-1", "pump-2", "thermostat-1"):
            child.hello(device, ack="both")
            for number in range(40):
                child.send(op="event", device=device, id=str(number), data="21.5")
        wait_for(lambda: rig.run("renew", check=False).returncode == 0, "a planned swap")
        browser = Browser(rig.path("browser"))
        try:
            browser.open(f"http://127.0.0.1:{rig.metrics_port}/")
            browser.wait_for("document.getElementById('tiles').children.length === 4")
            browser.wait_for("document.getElementById('tiles').textContent.includes('connected')")
            browser.wait_for("document.getElementById('children').textContent.includes('held-off')")
            browser.wait_for("document.getElementById('tiles').textContent.includes('the last paused')")
            hour = json.dumps(made_up_hour())
            browser.value(f"{{ const draw = showHistory; showHistory = () => {{}}; draw({hour}); }}")
            height = browser.value("document.documentElement.scrollHeight")
            clip = {"x": 0, "y": 0, "width": 1200, "height": height, "scale": 1}
            picture = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)["data"]
            complaints = [said for said in browser.said if "favicon" not in json.dumps(said)]
            if complaints:
                raise AssertionError(f"the browser complains: {complaints}")
        finally:
            browser.close()
        os.makedirs(os.path.dirname(PICTURE), exist_ok=True)
        with open(PICTURE, "wb") as file:
            file.write(base64.b64decode(picture))
        print(f"{PICTURE}: 1200x{height}, {os.path.getsize(PICTURE)} bytes; no complaint of the browser")


if __name__ == "__main__":
    sys.exit(main())
