"""What the bench measures and what it measures it with: the daemon, mosquitto's bridge, the bench cloud, feeder and
counter. Starts real programs only and never leaves one behind."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time

from harness import Program, Rig, binary, wait_for

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """utime + stime, proc(5)."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def written_bytes(pid):
    """What the process made the kernel write to devices, proc(5); the file system's own journal comes on top."""
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class World(Rig):
    """swtpm, cloud and daemon; the cloud's link may go through a delay."""

    def __init__(self, children, commit=None):
        super().__init__([f"child-{number:05}" for number in range(children)],
                         cloud={"limits": {"messages_per_second": 0, "bytes_per_second": "0B"}},
                         spool={"max_bytes": "4GiB", "device_share": 100, **({"commit_interval": commit} if commit else {})})
        self.count = children
        self.proxy = None
        self.far_port = 0

    def start_cloud(self):
        self.emulator = Program("emulator", [binary("vouchgate-emulator"), "--registry", self.path("registry.json"),
                                             "--port", "0", "--state-dir", self.path("cloud"), "--quiet-telemetry",
                                             "--plugin", binary("vouchgate_emulator_plugin.so")], self.directory)
        listening = self.next_event(lambda event: event["event"] == "listening")
        self.port = self.far_port = int(listening["url"].rsplit(":", 1)[1])

    def prepare(self, delay_ms):
        """Everything but the daemon or the bridge. Without a delay nothing stands in the way."""
        self.start_tpm()
        self.write_config()
        self.run("key", "create")
        self.write_registry(self.run("key", "export", "--format", "pem").stdout)
        self.start_cloud()
        if delay_ms:
            self.proxy = Program("delay_proxy", [binary("delay_proxy"), "--target", str(self.far_port), "--delay-ms",
                                                 str(delay_ms)], self.directory)
            self.port = int(self.proxy.lines.get(timeout=20).split()[1])
        self.write_config()

    def session_up(self):
        self.next_event(lambda event: event["event"] == "connect" and event.get("device") == "gw-1")

    def feed(self, target, count, rate=0):
        done = subprocess.run([binary("bench_feeder"), *target, "--children", str(self.count), "--count", str(count),
                               "--rate", str(rate)], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def counter(self, count, idle_s=20):
        """Yields a function that waits for the verdict of the listener at the cloud."""
        program = Program("bench_counter", [binary("bench_counter"), "--port", str(self.far_port), "--ca", self.path("cloud/ca.pem"),
                                            "--password", "admin-password", "--children", str(self.count), "--expect", str(count),
                                            "--idle-s", str(idle_s)], self.directory)
        try:
            if program.lines.get(timeout=30) != "subscribed":
                raise AssertionError(f"the counter did not subscribe\n{program.log()}\n{self.logs()}")
            yield lambda: json.loads(program.lines.get(timeout=3600) or "{}")
        finally:
            program.kill()

    def close(self):
        if self.proxy is not None:
            self.proxy.kill()
        super().close()


class Gateway:
    """vouchgated, as the operator runs it."""

    name = "vouchgate"

    def __init__(self, world):
        self.world = world
        self.target = ["--unix", world.path("children.sock")]

    def start(self, reachable=True):
        if reachable:
            self.world.write_config()
        else:
            self.world.write_config(port=free_port())
        began = time.monotonic()
        self.world.start_daemon()
        self.ready_ms = (time.monotonic() - began) * 1000
        if reachable:
            self.world.session_up()

    @property
    def pid(self):
        return self.world.daemon.process.pid

    def become_reachable(self, delay_ms):
        """Stopped in good order and started again with the right address; the way has its delay already."""
        self.world.daemon.stop(deadline=120)
        self.start()


class Bridge:
    """A local mosquitto whose bridge speaks to the same cloud with a token made beforehand; it cannot renew one."""

    def __init__(self, world, raised):
        self.world, self.raised = world, raised
        self.name = "bridge, queue raised" if raised else "bridge, defaults"
        self.port, self.way, self.way_port = free_port(), None, 0
        self.target = ["--mqtt", str(self.port), "--topic", "/devices/gw-1/events/"]
        self.program = None

    def start(self, reachable=True):
        world = self.world
        token = world.run("token", "mint").stdout.strip()
        self.way_port = free_port()
        store = world.path("bridge-store")
        os.makedirs(store, exist_ok=True)
        lines = ["user root"] if os.geteuid() == 0 else []
        lines += [f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true", f"persistence_location {store}/",
                  "set_tcp_nodelay true", "log_dest stderr", "connection gw-1",
                  f"address localhost:{world.port if reachable else self.way_port}", "topic /devices/gw-1/events/# out 1",
                  "remote_clientid projects/demo/locations/us-central1/registries/boxes/devices/gw-1", "remote_username unused",
                  f"remote_password {token}", f"bridge_cafile {world.path('cloud/ca.pem')}", "bridge_protocol_version mqttv311",
                  "notifications false", "try_private false", "bridge_attempt_unsubscribe false", "restart_timeout 1",
                  "local_clientid bridge-to-cloud", "cleansession true", "local_cleansession false"]
        if self.raised:
            lines += ["max_inflight_messages 1000", "max_queued_messages 2000000"]
        path = world.path("bridge.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        self.program = Program("bridge", [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", path], world.directory)
        wait_for(self._listens, "the local mosquitto")
        if reachable:
            world.session_up()

    def become_reachable(self, delay_ms):
        self.way = Program("way", [binary("delay_proxy"), "--target", str(self.world.far_port), "--delay-ms", str(delay_ms),
                                   "--listen", str(self.way_port)], self.world.directory)
        self.world.session_up()

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    @property
    def pid(self):
        return self.program.process.pid

    def close(self):
        for program in (self.program, self.way):
            if program is not None:
                program.kill()
