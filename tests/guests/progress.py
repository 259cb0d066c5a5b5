"""What is being done and for how long, a line each; on a terminal the line that is being waited at counts its seconds."""
import shutil
import sys
import threading
import time


class Progress:
    """Use as a context: at its end the line that counts goes away, whatever the end is."""

    def __init__(self, output=sys.stdout):
        self.output, self.start = output, time.monotonic()
        self.doing, self.detail = "", ""
        self.lock, self.over = threading.Lock(), threading.Event()
        self.thread = threading.Thread(target=self._count, daemon=True) if output.isatty() else None

    def __enter__(self):
        if self.thread:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        if self.thread:
            self.thread.join()
            self._erase()

    def begin(self, text):
        """What is done from now on; its seconds begin anew."""
        with self.lock:
            self.doing, self.detail, self.start = text, "", time.monotonic()
            if not self.thread:
                print(f"  {text} ...", file=self.output, flush=True)

    def tell(self, detail):
        """What just happened, for the line that counts only."""
        with self.lock:
            self.detail = detail

    def done(self, text):
        """A line that stays, with the seconds since `begin`."""
        with self.lock:
            self._erase()
            print(f"  {time.monotonic() - self.start:6.1f} s  {text}", file=self.output, flush=True)

    def say(self, text):
        """A line that stays."""
        with self.lock:
            self._erase()
            print(text, file=self.output, flush=True)

    def _erase(self):
        if self.thread:
            print("\r\033[K", end="", file=self.output, flush=True)

    def _count(self):
        while not self.over.wait(0.2):
            with self.lock:
                line = f"  {time.monotonic() - self.start:6.1f} s  {self.doing}" + (f": {self.detail}" if self.detail else "")
                if self.doing:
                    width = shutil.get_terminal_size().columns - 1
                    print(f"\r\033[K{line[:width]}", end="", file=self.output, flush=True)
