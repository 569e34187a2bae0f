"""How one tree differs from another, in words."""

from collections.abc import Iterator

from text.words import quote
from trees.times import show_time
from trees.tree import ROOT, Node, Tree, groups_of

# What the machine adds by itself: it counts where the wanted tree names it.
OF_THE_MACHINE = (b"trusted.overlay.", b"user.overlay.", b"security.selinux")


def first_difference(wanted: Tree, actual: Tree) -> str | None:
    """What is different at the lowest path, or None."""
    return next(differences(wanted, actual), None)


def differences(wanted: Tree, actual: Tree) -> Iterator[str]:
    """All of them, by path. What the wanted tree leaves out of a node is not looked at."""
    links = LinkComparison(wanted, actual)
    for path in sorted(wanted.keys() | actual.keys()):
        if path not in wanted:
            if path != ROOT:
                yield f"{quote(path)}: is there, a {actual[path].type}, and should not be"
        elif path not in actual:
            yield f"{quote(path)}: is not there, should be a {wanted[path].type}"
        else:
            for difference in (*node_differences(wanted[path], actual[path]), *links.differences(path)):
                yield f"{quote(path)}: {difference}"


class LinkComparison:
    """Which names files have. A file may have very many: two groups are compared once, not for each name."""

    def __init__(self, wanted: Tree, actual: Tree):
        self.trees = wanted, actual
        self.groups = groups_of(wanted), groups_of(actual)
        self.compared: set[tuple[bytes | None, bytes | None]] = set()

    def differences(self, path: bytes) -> Iterator[str]:
        firsts = tuple(tree[path].linked for tree in self.trees)
        if firsts == (None, None) or firsts in self.compared:
            return
        self.compared.add(firsts)
        wanted, actual = (
            {path} if first is None else set(groups[first]) for first, groups in zip(firsts, self.groups))
        if missing := wanted - actual:
            yield f"is not the same file as {quote(min(missing))}"
        elif extra := actual - wanted:
            yield f"is the same file as {quote(min(extra))}, and should not be"


def node_differences(wanted: Node, actual: Node) -> Iterator[str]:
    if wanted.type != actual.type:
        yield f"is a {actual.type} instead of a {wanted.type}"
        return
    yield from member_difference("mode", wanted.mode, actual.mode, "{:04o}".format)
    yield from member_difference("uid", wanted.uid, actual.uid, str)
    yield from member_difference("gid", wanted.gid, actual.gid, str)
    yield from content_difference(wanted, actual)
    yield from member_difference("target", wanted.target, actual.target, quote)
    yield from member_difference("device", wanted.device, actual.device, "{0[0]}:{0[1]}".format)
    yield from member_difference("mtime", wanted.mtime, actual.mtime, show_time)
    if wanted.xattrs is not None:
        yield from xattr_differences(wanted.xattrs, actual.xattrs)


def member_difference(name: str, wanted, actual, show) -> Iterator[str]:
    if wanted is None or wanted == actual:
        return
    if actual is None:
        yield f"{name} {show(wanted)} is wanted, and nothing says what it is"
    else:
        yield f"{name} {show(actual)} instead of {show(wanted)}"


def content_difference(wanted: Node, actual: Node) -> Iterator[str]:
    if wanted.sha256 is None or (wanted.sha256, wanted.size) == (actual.sha256, actual.size):
        return
    yield f"content {show_content(actual)} instead of {show_content(wanted)}"


def show_content(node: Node) -> str:
    if node.content is not None and node.size <= 60:
        return '""' if not node.content else quote(node.content, always=True)
    return f"of {node.size} bytes (sha256 {(node.sha256 or '')[:12]})"


def xattr_differences(wanted: dict[bytes, bytes], actual: dict[bytes, bytes] | None) -> Iterator[str]:
    if actual is None:
        if wanted:
            yield f"the attribute {quote(min(wanted))} is wanted, and nothing says which there are"
        return
    for name in sorted(wanted.keys() | actual.keys()):
        if name not in actual:
            yield f"has no attribute {quote(name)}"
        elif name not in wanted:
            if not name.startswith(OF_THE_MACHINE):
                yield f"has an attribute {quote(name)}, and should not"
        elif wanted[name] != actual[name]:
            yield f"attribute {quote(name)} is {show_value(actual[name])} instead of {show_value(wanted[name])}"


def show_value(value: bytes) -> str:
    return quote(value, always=True)
