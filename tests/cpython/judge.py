"""The judge: runs programs on CPython's own objects and tells what became of them.

A line of input is a program, its operations separated by semicolons; to each operation one line is
answered, in seven fields separated by bars: what a collection returned; who was finalized, with
how many had died before; who died; whose watchers were told; watchers that were told although the
object came back; objects that came back with their weak references cleared; every object alive.

Nodes are lists. A list releases its items from the last to the first, so edges are kept in reverse.
"""

import gc
import sys
import weakref


class Node(list):
    __slots__ = ("name", "__weakref__")


class Mortal(Node):
    """A node with a finalizer: a node becomes one by assignment to its class."""

    __slots__ = ()

    def __del__(self):
        finalize(self)


roots = {}  # name -> a strong reference for each root
alive = {}  # name -> the weak reference by which the node is found; its callback tells the death
watches = {}  # watch -> (name, weak reference); all of them outside of what is collected
weak = {}  # name -> [(name of target, weak reference)]
finalizers = {}  # name -> (kind, other)
finalized, died, notices = [], [], []
steady = set()  # who was rooted before the operation
state = {"quiet": False, "collecting": False}


def register(node):
    name = node.name
    alive[name] = weakref.ref(node, lambda _, name=name: died.append(name))


def watch(node, number):
    callback = lambda _, number=number: notices.append(number)
    watches[number] = (node.name, weakref.ref(node, callback))


def finalize(node):
    name = node.name
    if state["quiet"]:
        return
    finalized.append((name, len(died)))
    kind, other = finalizers.pop(name)
    if kind == "root":
        roots[name].append(node)
    elif kind == "child":
        if node:
            roots[node[-1].name].append(node[-1])
    elif kind == "keep":
        if other in steady and roots[other]:
            roots[other][0].insert(0, node)
    elif kind == "drop":
        if not state["collecting"] and other in steady and roots[other]:
            del roots[other][-1]
    elif kind == "cut":
        if not state["collecting"] and node:
            del node[-1]
    elif kind == "cut-anyway":
        del node[-1]


def new(name, parent=None):
    node = Node()
    node.name = name
    register(node)
    roots[name], weak[name] = [], []
    if parent is None:
        roots[name].append(node)
    else:
        alive[parent]().insert(0, node)


def unlink(source, target):
    # The caller holds the source until the end: so does whoever drives the other side.
    source = alive[source]()
    target = alive[target]()
    for at in range(len(source) - 1, -1, -1):
        if source[at] is target:
            break
    target = None
    del source[at]


def clear(name):
    node = alive[name]()
    node.clear()


def set_first(source, target):
    source = alive[source]()
    target = alive[target]()
    if source:
        source[-1] = target
    else:
        source.append(target)
    target = None


def unlink_weak(source, target):
    for at, (name, _) in enumerate(weak[source]):
        if name == target:
            del weak[source][at]
            return


def run(operation):
    """Runs one operation; returns what a collection returned."""
    kind, *names = operation.split()
    first, *rest = [int(name) if name.isdecimal() else name for name in names]
    if kind == "new":
        new(first)
    elif kind == "child":
        new(rest[0], first)
    elif kind == "root":
        roots[first].append(alive[first]())
    elif kind == "unroot":
        del roots[first][-1]
    elif kind == "link":
        alive[first]().insert(0, alive[rest[0]]())
    elif kind == "unlink":
        unlink(first, rest[0])
    elif kind == "clear":
        clear(first)
    elif kind == "set":
        set_first(first, rest[0])
    elif kind == "weak":
        weak[first].append((rest[0], weakref.ref(alive[rest[0]]())))
    elif kind == "unweak":
        unlink_weak(first, rest[0])
    elif kind == "watch":
        watch(alive[first](), rest[0])
    elif kind == "unwatch":
        del watches[rest[0]]
    elif kind == "finalizer":
        alive[first]().__class__ = Mortal
        finalizers[first] = tuple(rest)
    elif kind == "collect":
        state["collecting"] = True
        try:
            return gc.collect(first)
        finally:
            state["collecting"] = False
    else:
        raise ValueError(operation)
    return "-"


def nodes_of(generation):
    return [thing for thing in gc.get_objects(generation) if isinstance(thing, Node)]


def counts_of(nodes):
    return [sys.getrefcount(node) for node in nodes]


def count_of_nothing():
    """What is counted of a node that this list alone holds."""
    nothing = [Node()]
    return counts_of(nothing)[0]


def come_back(nodes):
    """Makes the weak references anew that the collector cleared and that the contract keeps."""
    early, cleared = [], []
    for node in nodes:
        name = node.name
        if alive[name]() is not None:
            continue
        died.remove(name)
        register(node)
        for number, (watched, _) in sorted(watches.items()):
            if watched == name:
                early.append(number)
                notices.remove(number)
                watch(node, number)
        for edges in weak.values():
            for at, (target, reference) in enumerate(edges):
                if target == name and reference() is None:
                    cleared.append(name)
                    edges[at] = (name, weakref.ref(node))
    return early, cleared


def row(node, generation, count):
    name = node.name
    targets = ",".join(str(target.name) for target in reversed(node))
    seen = sorted(target for target, reference in weak[name] if reference() is not None)
    flag = int(gc.is_finalized(node))
    return f"{name}:{generation}:{flag}:{count}:{targets}:{','.join(map(str, seen))}"


def answer(operation, nothing):
    for log in (finalized, died, notices):
        log.clear()
    steady.clear()
    steady.update(name for name, held in roots.items() if held)
    result = run(operation)
    rows, everyone = [], []
    for generation in range(3):
        nodes = nodes_of(generation)
        for node, count in zip(nodes, counts_of(nodes)):
            rows.append((node.name, node, generation, count - nothing))
        everyone += nodes
    node = nodes = None
    rows.sort(key=lambda row: row[0])
    early, cleared = come_back(everyone)
    for name in died:
        weak[name].clear()
    fields = [
        str(result),
        ",".join(f"{name}@{dead}" for name, dead in finalized),
        ",".join(map(str, died)),
        ",".join(map(str, notices)),
        ",".join(map(str, early)),
        ",".join(map(str, cleared)),
        " ".join(row(*rest) for _, *rest in rows),
    ]
    return "|".join(fields)


def empty():
    """Ends a program: nothing of it must be left."""
    state["quiet"] = True
    roots.clear()
    gc.collect()
    left = sum(len(nodes_of(generation)) for generation in range(3))
    for table in (alive, watches, weak, finalizers):
        table.clear()
    state["quiet"] = False
    return left


def unfit():
    """Why this interpreter is no judge, if it is none."""
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if sys.version_info < (3, 9):
        return "CPython before 3.9 does not tell who was finalized"
    if "free-threading" in sys.version:
        return "free-threaded CPython has no generations"
    if (3, 14, 0) <= sys.version_info[:3] < (3, 14, 5):
        return "CPython 3.14.0 to 3.14.4 collect by increments, not by generations"
    return None


def main():
    reason = unfit()
    if reason:
        print("unfit", reason, flush=True)
        return
    gc.disable()
    nothing = count_of_nothing()
    gc.collect()
    gc.freeze()  # so that a full collection looks at nodes alone
    print("ready", sys.version.split()[0], flush=True)
    for line in sys.stdin:
        answers = [answer(operation, nothing) for operation in line.strip().split(";")]
        answers.append(str(empty()))
        print("\n".join(answers), flush=True)


main()
