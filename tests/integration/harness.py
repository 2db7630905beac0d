"""Starts the real parts for integration tests: swtpm, vouchgate-emulator (mosquitto), vouchgated. Loopback only; every
wait has a deadline; everything started is stopped. Never fakes a part."""

import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

BINARIES = os.environ["VOUCHGATE_BINARY_DIR"]
DEADLINE = float(os.environ.get("VOUCHGATE_TEST_DEADLINE", "60"))


def binary(name):
    return os.path.join(BINARIES, name)


def wait_for(condition, what, deadline=DEADLINE):
    """Polls an external fact that has no event of its own (a file, a socket, another process's answer)."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"timed out after {deadline} s: {what}")


def swtpm_answers(control):
    """CMD_GET_CAPABILITY (swtpm_ioctls(3)): an answer proves that swtpm's main loop runs; a socket file does not."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
        peer.connect(control)
        peer.sendall(bytes([0, 0, 0, 1]))
        return bool(peer.recv(16))
    return False


class Program:
    """A child process whose stdout is read line by line into a queue; stderr goes to a file."""

    def __init__(self, name, args, directory, env=None, pass_fds=()):
        self.name = name
        self.errors = os.path.join(directory, f"{name}.log")
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                args, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})}, start_new_session=True, pass_fds=pass_fds)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        self.lines.put(None)

    def log(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self, number=signal.SIGTERM, deadline=20):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not stop within {deadline} s:\n{self.log()}") from None

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Rig:
    """One gateway's world in a temporary directory."""

    def __init__(self, children, algorithm="ES256", token=None, cloud=None, skew=600, auth="association_only", spool=None):
        self.directory = tempfile.mkdtemp(prefix="vouchgate-it-")
        os.chmod(self.directory, 0o755)
        self.children, self.algorithm, self.auth, self.skew = children, algorithm, auth, skew
        self.token = {"lifetime": "60m", "renew_before": "10m", **(token or {})}
        self.cloud = cloud or {}
        self.spool = spool or {}
        self.bound = list(children)
        self.swtpm = self.emulator = self.daemon = None
        self.port = 0
        self.events = []
        self.config = self.path("vouchgate.yaml")

    def path(self, name):
        return os.path.join(self.directory, name)

    # swtpm
    def start_tpm(self, startup=True):
        """Without `startup` it answers TPM_RC_INITIALIZE until somebody sends TPM2_Startup, as after a reset."""
        state = self.path("tpm")
        os.makedirs(state, exist_ok=True)
        self.tpm_socket = self.path("tpm.sock")
        for name in (self.tpm_socket, self.tpm_socket + ".ctrl"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)
        self.swtpm = Program("swtpm", ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state},mode=0600",
                                       "--server", f"type=unixio,path={self.tpm_socket}",
                                       "--ctrl", f"type=unixio,path={self.tpm_socket}.ctrl",
                                       "--flags", "not-need-init" + (",startup-clear" if startup else "")], self.directory)
        wait_for(lambda: swtpm_answers(self.tpm_socket + ".ctrl"), "swtpm")

    # configuration
    def write_config(self, **replace):
        values = {"tcti": f"swtpm:path={self.tpm_socket}" if self.swtpm else "device:/nonexistent", "handle": "0x81000100",
                  "port": self.port or 8883, "ca": self.path("cloud/ca.pem"), **replace}
        lines = ["key:", "  holder: tpm", f"  algorithm: {self.algorithm}",
                 f"  tpm: {{tcti: \"{values['tcti']}\", handle: {values['handle']}, key_file: {self.path('state/key.tss2.pem')}}}",
                 "token:"]
        lines += [f"  {key}: {value}" for key, value in self.token.items()]
        endpoints = values.get("endpoints", [f"mqtts://localhost:{values['port']}"])
        lines += ["cloud:", f"  endpoints: {json.dumps(endpoints)}", f"  tls: {{ca_file: {values['ca']}}}",
                  "  backoff: {base: 200ms, cap: 2s}",
                  "  iot_core: {project: demo, region: us-central1, registry: boxes, gateway: gw-1}"]
        lines += [f"  {key}: {json.dumps(value) if not isinstance(value, str) else value}" for key, value in self.cloud.items()]
        lines += ["devices:"] + [f"  - {{id: {child}}}" for child in self.children]
        lines += [f"ingress: {{unix: {{path: {self.path('children.sock')}}}}}", f"control: {{path: {self.path('control.sock')}}}",
                  "spool:", f"  path: {self.path('state/spool')}"]
        lines += [f"  {key}: {value}" for key, value in self.spool.items()]
        os.makedirs(self.path("state"), exist_ok=True)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")

    # the command
    def run(self, *args, check=True, stdin=None, deadline=DEADLINE):
        done = subprocess.run([binary("vouchgate"), "--config", self.config, *args], capture_output=True, text=True,
                              input=stdin, stdin=None if stdin is not None else subprocess.DEVNULL, timeout=deadline)
        if check and done.returncode != 0:
            raise AssertionError(f"vouchgate {' '.join(args)}: exit {done.returncode}\n{done.stdout}{done.stderr}\n{self.logs()}")
        return done

    # the cloud
    def write_registry(self, public_key):
        kind = "RSA_PEM" if self.algorithm.startswith(("RS", "PS")) else "ES256_PEM"
        devices = [{"id": "gw-1", "gateway": True, "gateway_auth": self.auth, "bound": self.bound,
                    "keys": [{"format": kind, "key": public_key}]}]
        devices += [{"id": child} for child in self.children]
        registry = {"project": "demo", "region": "us-central1", "registry": "boxes", "clock_skew_s": self.skew,
                    "admin": {"username": "admin", "password": "admin-password"}, "devices": devices}
        with open(self.path("registry.json"), "w", encoding="utf-8") as file:
            json.dump(registry, file)

    def start_cloud(self, *options):
        self.emulator = Program("emulator", [binary("vouchgate-emulator"), "--registry", self.path("registry.json"),
                                             "--port", str(self.port), "--state-dir", self.path("cloud"),
                                             "--plugin", binary("vouchgate_emulator_plugin.so"), *options], self.directory)
        listening = self.next_event(lambda e: e["event"] == "listening")
        self.port = int(listening["url"].rsplit(":", 1)[1])

    def next_event(self, wanted, deadline=DEADLINE):
        """The next event of the cloud that `wanted` accepts; all are kept in self.events."""
        end = time.monotonic() + deadline
        while True:
            try:
                line = self.emulator.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no such event of the cloud within {deadline} s\n{self.logs()}") from None
            if line is None:
                raise AssertionError(f"the emulator ended\n{self.logs()}")
            event = json.loads(line)
            self.events.append(event)
            if wanted(event):
                return event

    def drain_events(self):
        """Takes over what the cloud has said so far; of a cloud that ended, all of it: its last lines may still be on
        their way from the pipe to the queue."""
        ended = self.emulator.process.poll() is not None
        while ended or not self.emulator.lines.empty():
            line = self.emulator.lines.get(timeout=DEADLINE)
            if line is None:
                return self.emulator.lines.put(None)
            self.events.append(json.loads(line))

    def telemetry(self, device):
        return [e for e in self.events if e["event"] == "telemetry" and e["device"] == device]

    # the daemon
    def start_daemon(self, ready=True, env=None, inside=(), pass_fds=()):
        """`inside`: a command that runs the daemon, e.g. in a namespace of its own."""
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.path("notify.sock")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.notify.bind(path)
        self.notify.settimeout(DEADLINE)
        self.daemon = Program("vouchgated", [*inside, binary("vouchgated"), "--config", self.config], self.directory,
                              {"NOTIFY_SOCKET": path, **(env or {})}, pass_fds)
        if ready:
            self.await_notify("READY=1")
        # From here on nobody reads the socket: the daemon must not mind.

    def await_notify(self, word):
        while True:
            try:
                message = self.notify.recv(4096).decode()
            except TimeoutError:
                raise AssertionError(f"no {word} within {DEADLINE} s\n{self.logs()}") from None
            if word in message.split("\n"):
                return message

    def status(self):
        return json.loads(self.run("--json", "status").stdout)

    def child(self):
        return Child(self.path("children.sock"))

    def start_key(self):
        self.start_tpm()
        self.write_config()
        self.run("key", "create")
        self.write_registry(self.run("key", "export", "--format", "pem").stdout)

    def start_all(self):
        self.start_key()
        self.start_cloud()
        self.write_config()
        self.start_daemon()

    def logs(self):
        parts = [p for p in (self.daemon, self.emulator, self.swtpm) if p is not None]
        return "\n".join(f"--- {p.name}\n{p.log()[-3000:]}" for p in parts)

    def close(self):
        for program in (self.daemon, self.emulator, self.swtpm):
            if program is not None:
                program.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Child:
    """A child device's adapter on the Unix socket, as docs/child-protocol.md tells."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.buffer = b""

    def send(self, **fields):
        self.socket.sendall(json.dumps(fields).encode() + b"\n")

    def send_raw(self, data):
        self.socket.sendall(data)

    def receive(self):
        while b"\n" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the daemon closed the connection")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def expect(self, op):
        while True:
            answer = self.receive()
            if answer["op"] == op:
                return answer
            if answer["op"] == "error":
                raise AssertionError(f"wanted {op}, got {answer}")

    def hello(self, device, ack="stored"):
        self.send(op="hello", device=device, ack=ack)
        return self.expect("welcome")

    def close(self):
        self.socket.close()
