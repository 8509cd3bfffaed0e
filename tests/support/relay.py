"""A TCP relay that counts the bytes of each direction, can cut every connection after a number of bytes, and can stop relaying."""
import socket
import threading


def accept_each(listener, serve):
    """Calls serve(client) on a thread of its own for each connection, until the listener is closed."""
    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()


class Relay:
    def __init__(self, address, cut_after=None):
        self.target = address
        self.cut_after = cut_after
        self.mode = "open"
        self.sent = 0
        self.received = 0
        self.cuts = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.open = set()  # closed by the threads that serve them
        self.silent = []
        accept_each(self.listener, self._serve)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self._end_all()

    def set(self, mode):
        """open; cut: connections end at once; silent: taken, and never answered. Those that are open end in any case."""
        self.mode = mode
        self._end_all()

    def _end_all(self):
        with self.lock:
            sockets, silent = list(self.open), self.silent
            self.silent = []
        for connection in sockets:
            self._end(connection)
        for client in silent:
            client.close()

    def _serve(self, client):
        if self.mode == "silent":
            with self.lock:
                self.silent.append(client)
            return
        with client:
            if self.mode == "cut":
                return
            with socket.create_connection(self.target) as server:
                with self.lock:
                    self.open |= {client, server}
                back = threading.Thread(target=self._pump, args=(client, server, "sent"), daemon=True)
                back.start()
                self._pump(server, client, "received")
                back.join()
                with self.lock:
                    self.open -= {client, server}

    def _end(self, connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _pump(self, source, target, direction):
        try:
            while data := source.recv(65536):
                with self.lock:
                    setattr(self, direction, getattr(self, direction) + len(data))
                    cut = self.cut_after is not None and self.sent > self.cut_after
                    self.cuts += cut
                if cut:
                    break
                target.sendall(data)
            else:
                target.shutdown(socket.SHUT_WR)
                return
        except OSError:
            pass
        self._end(source)
        self._end(target)
