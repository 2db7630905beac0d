"""A machine in QEMU with a software TPM: boots, reports, dies. Its disk and its TPM outlive it. Never uses KVM, which hangs
where it is nested, and never gives the machine a network."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

from image import Failure

# For figures: one processor whose clock goes on by a nanosecond with each instruction, whatever the host has to do.
# Waiting is real time.
USUAL = ["-accel", "tcg,thread=multi", "-smp", "2"]
COUNTING = ["-accel", "tcg,thread=single", "-smp", "1", "-icount", "shift=0,sleep=on"]
# Nobody logs in at the console, and a loaded host must not look like a device or a unit that hangs.
KERNEL = ("root=LABEL=root rw console=ttyS0 quiet panic=-1 systemd.mask=serial-getty@ttyS0.service "
          "systemd.default_timeout_start_sec=600 systemd.default_device_timeout_sec=600")


class Machine:
    """One box. `directory` holds its disk, its TPM's state and `share`, which the guest mounts at /share."""

    def __init__(self, root, directory):
        self.root, self.directory = root, directory
        self.share, self.disk = self.path("share"), self.path("disk.qcow2")
        self.report, self.console = os.path.join(self.share, "report"), self.path("console.log")
        self.tpm = self.qemu = None
        self.read = 0  # of the report, bytes
        os.makedirs(self.path("tpm"))
        os.makedirs(self.share)
        os.chmod(self.share, 0o755)
        open(self.report, "w", encoding="utf-8").close()
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", root.disk, self.disk], check=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def twin(self, name):
        """Another box with this one's disk and TPM as they are now, and the guest's scripts. This one must be off."""
        other = Machine(self.root, self.path(name))
        shutil.copy(self.disk, other.disk)
        shutil.copytree(self.path("tpm"), other.path("tpm"), dirs_exist_ok=True)
        shutil.copytree(os.path.join(self.share, "guest"), os.path.join(other.share, "guest"))
        return other

    def boot(self, processor=None):
        """The disk's write cache is on, and QEMU's death loses the part of it that QEMU holds itself: where blocks lie that
        were new since the guest's last flush. Blocks written over are in the host's memory by then and survive."""
        socket = self.path("tpm.sock")
        with contextlib.suppress(FileNotFoundError):  # of the boot before
            os.unlink(socket)
        with open(self.path("swtpm.log"), "ab") as log:
            self.tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.path('tpm')},mode=0600",
                                         "--ctrl", f"type=unixio,path={socket}", "--terminate"], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while not os.path.exists(socket):
            if self.tpm.poll() is not None or time.monotonic() > end:
                raise Failure(f"swtpm did not start; see {self.path('swtpm.log')}")
            time.sleep(0.05)
        with open(self.console, "ab") as console:
            self.qemu = subprocess.Popen(
                ["qemu-system-x86_64", *(processor or USUAL), "-cpu", "max", "-m", "1024", "-nographic", "-no-reboot",
                 "-nic", "none", "-kernel", self.root.kernel, "-initrd", self.root.initrd,
                 "-append", KERNEL,
                 "-drive", f"file={self.disk},if=virtio,format=qcow2,cache=writeback",
                 "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none",
                 "-chardev", f"socket,id=tpm,path={socket}", "-tpmdev", "emulator,id=tpm,chardev=tpm",
                 "-device", "tpm-crb,tpmdev=tpm"], stdin=subprocess.DEVNULL, stdout=console, stderr=console)

    def lines(self):
        """What the guest has reported since the last call, whole lines only."""
        with open(self.report, "rb") as report:
            report.seek(self.read)
            data = report.read()
        whole = data[:data.rfind(b"\n") + 1]
        self.read += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def running(self):
        return self.qemu is not None and self.qemu.poll() is None

    def await_end(self, deadline):
        try:
            self.qemu.wait(deadline)
        except subprocess.TimeoutExpired:
            raise Failure(f"the machine did not switch itself off within {deadline} s") from None
        self.kill()

    def kill(self):
        """The power cut: QEMU gets no chance to write anything."""
        for process, number in ((self.qemu, signal.SIGKILL), (self.tpm, signal.SIGTERM)):
            if process is not None:
                if process.poll() is None:
                    process.send_signal(number)
                process.wait()

    def tail(self, count=40):
        """The ends of what the console showed, the steps wrote, and the guest collected about a failure."""
        parts = []
        for path in (self.console, os.path.join(self.share, "log"), os.path.join(self.share, "evidence")):
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    parts.append(f"--- the end of {path}\n" + "".join(file.readlines()[-count:]))
        return "\n".join(parts)
