"""MQTT 3.1.1 packets on a socket, and a minimal client over TLS for tests: sees every packet, hides nothing. Never
retries or reconnects."""
import socket
import ssl
import struct
import time

CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP = 2, 3, 4, 9, 11, 13


class Closed(Exception):
    """The peer ended the connection."""


class Refused(Exception):
    """CONNACK with a code other than 0; args[0] is the code."""


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("!H", len(data)) + data


def frame(header, body=b""):
    size, out = len(body), bytearray([header])
    while True:
        size, digit = divmod(size, 128)
        out.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(out) + body


class Wire:
    """Packets in and out of a connected socket, for either side."""

    def __init__(self, connected, timeout=5.0):
        self.socket, self.timeout, self.buffer = connected, timeout, b""
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, header, body=b""):
        try:
            self.socket.sendall(frame(header, body))
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed from error

    def _read(self, count, deadline):
        while len(self.buffer) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("no packet in time")
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(65536)
            except socket.timeout as error:
                raise TimeoutError("no packet in time") from error
            except (ConnectionError, ssl.SSLError) as error:
                raise Closed from error
            if not data:
                raise Closed
            self.buffer += data

    def packet(self, timeout=None):
        """(type, flags, body) of the next packet."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        size, shift, at = 0, 0, 1
        while True:
            self._read(at + 1, deadline)
            size |= (self.buffer[at] & 0x7F) << shift
            at, shift, more = at + 1, shift + 7, self.buffer[at] & 0x80
            if not more:
                break
        self._read(at + size, deadline)
        head, body, self.buffer = self.buffer[0], self.buffer[at:at + size], self.buffer[at + size:]
        return head >> 4, head & 15, body


class Client(Wire):
    """Connects at once. Raises Refused, Closed or TimeoutError."""

    def __init__(self, port, client_id, username="unused", password="", ca_file=None, host="localhost", clean=True,
                 will=None, keepalive=60, level=4, timeout=5.0):
        self.inbox, self.packet_id = [], 0
        context = ssl.create_default_context(cafile=ca_file)
        super().__init__(context.wrap_socket(socket.create_connection((host, port), timeout), server_hostname=host), timeout)
        flags = (0x02 if clean else 0) | 0x80 | 0x40 | (0x04 if will else 0)
        body = text("MQTT" if level >= 4 else "MQIsdp") + struct.pack("!BBH", level, flags, keepalive)
        body += (b"\0" if level == 5 else b"") + text(client_id)
        if will:
            body += text(will[0]) + text(will[1])
        self.send(0x10, body + text(username) + text(password))
        kind, _, answer = self.packet()
        assert kind == CONNACK, kind
        if answer[1] != 0:
            self.socket.close()
            raise Refused(answer[1])

    def _next_id(self):
        self.packet_id = self.packet_id % 65535 + 1
        return self.packet_id

    def _keep(self, flags, body):
        """Queues an incoming PUBLISH as (topic, payload, qos) and acknowledges QoS 1."""
        size = struct.unpack("!H", body[:2])[0]
        topic, rest, qos = body[2:2 + size].decode(), body[2 + size:], flags >> 1 & 3
        if qos:
            self.send(0x40, rest[:2])
            rest = rest[2:]
        self.inbox.append((topic, rest, qos))

    def _await(self, kind, packet_id=None):
        while True:
            got, flags, body = self.packet()
            if got == PUBLISH:
                self._keep(flags, body)
            elif got == kind and (packet_id is None or struct.unpack("!H", body[:2])[0] == packet_id):
                return body

    def publish(self, topic, payload=b"", qos=1, retain=False, wait=True):
        packet_id = self._next_id() if qos else None
        body = text(topic) + (struct.pack("!H", packet_id) if qos else b"")
        self.send(0x30 | qos << 1 | retain, body + (payload if isinstance(payload, bytes) else payload.encode()))
        if qos == 1 and wait:
            self._await(PUBACK, packet_id)
        return packet_id

    def subscribe(self, topic, qos=1):
        """The granted QoS, or 0x80."""
        packet_id = self._next_id()
        self.send(0x82, struct.pack("!H", packet_id) + text(topic) + bytes([qos]))
        return self._await(SUBACK, packet_id)[2]

    def unsubscribe(self, topic):
        packet_id = self._next_id()
        self.send(0xA2, struct.pack("!H", packet_id) + text(topic))
        self._await(UNSUBACK, packet_id)

    def ping(self):
        self.send(0xC0)
        self._await(PINGRESP)

    def message(self, timeout=None):
        """The next incoming message: (topic, payload, qos)."""
        while not self.inbox:
            kind, flags, body = self.packet(timeout)
            if kind == PUBLISH:
                self._keep(flags, body)
        return self.inbox.pop(0)

    def wait_closed(self, timeout=None):
        """Returns when the peer has closed; TimeoutError if it does not."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        try:
            while True:
                kind, flags, body = self.packet(deadline - time.monotonic())
                if kind == PUBLISH:
                    self._keep(flags, body)
        except Closed:
            return

    def disconnect(self):
        if self.socket.fileno() < 0:
            return
        try:
            self.send(0xE0)
        except Closed:
            pass
        self.socket.close()
