"""The other side of the gateway's two sockets, in the guest: child devices, and questions to the daemon. Never a mock: it
speaks docs/child-protocol.md, and asks the control socket what `vouchgate status` asks."""

import base64
import itertools
import json
import os
import socket
import sys
import time

DEADLINE = 180
CHILDREN, CONTROL = "/run/vouchgate/children.sock", "/run/vouchgate/control.sock"
WINDOW = 200  # events without an answer


class Peer:
    def __init__(self, path=CHILDREN):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\n")

    def say(self, *lines):
        self.socket.sendall(b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    def hear(self):
        line = self.lines.readline()
        if not line:
            raise ConnectionResetError("the daemon closed the connection")
        answer = json.loads(line)
        if answer["op"] == "error":
            raise SystemExit(f"the daemon answered {line.strip()}")
        return answer

    def expect(self, op):
        while (answer := self.hear())["op"] != op:
            pass
        return answer

    def hello(self, device, ack="stored"):
        self.say({"op": "hello", "device": device, "ack": ack})
        self.expect("welcome")
        return self


def event(device, text):
    """One event, until the cloud has it."""
    peer = Peer().hello(device, ack="both")
    peer.say({"op": "event", "id": "1", "data": text})
    peer.expect("delivered")


def numbers(device, first, last="0"):
    """Events first, first+1, ... (without end for last 0). Every number that was told stored goes to the host at once; the
    same numbers go to a file here that nobody syncs, which a power cut must shorten."""
    peer = Peer().hello(device)
    told = os.open("/share/stored", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    lazy = os.open("unsynced", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    wanted = iter(range(int(first), int(last) + 1) if int(last) else itertools.count(int(first)))
    waiting = 0
    while True:
        batch = list(itertools.islice(wanted, WINDOW - waiting))
        peer.say(*({"op": "event", "id": str(number), "data": str(number)} for number in batch))
        waiting += len(batch)
        if waiting == 0:
            return
        answers = [peer.expect("stored")["id"] for _ in range(max(1, waiting // 2))]
        waiting -= len(answers)
        lines = "".join(f"{number}\n" for number in answers).encode()
        os.write(told, lines)
        os.write(lazy, lines)


def listen(device, path):
    """Configurations and commands for the device, one line each: op, subfolder, text."""
    peer = Peer().hello(device)
    with open(path, "w", encoding="utf-8", buffering=1) as out:
        print("welcome", file=out)
        while True:
            answer = peer.hear()
            print(answer["op"], answer.get("subfolder", ""), base64.b64decode(answer.get("data_b64", "")).decode(), file=out)


def knock(device, until):
    """Connects again and again until the file `until` exists. A refused connection ends it; one that the old daemon closed
    at its end is a connection's fate and counted."""
    welcomes, closed, longest = 0, 0, 0.0
    while not os.path.exists(until):
        begun = time.monotonic()
        try:
            Peer().hello(device)
            welcomes += 1
        except (ConnectionResetError, BrokenPipeError):
            closed += 1
        except (ConnectionRefusedError, FileNotFoundError) as refused:
            raise SystemExit(f"a child was refused: {refused}") from None
        longest = max(longest, time.monotonic() - begun)
        with open("knocks", "w", encoding="utf-8") as out:
            out.write(f"{welcomes} children welcomed, {closed} cut off, the longest waited {longest:.1f} s\n")


def status():
    peer = Peer(CONTROL)
    peer.say({"op": "status"})
    return peer.expect("status")


def holds(expression, seconds="0"):
    """Waits until the Python expression over the status `s` is true; prints its value."""
    end = time.monotonic() + float(seconds)
    while True:
        try:
            now = status()
            if value := eval(expression, {"s": now}):  # the expression is a step's own
                return print(value)
        except OSError as absent:
            now = str(absent)
        if time.monotonic() >= end:
            raise SystemExit(f"never true: {expression}; last: {now}")
        time.sleep(0.2)


def public_name(handle):
    """The Name of the object at a persistent handle: TPM2_ReadPublic (TPM 2.0 part 3, 12.4) with no tool in between."""
    command = bytes.fromhex("80010000000e00000173") + int(handle, 16).to_bytes(4, "big")
    device = os.open("/dev/tpmrm0", os.O_RDWR)
    os.write(device, command)
    answer = os.read(device, 4096)
    if answer[6:10] != bytes(4):
        raise SystemExit(f"TPM2_ReadPublic of {handle}: {answer[6:10].hex()}")
    area = int.from_bytes(answer[10:12], "big")
    size = int.from_bytes(answer[12 + area:14 + area], "big")
    print(answer[14 + area:14 + area + size].hex())


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
