"""Measures CPython on one workload: WORKLOAD SIZE FORM TIMES SECONDS.

Prints the figures as a JSON array. The random graph comes as 32-bit numbers on the standard input,
three targets a node, so that it is the same for everyone.
"""

import gc
import json
import random
import sys
import time
from array import array
from collections import deque

RING = 8
RINGS = 100
TOUCHES = 100
SAMPLE = 1000


class Node:
    __slots__ = ("number", "mark", "a", "b", "edges")

    def __init__(self, number):
        self.number = number
        self.mark = 0
        self.a = 0
        self.b = 0
        self.edges = []


def bottom_up(depth):
    node = Node(depth)
    if depth > 0:
        node.edges = [bottom_up(depth - 1), bottom_up(depth - 1)]
    return node


def grow(node, depth, back):
    if depth == 0:
        return
    for _ in range(2):
        child = Node(depth)
        node.edges.append(child)
        if back:
            child.edges.append(node)
        grow(child, depth - 1, back)


def top_down(depth, back=False):
    top = Node(0)
    grow(top, depth, back)
    return top


def ring():
    tail = head = Node(0)
    for number in range(1, RING):
        before = Node(number)
        before.edges.append(head)
        head = before
    tail.edges.append(head)
    return head


def linked_list(size):
    first = last = Node(0)
    for number in range(1, size):
        following = Node(number)
        last.edges.append(following)
        following.edges.append(last)
        last = following
    return first


def digraph(size):
    targets = array("I")
    targets.frombytes(sys.stdin.buffer.read())
    nodes = [Node(number) for number in range(size)]
    for at, node in enumerate(nodes):
        node.edges = [nodes[target] for target in targets[3 * at : 3 * at + 3]]
    step = size // min(SAMPLE, size)
    return nodes[0], nodes[::step][:SAMPLE]


def repeat(times, seconds, figure):
    start = time.perf_counter()
    first = figure()
    figures = []
    while len(figures) < times and time.perf_counter() - start < seconds:
        figures.append(figure())
    return figures or [first]


def timed(work):
    start = time.perf_counter_ns()
    work()
    return time.perf_counter_ns() - start


def life(build, size):
    def figure():
        def work():
            thing = build()
            del thing
            gc.collect()

        return timed(work) / size

    return figure


def rings(size):
    return [ring() for _ in range(size // RING)]


def frame(size, young, to_root, touches):
    root, sample = digraph(size)
    generation = 0 if young else 2
    gc.disable()
    # A program that collects the young alone has let its world grow old.
    gc.collect()
    rng = random.Random(1)

    def work():
        for _ in range(RINGS):
            cut = ring()
            if to_root:
                cut.edges.append(root)
        for _ in range(touches):
            node = sample[rng.randrange(len(sample))]
            copy = node
            del copy
        del cut, _
        gc.collect(generation)

    return lambda: timed(work) / 1e3


def pauses(size, frames, seconds):
    """A young collection a frame, and a full one once a second, as milliseconds."""
    root, sample = digraph(size)
    gc.disable()
    gc.collect()
    rng = random.Random(1)

    def program():
        for _ in range(RINGS):
            ring()
        for _ in range(TOUCHES):
            node = sample[rng.randrange(len(sample))]
            copy = node
            del copy

    times = []
    start = time.perf_counter()
    while len(times) < frames and time.perf_counter() - start < seconds:
        generation = 2 if len(times) % 60 == 59 else 0
        times.append((timed(program) / 1e6, timed(lambda: gc.collect(generation)) / 1e6))
    assert root
    return times


def collect(size):
    root, _ = digraph(size)
    gc.collect()

    def figure():
        assert root
        return timed(gc.collect) / size

    return figure


def walk(size):
    root, _ = digraph(size)
    walks = 0

    def work():
        nonlocal walks
        walks += 1
        total = 0
        queue = deque([root])
        root.mark = walks
        while queue:
            node = queue.popleft()
            total += node.number
            for target in node.edges:
                if target.mark != walks:
                    target.mark = walks
                    queue.append(target)
        return total

    return lambda: timed(work) / (3 * size)


def memory(size):
    root, _ = digraph(size)
    # The numbers are shared small integers or take no room of their own in other languages either.
    return lambda: sys.getsizeof(root) + sys.getsizeof(root.edges)


def get(size):
    nodes = [Node(number) for number in range(size)]
    random.Random(1).shuffle(nodes)

    def work():
        total = 0
        for node in nodes:
            total += node.number
        return total

    return lambda: timed(work) / size


def gc_bench(size):
    depth = (size + 1).bit_length() - 2

    def work():
        bottom_up(depth + 1)
        kept = bottom_up(depth)
        for small in range(4, depth + 1, 2):
            trees = (2 << (depth + 1)) // ((2 << small) - 1)
            for tree in range(2 * trees):
                top_down(small) if tree % 2 == 0 else bottom_up(small)
        del kept
        gc.collect()

    return lambda: timed(work) / 1e6


def stress_work(size):
    rng = random.Random(1)
    held = []

    def swap_remove(items, at):
        items[at], items[-1] = items[-1], items[at]
        items.pop()

    for _ in range(size):
        kind = rng.randrange(10)
        if len(held) < 2 or kind < 3:
            if len(held) == 10_000:
                swap_remove(held, rng.randrange(10_000))
            held.append(Node(kind))
            continue
        at = rng.randrange(len(held))
        other = rng.randrange(len(held))
        place = rng.randrange(3)
        edges = held[at].edges
        if kind < 6:
            if len(edges) == 3:
                swap_remove(edges, place)
            edges.append(held[other])
        elif kind < 8:
            swap_remove(held, at)
        elif edges:
            swap_remove(edges, place % len(edges))


def main():
    workload, size, form, times, seconds = sys.argv[1:]
    size, times, seconds, young = int(size), int(times), float(seconds), form == "young"
    if workload == "pauses":
        print(json.dumps(pauses(size, times, seconds)))
        return
    depth = (size + 1).bit_length() - 2
    makers = {
        "W1": lambda: life(lambda: bottom_up(depth), size),
        "W1p": lambda: life(lambda: top_down(depth, True), size),
        "W2": lambda: life(lambda: rings(size), size),
        "W3": lambda: life(lambda: linked_list(size), size),
        "W4": lambda: frame(size, young, False, 0),
        "W4b": lambda: frame(size, young, True, 0),
        "W4t": lambda: frame(size, young, False, TOUCHES),
        "W5": lambda: collect(size),
        "W6": lambda: walk(size),
        "W7": lambda: memory(size),
        "W8": lambda: get(size),
        "W9": lambda: gc_bench(size),
        "W10": lambda: lambda: timed(lambda: stress_work(size)) / size,
    }
    print(json.dumps(repeat(times, seconds, makers[workload]())))


main()
