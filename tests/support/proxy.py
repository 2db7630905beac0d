"""A TCP relay that can fall silent, as a broken network does. Never closes one side because the other closed while it
is silent, and never looks into the bytes."""

import contextlib
import socket
import threading


class Proxy:
    """Relays 127.0.0.1:`port` to 127.0.0.1:`target`. Threads end with the process or with close()."""

    def __init__(self, target):
        self.target, self.pairs, self.lock = target, [], threading.Condition()
        self.silent, self.accepted = False, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def fall_silent(self):
        """From now on no byte and no end of a connection passes, in either direction; new connections are taken and
        left alone."""
        with self.lock:
            self.silent = True

    def speak(self):
        """The network is back. Connections from the time of silence are dead: their ends are closed."""
        with self.lock:
            self.silent = False
            pairs, self.pairs = self.pairs, []
            self.lock.notify_all()
        for end in [end for pair in pairs for end in pair]:
            self._close(end)

    def refuse(self):
        """The port refuses connections, and those that stand are cut."""
        self._close(self.listener)
        self.speak()

    def listen_again(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        self.refuse()

    @staticmethod
    def _close(end):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.accepted += 1
                if self.silent:
                    self.pairs.append((near,))
                    continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                self._close(near)
                continue
            with self.lock:
                self.pairs.append((near, far))
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._relay, args=(source, sink), daemon=True).start()

    def _relay(self, source, sink):
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with self.lock:
                self.lock.wait_for(lambda: not self.silent or source.fileno() < 0)
            try:
                if not data:
                    break
                sink.sendall(data)
            except OSError:
                break
        self._close(sink)
        self._close(source)
