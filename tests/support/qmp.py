"""A client of the QEMU Machine Protocol (docs/interop/qmp-spec of QEMU) on a connected stream socket."""
import collections
import json
import socket


class QmpError(Exception):
    """An error answer: `kind` is its class, `text` its description."""

    def __init__(self, error):
        super().__init__(f"{error['class']}: {error['desc']}")
        self.kind, self.text = error["class"], error["desc"]


class Qmp:
    """One connection. Events that come between answers are kept in `events`, in the order of their arrival."""

    def __init__(self, connection, timeout=60):
        self.connection = connection
        self.connection.settimeout(timeout)
        self.lines = connection.makefile("rb")
        self.events = collections.deque()
        self.greeting = self.receive()
        assert "QMP" in self.greeting, f"no QMP greeting: {self.greeting}"

    def negotiate(self):
        """Leaves the mode in which the server takes nothing but qmp_capabilities."""
        self.execute("qmp_capabilities")
        return self

    def send_bytes(self, data):
        """Sends bytes as they are: part of a message, several, or nonsense."""
        self.connection.sendall(data)

    def receive_line(self):
        """The next line as bytes, its end included; ConnectionError when the server has closed the connection."""
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the QMP connection was closed")
        return line

    def receive(self):
        """The next message: greeting, answer or event."""
        return json.loads(self.receive_line())

    def answer(self):
        """The next message that is no event."""
        while True:
            message = self.receive()
            if "event" not in message:
                return message
            self.events.append(message)

    def ask(self, message):
        """Sends one message, given as an object, and returns the answer as an object, errors too."""
        self.send_bytes(json.dumps(message).encode() + b"\n")
        return self.answer()

    def execute(self, command, **arguments):
        """The value that a command returns. Raises QmpError."""
        message = {"execute": command}
        if arguments:
            message["arguments"] = arguments
        answer = self.ask(message)
        if "error" in answer:
            raise QmpError(answer["error"])
        return answer["return"]

    def monitor(self, line):
        """What a line of the human monitor prints."""
        return self.execute("human-monitor-command", **{"command-line": line})

    def give_descriptor(self, name, descriptor):
        """Hands the server an open file, to be known by that name. Returns the answer as an object."""
        message = json.dumps({"execute": "getfd", "arguments": {"fdname": name}}).encode() + b"\n"
        socket.send_fds(self.connection, [message], [descriptor])
        return self.answer()

    def wait_for(self, name):
        """The next event of that name; those before it are dropped."""
        while True:
            message = self.events.popleft() if self.events else self.receive()
            if message.get("event") == name:
                return message

    def take_events(self):
        """The names of the events that have been received, which are forgotten. Asks for nothing new."""
        names = [event["event"] for event in self.events]
        self.events.clear()
        return names

    def close(self):
        self.lines.close()
        self.connection.close()
