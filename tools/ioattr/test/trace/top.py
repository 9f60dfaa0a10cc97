#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Usage: tools/ioattr/test/trace/top.py IOATTR DIRECTORY

Test ioattr top on a pseudoterminal with the events in DIRECTORY, a copy of an
instance of tracefs whose buffers are replaced by a FIFO: the screen, the keys,
and that the terminal is restored at the end. Prints TAP.
"""
import fcntl
import glob
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time

ioattr, directory = sys.argv[1:]
fifo = directory + "/per_cpu/cpu0/trace_pipe_raw"
pages = b""
for cpu in glob.glob(directory + "/per_cpu/*"):
    with open(cpu + "/trace_pipe_raw", "rb") as f:
        pages += f.read().ljust(4096, b"\0")
    if fifo.startswith(cpu + "/"):
        os.unlink(fifo)
    else:
        shutil.rmtree(cpu)
n = 0
failed = 0
PATIENCE = 600


def check(name, ok, why=""):
    global n, failed
    n += 1
    if not ok:
        failed = 1
        print("".join("# %s\n" % line for line in str(why).splitlines()),
              end="")
    print("%sok %d %s" % ("" if ok else "not ", n, name), flush=True)


class Screen:
    """A grid of characters and the escape sequences that top uses."""

    def __init__(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.clear()
        self.pending = ""
        self.other = self.hidden = False
        self.overflow = False

    def clear(self):
        self.lines = [[" "] * self.columns for _ in range(self.rows)]
        self.y = self.x = 0

    def feed(self, data):
        data = self.pending + data.decode("latin1")
        self.pending = ""
        while data:
            if data[0] == "\033":
                m = re.match(r"\033\[(\??)(\d*)([A-Za-z])", data)
                if not m:
                    self.pending = data
                    return
                self.escape(*m.groups())
                data = data[m.end():]
                continue
            self.put(data[0])
            data = data[1:]

    def escape(self, private, number, letter):
        if private and number == "1049":
            self.other = letter == "h"
            self.clear()
        elif private and number == "25":
            self.hidden = letter == "l"
        elif letter == "H":
            self.y = self.x = 0
        elif letter == "K":
            for x in range(self.x, self.columns):
                self.lines[self.y][x] = " "
        elif letter == "J":
            self.escape("", "", "K")
            for y in range(self.y + 1, self.rows):
                self.lines[y] = [" "] * self.columns
        elif letter != "m":
            raise ValueError("escape " + letter)

    def put(self, c):
        if c == "\r":
            self.x = 0
        elif c == "\n":
            self.overflow |= self.y == self.rows - 1
            self.y = min(self.y + 1, self.rows - 1)
        elif self.x == self.columns:
            self.overflow = True
        else:
            self.lines[self.y][self.x] = c
            self.x += 1

    def text(self):
        return "\n".join("".join(line).rstrip() for line in self.lines)


class Top:
    """ioattr top on its own terminal."""

    def __init__(self, *args, rows=30, columns=150):
        os.mkfifo(fifo)
        # both ends: top neither sees the end nor waits for a writer
        self.events = os.open(fifo, os.O_RDWR)
        self.master, self.slave = pty.openpty()
        self.size(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.child = subprocess.Popen(
            [ioattr, "top", "--instance=" + directory, *args],
            stdin=self.slave, stdout=self.slave, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=self.control)

    def control(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def size(self, rows, columns):
        self.screen = Screen(rows, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        if select.select([self.master], [], [], PATIENCE)[0]:
            self.screen.feed(os.read(self.master, 65536))
            return True
        return False

    def drain(self):
        """Read the output that is already there."""
        while select.select([self.master], [], [], 0)[0]:
            self.screen.feed(os.read(self.master, 65536))

    def shows(self, name, pattern):
        """Wait until the screen matches."""
        found = lambda: re.search(pattern, self.screen.text(), re.M)
        end = time.monotonic() + PATIENCE
        while not found() and time.monotonic() < end and self.read():
            pass
        check(name, found(), self.screen.text())

    def key(self, keys):
        os.write(self.master, keys.encode())

    def end(self, name, status, errors=""):
        """Check that it ends and restores the terminal."""
        while self.child.poll() is None:
            if select.select([self.master], [], [], 0.1)[0]:
                self.screen.feed(os.read(self.master, 65536))
        self.drain()
        got = self.child.returncode, self.child.stderr.read().decode()
        check(name, got == (status, errors), got)
        check("... the normal screen and the cursor are restored",
              not self.screen.other and not self.screen.hidden)
        check("... the terminal settings are restored",
              termios.tcgetattr(self.slave) == self.before)
        for fd in self.events, self.master, self.slave:
            os.close(fd)
        os.unlink(fifo)


def lines(top):
    """The first three columns of each row."""
    rows = top.screen.text().splitlines()
    head = [i for i, row in enumerate(rows) if row.startswith("process")]
    return [row.split()[:3] for row in rows[head[0] + 1:] if row]


top = Top("--interval=0.2")
top.shows("the alternate screen", r"^process +device +attribute +layer")
check("... the cursor is hidden", top.screen.other and top.screen.hidden)
check("... keys take effect without Enter",
      not termios.tcgetattr(top.slave)[3] & (termios.ICANON | termios.ECHO))
top.key("t")
top.shows("t: totals", r"^process .* given +honoured +refused$")
os.write(top.events, pages)
top.shows("given attributes",
          r"^ioattr\[92\] +251:0 +cache +- +16 +- +-$")
top.shows("honoured attributes",
          r"^ioattr\[92\] +251:0 +cache +bcache +- +16 +-$")
top.shows("refused lists, and the reasons",
          r"^refused\[94\] +- +list +- +- +- +3  1 EFAULT pointer, "
          r"1 EINVAL list-size, 1 EINVAL list-flags$")
top.shows("the sums", r"^24 given, 24 honoured, 13 refused$")
os.write(top.events, pages)
top.shows("new events are added",
          r"^ioattr\[92\] +251:0 +cache +- +32 +- +-$")
top.shows("... and their reasons", r"2 EFAULT pointer, 2 EINVAL list-size")
top.shows("most events first: 32, 32, 16, ...", r"\A(.*\n){3}.* 32 .*\n.* 32 ")
check("... in that order", [r[2] for r in lines(top)[:4]] ==
      ["cache", "cache", "cgroup", "cgroup"], lines(top))
top.key("p")
top.shows("p: sort by process", "totals, by process")
top.shows("... in the order of names",
          r"\A(.*\n){3}ioattr\[92\](.*\n)+refused\[94\]")
for key, order, pattern in (
        ("r", "refused", r"refused.* 10 "),
        ("d", "device", r"ioattr\[92\] +251:0"),
        ("l", "layer", r"ioattr.* - .*(.*\n)+.* bcache +- +32"),
        ("h", "honoured", r"ioattr.* bcache .* 32 "),
        ("g", "given", r"ioattr.* 32 "),
        ("a", "attribute", r"refused\[94\] +- +list")):
    top.key(key)
    top.shows("%s: sort by %s" % (key, order), r"\A(.*\n){3}" + pattern)
top.key("t")
top.shows("t: rates again", r"given/s +honoured/s +refused/s$")
top.shows("... all of them 0", r"^0 given, 0 honoured, 0 refused in this")
check("nothing was written outside the screen", not top.screen.overflow)
top.key("q")
top.end("q ends it", 0)

top = Top("--by=attribute,layer", "--sort=refused", "--interval=0.2",
          rows=6, columns=40)
top.key("t")
os.write(top.events, pages)
top.shows("a small screen: it fits", r"^cache +- +16")
check("... and nothing is written outside", not top.screen.overflow,
      top.screen.text())
top.size(24, 100)
top.shows("a larger screen: it is redrawn", r"^proxy_pidfd +- .*  1 EINVAL")
os.kill(top.child.pid, signal.SIGTERM)
top.end("SIGTERM ends it", 0)

top = Top()
top.shows("--interval=1", r"^process")
top.key("\3")
top.end("^C ends it", 0)

top = Top("--interval=0.1")
top.shows("before ^Z", r"^process")
top.key("\x1a")
_, status = os.waitpid(top.child.pid, os.WUNTRACED)
check("^Z stops it", os.WIFSTOPPED(status))
top.drain()
check("... and restores the terminal", not top.screen.other and
      termios.tcgetattr(top.slave) == top.before)
os.kill(top.child.pid, signal.SIGCONT)
top.shows("SIGCONT continues it", r"^process")
check("... on the alternate screen", top.screen.other)
top.key("q")
top.end("... and q ends it", 0)

top = Top("--interval=0.1", "--count=3")
top.end("--count ends it", 0)

os.mkfifo(fifo)
events = os.open(fifo, os.O_RDWR)
os.write(events, pages)
piped = subprocess.run([ioattr, "top", "--instance=" + directory,
                        "--interval=0.1", "--count=2", "--by=attribute"],
                       stdin=subprocess.DEVNULL, capture_output=True)
out = piped.stdout.decode()
check("to a pipe: lines without escape sequences",
      piped.returncode == 0 and not piped.stderr and
      re.fullmatch(r"0\.\d s: 24 given, 24 honoured, 13 refused\n"
                   r"attribute  +given honoured  refused\n"
                   r"(.*\n){7}0\.\d s: 0 given, 0 honoured, 0 refused\n", out),
      out + piped.stderr.decode())
os.close(events)
os.unlink(fifo)

print("1..%d" % n)
sys.exit(failed)
