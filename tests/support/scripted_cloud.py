"""A cloud that misbehaves on order, over TLS and MQTT 3.1.1, for what a real broker cannot be told to do. Accepts every
token: it judges behaviour, never identity."""

import bisect
import contextlib
import json
import re
import socket
import ssl
import struct
import threading
import time

from mini_mqtt import PUBLISH, Closed, Wire, frame, text

CONNECT, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 4, 8, 12, 14


class ScriptedCloud:
    """Its public attributes are the script and may be changed at any time; what came in stands in the lists."""

    def __init__(self, certificate, key):
        self.stops_at = None  # "tcp": no TLS handshake; "tls": no CONNACK
        self.connack = 0  # the code of every CONNACK
        self.kicks_after_connack = False
        self.kicks_at_packet = 0  # each session ends at its n-th packet after CONNECT; 0: never
        self.acks_control = self.acks_messages = True  # of subscribe and attach; of events and states
        self.ack_after = 0.0  # seconds from a message to its PUBACK
        self.refuses_attach = {}  # device: reason
        self.connects, self.pings = [], []  # times, monotonic
        self.arrived = {}  # device: payloads in order, each as often as it came
        self.sessions, self.lock = set(), threading.Lock()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def kick(self):
        """Ends every session without a word."""
        with self.lock:
            sessions = list(self.sessions)
        for session in sessions:
            session.end()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.kick()

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        session = _Session(self, raw)
        with self.lock:
            self.sessions.add(session)
        with contextlib.suppress(OSError, Closed, ValueError):
            session.run()
        session.end()
        session.peer.close()
        with self.lock:
            self.sessions.discard(session)


class _Session:
    def __init__(self, cloud, raw):
        self.cloud, self.peer, self.wire = cloud, raw, None
        self.due = []  # (time, packet id) of the PUBACKs to come, the next one first
        self.gateway, self.keepalive, self.packets = "", 0, 0

    def end(self):
        with contextlib.suppress(OSError):  # past the TLS layer, which is not made for a second thread
            socket.socket.shutdown(self.peer, socket.SHUT_RDWR)

    def run(self):
        if self.cloud.stops_at == "tcp":
            return self._ignore(self.peer)
        self.peer = self.cloud.context.wrap_socket(self.peer, server_side=True)
        self.wire = Wire(self.peer)
        kind, _, body = self.wire.packet(30)
        if kind != CONNECT:
            return None
        self.cloud.connects.append(time.monotonic())
        if self.cloud.stops_at == "tls":
            return self._ignore(self.peer)
        # MQTT 3.1.1 section 3.1.2: 10 bytes of variable header, the keepalive in the last two, then the client id.
        self.keepalive = struct.unpack("!H", body[8:10])[0]
        self.gateway = body[12:12 + struct.unpack("!H", body[10:12])[0]].decode().rsplit("/", 1)[-1]
        code = self.cloud.connack
        self.wire.send(0x20, bytes([0, code]))
        if code == 0 and not self.cloud.kicks_after_connack:
            self._serve()
        return None

    @staticmethod
    def _ignore(peer):
        peer.settimeout(None)
        while peer.recv(65536):
            pass

    def _serve(self):
        heard = time.monotonic()
        while True:
            # Section 3.1.2.10: silence of one and a half keepalives ends the session.
            until = min([heard + 1.5 * self.keepalive, *(when for when, _ in self.due[:1])])
            try:
                kind, flags, body = self.wire.packet(max(0.0, until - time.monotonic()))
            except TimeoutError:
                if time.monotonic() >= heard + 1.5 * self.keepalive:
                    return
                self._pay()
                continue
            heard = time.monotonic()
            self.packets += 1
            if kind == DISCONNECT or self.packets == self.cloud.kicks_at_packet:
                return
            self._take(kind, flags, body)
            self._pay()

    def _pay(self):
        while self.due and self.due[0][0] <= time.monotonic():
            self.wire.send(0x40, self.due.pop(0)[1])

    def _take(self, kind, flags, body):
        if kind == PINGREQ:
            self.cloud.pings.append(time.monotonic())
            self.wire.send(0xD0)
        elif kind == SUBSCRIBE and self.cloud.acks_control:
            self.wire.send(0x90, body[:2] + b"\x01" * self._filters(body[2:]))
        elif kind == PUBLISH:
            size = struct.unpack("!H", body[:2])[0]
            self._message(body[2:2 + size].decode(), body[4 + size if flags & 6 else 2 + size:], body[2 + size:4 + size])

    @staticmethod
    def _filters(rest):
        count = 0
        while rest:
            rest = rest[2 + struct.unpack("!H", rest[:2])[0] + 1:]
            count += 1
        return count

    def _message(self, topic, payload, packet_id):
        device, what = re.fullmatch(r"/devices/([^/]+)/(\w+).*", topic).groups()
        control = what in ("attach", "detach")
        if not control:
            self.cloud.arrived.setdefault(device, []).append(payload.decode())
        if self.cloud.acks_control if control else self.cloud.acks_messages:
            bisect.insort(self.due, (time.monotonic() + (0 if control else self.cloud.ack_after), packet_id))
        if what == "attach" and device in self.cloud.refuses_attach:
            error = {"error_type": "GATEWAY_ATTACHMENT_ERROR", "device_id": device,
                     "description": self.cloud.refuses_attach[device]}
            body = text(f"/devices/{self.gateway}/errors") + json.dumps(error).encode()
            self.peer.sendall(frame(0x30, body))
