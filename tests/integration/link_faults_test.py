"""The way to the cloud breaks (network, names, certificates, the broker itself) and the daemon says so, loses nothing and
recovers by itself. Each test is a row of docs/faults.md. Never restarts the daemon."""

import os
import shutil
import subprocess
import time
import unittest

from authority import Authority
from flow import Flow, judge, report, said
from harness import Rig, wait_for
from mini_mqtt import Client
from proxy import Proxy

CHILDREN = ["pump-1", "pump-2", "pump-3"]
QUICK = {"ack_timeout": "3s", "connect_timeout": "3s", "limits": "{messages_per_second: 0}"}
DNS_NAME = "cloud.vouchgate.test"


def private_mounts_work():
    return os.geteuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


class LinkFaults(unittest.TestCase):
    def rig(self, **cloud):
        rig = Rig(CHILDREN, cloud={**QUICK, **cloud})
        self.addCleanup(rig.close)
        rig.start_key()
        return rig

    def proxied(self, **cloud):
        """A daemon that reaches the bench cloud through a proxy, and a flow of messages."""
        rig = self.rig(**cloud)
        rig.start_cloud()
        proxy = Proxy(rig.port)
        self.addCleanup(proxy.close)
        rig.write_config(port=proxy.port)
        rig.start_daemon()
        return rig, proxy, self.flow(rig)

    def flow(self, rig, rate=50):
        flow = Flow(rig, CHILDREN, rate)
        self.addCleanup(flow.close)
        flow.next_delivery()
        return flow

    def judge(self, rig, flow):
        flow.finish()
        wait_for(lambda: rig.status()["spool"]["total"]["pending"] == 0, "the spool is empty")
        self.await_lines(rig)
        return judge(self, rig, flow, lambda device: [e["payload"] for e in rig.telemetry(device)])

    def await_lines(self, rig):
        """Everything that the cloud acknowledged so far stands in its lines: they come in order, and one that is asked
        for now comes after them."""
        admin = Client(rig.port, "lines", "admin", "admin-password", rig.path("cloud/ca.pem"), timeout=30)
        admin.publish("/devices/gw-1/commands/line", "now")
        rig.next_event(lambda e: e["event"] == "command" and e.get("device") == "gw-1")
        admin.disconnect()

    def test_half_open_tcp(self):
        rig, proxy, flow = self.proxied()
        proxy.fall_silent()
        line = said(rig, "session lost", "no PUBACK in time")
        failed = said(rig, "connect failed", "no answer from localhost in 3000 ms")
        proxy.speak()
        report(self, f"{line} / {failed}", flow.next_delivery())
        self.judge(rig, flow)

    def test_half_open_tcp_while_nothing_is_sent(self):
        rig, proxy, flow = self.proxied(keepalive="10s")
        flow.finish()
        wait_for(lambda: rig.status()["in_flight"] == 0, "everything acknowledged")
        proxy.fall_silent()
        begin = time.monotonic()
        line = said(rig, "session lost")
        noticed = time.monotonic() - begin
        proxy.speak()
        begin = time.monotonic()
        wait_for(lambda: rig.status()["session"]["state"] == "connected", "a session")
        report(self, f"noticed after {noticed:.0f} s of silence: {line}", time.monotonic() - begin)
        self.judge(rig, flow)

    def test_the_port_refuses(self):
        rig, proxy, flow = self.proxied()
        proxy.refuse()
        line = said(rig, "connect failed", "Connection refused")
        said(rig, "session lost")
        proxy.listen_again()
        report(self, line, flow.next_delivery())
        self.judge(rig, flow)

    def test_endpoint_one_dead_endpoint_two_works(self):
        rig = self.rig()
        rig.start_cloud()
        first, second = Proxy(rig.port), Proxy(rig.port)
        self.addCleanup(first.close)
        self.addCleanup(second.close)
        rig.write_config(endpoints=[f"mqtts://localhost:{proxy.port}" for proxy in (first, second)])
        rig.start_daemon()
        flow = self.flow(rig)
        self.assertEqual(rig.status()["session"]["endpoint"], f"localhost:{first.port}")
        begin = time.monotonic()
        first.refuse()
        said(rig, f"session up: localhost:{second.port}")
        flow.next_delivery()
        line = said(rig, "connect failed", "Connection refused")
        report(self, line, time.monotonic() - begin)
        first.listen_again()
        second.refuse()
        second.listen_again()
        wait_for(lambda: rig.status()["session"]["endpoint"] == f"localhost:{first.port}", "the first endpoint again")
        report(self, "back at the first endpoint", flow.next_delivery())
        self.judge(rig, flow)

    def test_the_broker_is_killed_under_load(self):
        rig = self.rig()
        rig.start_cloud()
        proxy = Proxy(rig.port)
        self.addCleanup(proxy.close)
        rig.write_config(port=proxy.port)
        rig.start_daemon()
        flow = self.flow(rig, rate=500)
        for _ in range(3):
            # What the daemon holds for delivered must be in the cloud's lines before the cloud dies with its buffers.
            proxy.fall_silent()
            self.await_lines(rig)
            self.kill_broker(rig)
            proxy.speak()
            rig.drain_events()
            time.sleep(2)  # the broker stays away for two seconds
            begin = time.monotonic()
            rig.start_cloud()
            flow.next_delivery()
            seconds = time.monotonic() - begin
        report(self, said(rig, "session lost"), seconds)
        self.judge(rig, flow)

    @staticmethod
    def kill_broker(rig):
        """SIGKILL to mosquitto itself; vouchgate-emulator then ends by itself."""
        with open(f"/proc/{rig.emulator.process.pid}/task/{rig.emulator.process.pid}/children", encoding="ascii") as file:
            broker = int(file.read().split()[0])
        os.kill(broker, 9)
        rig.emulator.process.wait(20)

    def restart_cloud(self, rig, certificate, key):
        rig.emulator.stop()
        rig.drain_events()
        rig.start_cloud("--cert", certificate, "--key", key)

    def with_own_authority(self):
        """A daemon whose CA file is the test's to replace, and a cloud with a certificate of that authority."""
        rig = self.rig()
        authority = Authority(rig.directory, "first")
        shutil.copy(authority.ca_file, rig.path("trusted.pem"))
        rig.start_cloud("--cert", *self.pair(authority.issue("localhost")))
        rig.write_config(ca=rig.path("trusted.pem"))
        rig.start_daemon()
        return rig, authority, self.flow(rig)

    @staticmethod
    def pair(issued):
        certificate, key = issued
        return certificate, "--key", key

    @staticmethod
    def trust(rig, ca_file):
        """What await_lines() trusts, for a cloud whose certificate is not its own."""
        shutil.copy(ca_file, rig.path("cloud/ca.pem"))

    def test_the_ca_file_is_replaced_while_running(self):
        rig, _, flow = self.with_own_authority()
        second = Authority(rig.directory, "second")
        self.restart_cloud(rig, *second.issue("localhost"))
        line = said(rig, "connect failed", "certificate verify failed")
        shutil.copy(second.ca_file, rig.path("trusted.new"))
        os.rename(rig.path("trusted.new"), rig.path("trusted.pem"))
        report(self, line, flow.next_delivery())
        self.trust(rig, second.ca_file)
        self.judge(rig, flow)

    def test_the_certificate_is_expired_or_for_another_host(self):
        rig, authority, flow = self.with_own_authority()
        for issued, reason in ((authority.issue("localhost", days=-2), "certificate verify failed"),
                               (authority.issue("other.example"), "not for host name 'localhost'")):
            with self.subTest(reason):
                self.restart_cloud(rig, *issued)
                line = said(rig, "connect failed", reason)
                self.restart_cloud(rig, *authority.issue("localhost"))
                report(self, line, flow.next_delivery())
        self.trust(rig, authority.ca_file)
        self.judge(rig, flow)

    @unittest.skipUnless(private_mounts_work(), "needs root and private mounts")
    def test_the_name_does_not_resolve(self):
        """The daemon runs with an /etc/hosts and a resolver of its own; no machine outside is asked."""
        rig = self.rig()
        authority = Authority(rig.directory, "names")
        rig.start_cloud("--cert", *self.pair(authority.issue("localhost", DNS_NAME)))
        self.trust(rig, authority.ca_file)
        for name, text in (("hosts", ""), ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
                           ("nsswitch.conf", "hosts: files dns\n")):
            with open(rig.path(name), "w", encoding="ascii") as file:
                file.write(text)
        mounts = "".join(f"mount --bind {rig.path(name)} /etc/{name} && " for name in ("hosts", "resolv.conf", "nsswitch.conf"))
        rig.write_config(endpoints=[f"mqtts://{DNS_NAME}:{rig.port}"], ca=authority.ca_file)
        rig.start_daemon(inside=("unshare", "-m", "sh", "-c", mounts + 'exec "$@"', "sh"))
        flow = Flow(rig, CHILDREN)
        self.addCleanup(flow.close)
        line = said(rig, "connect failed", f"no address for {DNS_NAME}")
        with open(rig.path("hosts"), "w", encoding="ascii") as file:
            file.write(f"127.0.0.1 {DNS_NAME}\n")
        report(self, line, flow.next_delivery())
        self.judge(rig, flow)


if __name__ == "__main__":
    unittest.main(verbosity=2)
