"""A pseudo-terminal for programs under test, and a picture of what it shows. Never interprets more of ECMA-48 than the product
writes: positions, erasing, colours, the alternate screen."""

import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

CSI = re.compile(r"\x1b\[(\??)([\d;]*)([A-Za-z])")
COLOURS = {31: "#ff6b6b", 32: "#7bd88f", 33: "#f5c76e"}


class Terminal:
    """Runs a program on a terminal of its own; `text()` is all that it has written."""

    def __init__(self, words, rows=24, columns=80, env=None):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave  # kept open, so that its settings can be compared afterwards

        def lead():
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
        environment = {name: value for name, value in environment.items() if value is not None}
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, preexec_fn=lead, env=environment)
        self.written = bytearray()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        try:
            while data := os.read(self.master, 65536):
                self.written += data
        except OSError:
            pass

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.master, keys)

    def text(self):
        return bytes(self.written).decode("utf-8", "replace")

    def settings_are_back(self):
        return termios.tcgetattr(self.slave) == self.before

    def wait(self, deadline):
        """Its exit code; whatever it wrote has arrived by then."""
        code = self.process.wait(deadline)
        end = time.monotonic() + deadline
        size = -1
        while size != len(self.written) and time.monotonic() < end:
            size = len(self.written)
            time.sleep(0.1)
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self.master)


def last_frame(text):
    """The lines of the last complete picture of a live view, without escapes."""
    frames = [frame for frame in text.split("\x1b[H") if "\x1b[J" in frame]
    return CSI.sub("", frames[-1].split("\x1b[J")[0]).split("\r\n") if frames else []


def as_html(text, title, columns=80):
    """A page that looks like a terminal showing `text`, with its colours."""
    out, at, style = [], 0, ""
    for match in CSI.finditer(text):
        out.append(style_of(style, text[at:match.start()]))
        at = match.end()
        if match.group(3) == "m":
            style = css_of([int(code or 0) for code in match.group(2).split(";")])
    out.append(style_of(style, text[at:]))
    body = "".join(out).replace("\r", "")
    return f"""<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #e8ecf1; }}
#window {{ display: inline-block; margin: 14px; border-radius: 8px; overflow: hidden; box-shadow: 0 2px 10px #0005; }}
#bar {{ background: #3a4048; color: #cdd3da; font: 13px sans-serif; padding: 7px 14px; }}
pre {{ margin: 0; padding: 12px 14px; background: #1b1f24; color: #e2e6ea; font: 14px/19px "DejaVu Sans Mono", monospace;
  min-width: {columns}ch; }}
</style><div id="window"><div id="bar">{html.escape(title)}</div><pre>{body}</pre></div>"""


def css_of(codes):
    parts = []
    for code in codes:
        if code == 1:
            parts.append("font-weight:bold")
        elif code == 2:
            parts.append("color:#8b949e")
        elif code in COLOURS:
            parts.append(f"color:{COLOURS[code]}")
    return ";".join(parts)


def style_of(style, text):
    text = html.escape(text)
    return f'<span style="{style}">{text}</span>' if style and text else text
