#!/usr/bin/env python3
"""Records what QEMU's 16550 answers to random register accesses, for qemu_trace_test.cpp to replay.

usage: record_qemu_trace.py [--seed N] [--length N] > qemu_trace.txt

Talks to `qemu-system-riscv64 -M virt` through qtest, with the virtual machine stopped so that no time passes.
A line of the trace is `w OFFSET WIDTH VALUE IRQ` or `r OFFSET WIDTH VALUE IRQ`, in hexadecimal, IRQ being the level
of the interrupt line after the access.
"""
import argparse
import json
import os
import random
import socket
import subprocess
import tempfile

UART = 0x10000000
IRQ = 10
LETTER = {1: 'b', 2: 'w', 4: 'l', 8: 'q'}


class Qemu:
    def __init__(self, directory):
        listeners = []
        for name in ('qtest', 'qmp'):
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(os.path.join(directory, name))
            listener.listen(1)
            listeners.append(listener)
        self.process = subprocess.Popen([
            'qemu-system-riscv64', '-M', 'virt', '-S', '-bios', 'none', '-display', 'none', '-nic', 'none',
            '-serial', 'null', '-qtest', f'unix:{directory}/qtest', '-qtest-log', '/dev/null',
            '-qmp', f'unix:{directory}/qmp'])
        self.qtest = listeners[0].accept()[0]
        self.qmp = listeners[1].accept()[0]
        self.qtest_lines = self.qtest.makefile('r')
        self.qmp_lines = self.qmp.makefile('r')
        self.qmp_lines.readline()
        self.level = 0
        self.command('qmp_capabilities')
        tree = self.command('human-monitor-command', **{'command-line': 'info qom-tree'})
        plic = next(line.split()[0] for line in tree.splitlines() if '(riscv.sifive.plic)' in line)
        self.ask(f'irq_intercept_in /machine/unattached{plic}')

    def command(self, name, **arguments):
        self.qmp.sendall(json.dumps({'execute': name, 'arguments': arguments}).encode() + b'\n')
        while True:
            answer = json.loads(self.qmp_lines.readline())
            if 'event' not in answer:
                return answer.get('return')

    def ask(self, line):
        self.qtest.sendall(line.encode() + b'\n')
        while True:
            answer = self.qtest_lines.readline().split()
            if answer[0] == 'IRQ':
                if int(answer[2]) == IRQ:
                    self.level = int(answer[1] == 'raise')
                continue
            assert answer[0] == 'OK', answer
            return answer

    def write(self, offset, width, value):
        self.ask(f'write{LETTER[width]} {UART + offset} {value}')

    def read(self, offset, width):
        return int(self.ask(f'read{LETTER[width]} {UART + offset}')[1], 16)


def random_access(rng):
    offset = rng.choice([0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 5, 6, 7])
    width = rng.choice([width for width in (1, 1, 1, 1, 2, 4, 8) if offset % width == 0])
    value = rng.getrandbits(8 * width)
    if offset == 3 and rng.random() < 0.7:
        value &= ~0x80  # mostly not the divisor
    if offset == 4 and rng.random() < 0.7:
        value |= 0x10  # mostly in loopback, the only way to receive here
    if offset == 2 and rng.random() < 0.6:
        value &= ~0x06
        value |= 0x01  # mostly with FIFOs that keep their bytes
    return rng.random() < 0.5, offset, width, value


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--length', type=int, default=6000)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as directory:
        qemu = Qemu(directory)
        for _ in range(options.length):
            store, offset, width, value = random_access(rng)
            if store:
                qemu.write(offset, width, value)
            else:
                value = qemu.read(offset, width)
            print(f'{"w" if store else "r"} {offset:x} {width:x} {value:x} {qemu.level}')
        qemu.command('quit')
        qemu.process.wait()


if __name__ == '__main__':
    main()
