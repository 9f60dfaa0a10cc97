# SPDX-License-Identifier: GPL-2.0
"""Read the lines that the guests of scripts/study/run write."""
import collections
import os

# the attributes in the order of their ids
ATTRIBUTES = ("proxy_pid", "proxy_pidfd", "cgroup", "ioprio", "cache", "pi")

# A line of tests/effects/load.c; ios and bytes are those of the measured time,
# p50 and p99 latencies in microseconds, all the number of all I/Os.
Client = collections.namedtuple(
    "Client", ("name", "bytes", "ios", "p50", "p99", "honoured", "all"))

# Where the figures of a scene are from
Origin = collections.namedtuple(
    "Origin", ("date", "linux", "commit", "seconds"))


class Figures:
    """The figures of one comparison."""

    def __init__(self, path):
        self.clients = {}       # by scene, variant and name
        self.numbers = {}       # lists, by scene, variant and word
        self.origins = {}       # by scene
        with open(path) as f:
            for line in f:
                self.add(line.split())

    def add(self, words):
        scene, variant, *rest = words
        if variant == "from":
            self.origins[scene] = Origin(*rest[:3], int(rest[3]))
        elif len(rest) == 7 + len(ATTRIBUTES):
            name, *n = rest[0], *map(int, rest[1:])
            client = Client(name, n[0], n[1], n[2], n[3],
                            dict(zip(ATTRIBUTES, n[5:])), n[-1])
            self.clients.setdefault((scene, variant), {})[name] = client
        else:
            self.numbers[scene, variant, rest[0]] = [int(n) for n in rest[1:]]

    def scenes(self, prefix):
        """The scenes with this prefix that were run, in order."""
        found = dict.fromkeys(k[0] for k in (*self.clients, *self.numbers))
        return [s for s in found if s.startswith(prefix + "-")]

    def switches(self, scene, variant):
        """Context switches per I/O."""
        (n,) = self.numbers[scene, variant, "switches"]
        return n / sum(c.all for c in self.clients[scene, variant].values())

    def all_honoured(self, scene, variant, attribute):
        """True if each I/O of each client says that it was honoured."""
        return all(c.honoured[attribute] == c.all
                   for c in self.clients[scene, variant].values())


def load(directory, name):
    """The figures of a comparison, or None if it was not run."""
    path = os.path.join(directory, f"{name}.figures")
    return Figures(path) if os.path.exists(path) else None
