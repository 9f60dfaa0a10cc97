#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Usage: terminal.py COMMAND [ARG...]

Run COMMAND, which prints "ready" and a line for each signal, in a terminal.
Print what comes of the keys for SIGINT and SIGTSTP, and of SIGCONT."""

import os
import pty
import signal
import sys
import time

pid, terminal = pty.fork()
if pid == 0:
    # a child of a shell with job control, not the leader of the session
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        status = os.waitpid(child, os.WUNTRACED)[1]
        if os.WIFSTOPPED(status):
            print("stopped", flush=True)
            time.sleep(0.3)
            os.killpg(child, signal.SIGCONT)
        else:
            print("ended", os.waitstatus_to_exitcode(status), flush=True)
            os._exit(0)

text = ""


def read_until(word):
    """Read until the terminal has printed the word once more."""
    global text
    old = text.count(word)
    end = time.time() + 20
    while text.count(word) == old:
        if time.time() > end:
            sys.exit("no " + word + " in: " + text)
        text += os.read(terminal, 1000).decode()


signal.alarm(60)
read_until("ready")
os.write(terminal, b"\x03")
read_until("2 0")
os.write(terminal, b"\x1a")
read_until("stopped")
read_until("18 0")
time.sleep(0.3)
os.write(terminal, b"\x1c")
read_until("3 0")
time.sleep(0.3)
os.system("pkill -TERM -P %d" % pid)
read_until("ended")
# the exit status may come later, and the terminal ends after it
while "\n" not in text[text.rindex("ended"):]:
    try:
        text += os.read(terminal, 1000).decode()
    except OSError:
        break
for echo in "^C", "^Z", "^\\":
    text = text.replace(echo, "")
lines = text.split()
print(" ".join(lines))
