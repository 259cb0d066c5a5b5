"""As much of gdb's remote protocol as single steps and registers take."""
import socket
import time


class GdbClient:
    def __init__(self, path, patience=10):
        end = time.monotonic() + patience
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        self.socket.settimeout(patience)
        self.buffer = b""
        self.command("QStartNoAckMode")
        self.socket.sendall(b"+")

    def command(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))
        return self.answer()

    def answer(self):
        while True:
            start = self.buffer.find(b"$")
            end = self.buffer.find(b"#", start + 1)
            if start >= 0 and end >= 0 and len(self.buffer) >= end + 3:
                packet, self.buffer = self.buffer[start + 1:end], self.buffer[end + 3:]
                return packet.decode()
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("the simulator closed the connection")
            self.buffer += more

    def step(self):
        return self.command("vCont;s:p1.1")

    def registers(self):
        """pc, then x1 to x31: RISC-V's g packet has x0 to x31 and pc."""
        raw = bytes.fromhex(self.command("g"))
        x = [int.from_bytes(raw[8 * n:8 * n + 8], "little") for n in range(33)]
        return [x[32], *x[1:32]]

    def run_to(self, address):
        self.command(f"Z0,{address:x},2")
        self.command("vCont;c:p1.1")
        self.command(f"z0,{address:x},2")

    def close(self):
        try:
            self.socket.sendall(b"$k#6b")
        except OSError:
            pass
        self.socket.close()
