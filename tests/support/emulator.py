"""Runs vouchgate-emulator for a test and reads its lines. Never leaves the process behind: use it with `with`."""
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time


def _sanitizer_environment(program):
    """A sanitized plugin needs its runtime first in the broker, which is not sanitized."""
    libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    found = [line.split("=>")[1].split()[0] for line in libraries.splitlines()
             if any(name in line for name in ("libasan", "libubsan", "libtsan"))]
    environment = dict(os.environ)
    if found:
        environment["LD_PRELOAD"] = ":".join(found)
        environment["ASAN_OPTIONS"] = "detect_leaks=0:" + environment.get("ASAN_OPTIONS", "")
    return environment


class Emulator:
    """registry: a dict, or the path of a file. The url, port, ca_file and admin account are known once it is entered."""

    def __init__(self, program, registry, *options, state_dir=None):
        self.folder = tempfile.TemporaryDirectory(prefix="emulator-test-")
        self.registry_file = registry if isinstance(registry, str) else os.path.join(self.folder.name, "registry.json")
        if not isinstance(registry, str):
            self.write(registry)
        state = state_dir or os.path.join(self.folder.name, "state")
        self.command = [program, "--registry", self.registry_file, "--port", "0", "--state-dir", state, *options]
        self.lines, self.pending = [], queue.Queue()
        self.process, self.reader, self.errors_file = None, None, os.path.join(self.folder.name, "stderr")

    def write(self, registry):
        with open(self.registry_file, "w", encoding="utf-8") as out:
            json.dump(registry, out)

    def _pump(self):
        for line in self.process.stdout:
            self.pending.put(json.loads(line))
        self.pending.put(None)

    def __enter__(self):
        with open(self.errors_file, "wb") as errors:
            self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=errors,
                                            env=_sanitizer_environment(self.command[0]))
        self.reader = threading.Thread(target=self._pump, daemon=True)
        self.reader.start()
        try:
            first = self.expect("listening")
        except BaseException:
            self.stop()
            raise
        self.url, self.ca_file = first["url"], first.get("ca_file")
        self.admin = (first.get("admin_username"), first.get("admin_password"))
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(10)
        self.reader.join(10)
        self.process.stdout.close()
        self.folder.cleanup()
        return code

    def errors(self):
        with open(self.errors_file, encoding="utf-8") as text:
            return text.read()

    def expect(self, event, timeout=10.0, **fields):
        """The next line with this event and these fields; earlier ones that do not match are kept in self.lines."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                line = self.pending.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                seen = "\n".join(json.dumps(one) for one in self.lines[-20:])
                raise AssertionError(f"no {event} {fields}; seen:\n{seen}\nstderr:\n{self.errors()}")
            self.lines.append(line)
            if line["event"] == event and all(line.get(key) == value for key, value in fields.items()):
                return line

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
