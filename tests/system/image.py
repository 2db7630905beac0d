"""Makes the machine that the system test boots: a pristine Debian root as a disk image, and the packages that apt finds in
it. Never writes outside build/system/, and never puts a file of the product into the root."""

import hashlib
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
# Only what boots, has a journal and talks to the test. What the product needs, apt must bring; python3 speaks for children.
PACKAGES = ["systemd", "systemd-sysv", "dbus", "udev", "kmod", "linux-image-amd64", "python3"]
# Emulated processors take 10 s for the ordinary initrd, which has drivers for every machine there is.
MODULES = ["virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "9p", "9pnet_virtio"]
DISK = "3G"
UNIT = """[Unit]
Description=Guest part of the system test
[Service]
ExecStartPre=/bin/mkdir -p /share
ExecStartPre=/bin/mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 share /share
ExecStart=/share/guest/main.sh
[Install]
WantedBy=multi-user.target
"""

HOOKS = ["--essential-hook=mkdir -p \"$1/etc/initramfs-tools/conf.d\" \"$1/usr/share/initramfs-tools/modules.d\"",
         "--essential-hook=echo MODULES=list >\"$1/etc/initramfs-tools/conf.d/system-test\"",
         "--essential-hook=copy-in {here}/modules /usr/share/initramfs-tools/modules.d",
         "--customize-hook=copy-in {here}/system-test.service /etc/systemd/system",
         "--customize-hook=chroot \"$1\" systemctl enable system-test.service",
         "--customize-hook=echo gateway >\"$1/etc/hostname\"",
         "--customize-hook=echo 127.0.0.1 localhost gateway >\"$1/etc/hosts\""]


class Failure(Exception):
    """One sentence for whoever runs the test."""


def run(command, what, log, **options):
    """Runs it to its end; its output goes to the file `log`, the last lines of it into the failure."""
    with open(log, "wb") as output:
        code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
                              **options).returncode
    if code != 0:
        with open(log, encoding="utf-8", errors="replace") as text:
            raise Failure(f"{what}: {command[0]} failed ({code}); the end of {log}:\n{''.join(text.readlines()[-15:])}")


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


# A tar becomes an image with its owners and modes without being root: fakeroot remembers them, mkfs.ext4 asks it.
TO_IMAGE = f"""set -e
mkdir "$1/tree"
tar -x -f "$1/root.tar" -C "$1/tree"
cp "$1"/tree/boot/vmlinuz-* "$1/kernel"
cp "$1"/tree/boot/initrd.img-* "$1/initrd"
mkdir "$1/apt"
cp -r "$1/tree/etc/apt/." "$1/apt/"
cp "$1/tree/var/lib/dpkg/status" "$1/status"
truncate -s {DISK} "$1/disk.img"
/sbin/mkfs.ext4 -q -L root -d "$1/tree" "$1/disk.img"
rm -rf "$1/tree" "$1/root.tar"
"""


class Root:
    """A Debian root of one suite: disk.img, kernel, initrd, and of its apt the sources and what is installed."""

    def __init__(self, cache, suite):
        self.suite = suite
        self.directory = os.path.join(cache, f"root-{suite}-{digest(*PACKAGES, *MODULES, UNIT, *HOOKS, TO_IMAGE)}")
        self.disk, self.kernel, self.initrd = (self.path(name) for name in ("disk.img", "kernel", "initrd"))

    def path(self, name):
        return os.path.join(self.directory, name)

    def make(self):
        """True: it was made just now; False: it was there."""
        if os.path.isdir(self.directory):
            return False
        making = self.directory + ".making"
        shutil.rmtree(making, ignore_errors=True)
        os.makedirs(making)
        for name, text in (("system-test.service", UNIT), ("modules", "\n".join(MODULES) + "\n")):
            with open(os.path.join(making, name), "w", encoding="utf-8") as file:
                file.write(text)
        run(["mmdebstrap", "--variant=minbase", "--include=" + ",".join(PACKAGES), "--format=tar",
             *(hook.format(here=making) for hook in HOOKS), self.suite, os.path.join(making, "root.tar")],
            f"no Debian root of {self.suite} could be made", os.path.join(making, "mmdebstrap.log"))
        run(["fakeroot", "sh", "-c", TO_IMAGE, "image", making], "no disk image could be made", os.path.join(making, "image.log"))
        os.rename(making, self.directory)
        return True


APT = """Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{root}/apt/sources.list";
Dir::Etc::sourceparts "{root}/apt/sources.list.d";
Dir::Etc::trustedparts "{root}/apt/trusted.gpg.d";
Dir::Etc::preferencesparts "{root}/apt/preferences.d";
Dir::State "{here}/state";
Dir::State::status "{root}/status";
Dir::Cache "{here}/cache";
Dir::Log "{here}/log";
Acquire::Languages "none";
APT::Sandbox::User "root";
Debug::NoLocking "true";
"""


def fields(package, *names):
    return subprocess.run(["dpkg-deb", "-f", package, *names], capture_output=True, text=True, check=True).stdout


def repository(cache, root, packages, tools):
    """A folder that apt in the guest takes as a repository: exactly what apt would fetch there to install `packages` and
    `tools`, and nothing else, so a dependency that is not declared is not there."""
    wanted = digest(os.path.basename(root.directory), *tools, *(fields(p, "Depends", "Recommends") for p in packages))
    here = os.path.join(cache, f"repository-{root.suite}-{wanted}")
    if os.path.isdir(here):
        return os.path.join(here, "cache/archives")
    making = here + ".making"
    shutil.rmtree(making, ignore_errors=True)
    archives = os.path.join(making, "cache/archives")
    for folder in (os.path.join(archives, "partial"), os.path.join(making, "state/lists/partial"), os.path.join(making, "log")):
        os.makedirs(folder)
    config = os.path.join(making, "apt.conf")
    with open(config, "w", encoding="utf-8") as file:
        file.write(APT.format(root=root.directory, here=making))
    apt = {"env": {**os.environ, "APT_CONFIG": config}}
    log = os.path.join(making, "apt.log")
    run(["apt-get", "-q", "update"], "no list of Debian's packages", log, **apt)
    run(["apt-get", "-q", "-y", "--download-only", "install", *packages, *tools],
        "the dependencies of the packages could not be fetched", log, **apt)
    shutil.rmtree(os.path.join(making, "state"))
    with open(os.path.join(archives, "Packages"), "wb") as index:
        subprocess.run(["dpkg-scanpackages", "--multiversion", "."], cwd=archives, stdout=index, stderr=subprocess.DEVNULL, check=True)
    os.rename(making, here)
    return os.path.join(here, "cache/archives")


def raised(package, directory):
    """The same package with a higher version, and with one more line in the configuration that it brings, so that dpkg has
    to decide between that file and the administrator's."""
    tree = os.path.join(directory, "raised")
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True, stdout=subprocess.DEVNULL)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control, encoding="utf-8") as file:
        text = file.read()
    version = fields(package, "Version").strip() + "+raised"
    with open(control, "w", encoding="utf-8") as file:
        file.writelines(f"Version: {version}\n" if line.startswith("Version:") else line for line in text.splitlines(True))
    with open(os.path.join(tree, "etc/vouchgate/vouchgate.yaml"), "a", encoding="utf-8") as file:
        file.write("# A line that the next version brought.\n")
    made = os.path.join(directory, "raised.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, made], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made
