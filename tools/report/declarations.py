"""What Swift files declare and which names they use, as far as their tokens tell: no types are known here."""

import dataclasses
import functools
import itertools
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

# What is no code, or may hold some. A parenthesis matters where an interpolation ends.
APART = re.compile(r"""///|/\*(?:\*(?!/))?|//[^\n]*|\#(?:if|elseif|else|endif)\b[^\n]*|\#*(?:\"\"\"|\"\"(?!\")|\")""")
APART_WITHIN = re.compile(APART.pattern + r"|[()]")
TOKEN = re.compile(r"///|[^\W\d]\w*|\d\w*(?:\.\d\w*)?|\.\.[.<]|[^\s`]")
WORD = re.compile(r"[^\W\d]")

TYPES = {"struct", "class", "enum", "protocol", "actor", "extension"}
UNNAMED = {"init", "subscript", "deinit"}
VALUES = {"func", "var", "let", "case", *UNNAMED}
DECLARING = TYPES | VALUES | {"typealias", "associatedtype", "import", "operator", "precedencegroup"}
ACCESS = {"private", "fileprivate", "internal", "package", "public", "open"}
MODIFIERS = ACCESS | set(
    "borrowing class consuming convenience dynamic final indirect infix lazy mutating nonisolated nonmutating optional"
    " override postfix prefix required static unowned weak".split()
)
CLOSING = {"{": "}", "(": ")", "[": "]"}


@dataclasses.dataclass(slots=True)
class Declaration:
    kind: str  # the word that it begins with: struct, extension, func, case…
    name: str  # of an extension, what it extends; of an initialiser and a subscript, that word
    label: str  # of an initialiser's and a subscript's first argument
    modifiers: list[str]
    index: int  # of its token
    has_comment: bool
    parent: "Declaration | None"  # the type or extension that it is a member of

    @property
    def is_type(self) -> bool:
        return self.kind in TYPES and self.kind != "extension" or self.kind in ("typealias", "associatedtype")

    @property
    def words(self) -> str:
        """What it is called in messages."""
        if self.kind in UNNAMED:
            return f"{self.kind} of {self.parent.name}" if self.parent else self.kind
        return f"{self.kind} {self.name}"

    @property
    def access(self) -> str:
        """As it is written, here or at an extension around it; members of a protocol are as the protocol is."""
        written = [word for word in self.modifiers if word in ACCESS]
        if written:
            return written[0]
        inherits = self.parent and self.parent.kind in ("extension", "protocol")
        return self.parent.access if inherits else "internal"

    @property
    def is_private(self) -> bool:
        return self.access in ("private", "fileprivate") or bool(self.parent and self.parent.is_private)


@dataclasses.dataclass
class SwiftFile:
    """One file, read when it is asked."""

    path: pathlib.Path  # below Sources
    text: str

    def line(self, index: int) -> int:
        """Of a token."""
        place = next(itertools.islice(TOKEN.finditer(self.code), index, None)).start()
        return self.text.count("\n", 0, place) + 1

    @functools.cached_property
    def code(self) -> str:
        """The text, with blanks for comments and strings, but what they interpolate, and /// for a doc comment."""
        kept: list[str] = []
        keep_code(self.text, 0, kept, APART)
        return "".join(kept)

    @functools.cached_property
    def tokens(self) -> list[str]:
        return TOKEN.findall(self.code)

    @functools.cached_property
    def declarations(self) -> list[Declaration]:
        return Reader(self.tokens).read()


def read_all(top: pathlib.Path) -> list[SwiftFile]:
    """The Swift files of a tree's targets."""
    sources = top / "Sources"
    return [SwiftFile(path.relative_to(sources), path.read_text()) for path in sorted(sources.rglob("*.swift"))]


def keep_code(text: str, place: int, kept: list[str], apart: re.Pattern[str]) -> int:
    """Goes through code from a place to its end, or, in an interpolation, to that one's, which is returned."""
    depth = 0
    start = place
    while match := apart.search(text, place):
        found, place = match[0], match.end()
        if found in "()":
            depth += 1 if found == "(" else -1
            if depth < 0:
                kept.append(text[start:place])
                return place
            continue
        kept.append(text[start : match.start()])
        start = match.start()
        if found.endswith('"'):
            place = keep_interpolated(text, place, found, kept)
        elif found.startswith("/*"):
            place = end_of_comment(text, place)
            kept.append(("///" if found == "/**" else "   ") + blank(text[start + 3 : place]))
        elif found == "///":
            place = end_of_line(text, place)
            kept.append(found + " " * (place - match.end()))
        else:
            kept.append(blank(found))
        start = place
    kept.append(text[start:])
    return len(text)


def keep_interpolated(text: str, place: int, quote: str, kept: list[str]) -> int:
    """Goes through a string from behind its opening quote; a pair of quotes is left for it."""
    pounds = quote.rstrip('"')
    if quote == pounds + '""':
        kept.append(quote)
        return place
    pattern = re.compile(f"{quote[::-1]}|{re.escape(chr(92) + pounds)}(.)", re.S)
    kept.append('"' + " " * (len(quote) - 1))
    start = place
    while match := pattern.search(text, place):
        place = match.end()
        if match[1] == "(":
            kept.append(blank(text[start : place - 1]) + "(")
            place = start = keep_code(text, place, kept, APART_WITHIN)
        elif match[1] is None:
            kept.append(blank(text[start : place - 1]) + '"')
            return place
    return place


def blank(text: str) -> str:
    """Spaces in place of all but line feeds."""
    return re.sub(r"[^\n]", " ", text)


def end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)


def end_of_comment(text: str, place: int) -> int:
    """Comments may stand in comments."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, place):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


class Reader:
    """Finds the declarations in tokens. Bodies of functions are passed over: what they declare is theirs alone."""

    def __init__(self, tokens: list[str]):
        self.tokens = [*tokens, ""]
        self.index = 0
        self.found: list[Declaration] = []

    def read(self) -> list[Declaration]:
        self.read_scope(None)
        return self.found

    @property
    def here(self) -> str:
        return self.tokens[self.index]

    def read_scope(self, parent: Declaration | None) -> None:
        """Reads a file, or a type from behind its opening brace to behind its closing one."""
        modifiers: list[str] = []
        has_comment = False
        while self.here not in ("}", ""):
            token = self.here
            self.index += 1
            if token == "///":
                has_comment = True
            elif token == "@":
                self.index += 1
                self.skip_group("(")
            elif self.declares(token):
                self.read_declaration(token, modifiers, has_comment, parent)
                modifiers, has_comment = [], False
            elif token in MODIFIERS:
                # private(set) says nothing of who reads it.
                if not self.skip_group("(") or token not in ACCESS:
                    modifiers.append(token)
            else:
                if token in CLOSING:
                    self.index -= 1
                    self.skip_group(token)
                modifiers, has_comment = [], False
        self.index += 1

    def declares(self, token: str) -> bool:
        """Whether the token before this place begins a declaration: a member may be init, and class a modifier."""
        if token not in DECLARING or self.index > 1 and self.tokens[self.index - 2] == ".":
            return False
        return token != "class" or self.here not in MODIFIERS | VALUES

    def read_declaration(self, kind: str, modifiers: list[str], has_comment: bool, parent: Declaration | None) -> None:
        made = Declaration(kind, "", "", modifiers, self.index - 1, has_comment, parent)
        self.found.append(made)
        if kind in UNNAMED:
            made.name = kind
            self.skip_to("(", "{")
            made.label = self.tokens[self.index + 1]
        elif kind == "extension":
            made.name = self.read_extended()
        else:
            made.name = self.read_name()
        if kind in TYPES:
            self.skip_to("{")
            self.index += 1
            self.read_scope(made)
        elif kind == "case":
            self.read_further_cases(made)

    def read_name(self) -> str:
        """A word, or an operator."""
        start = self.index
        self.index += 1
        if not WORD.match(self.tokens[start]):
            self.skip_to("(")
        return "".join(self.tokens[start : self.index])

    def read_extended(self) -> str:
        """What an extension extends: of names with dots between them the last."""
        if self.skip_group("["):
            return "Array"
        self.index += 1
        while self.here == ".":
            self.index += 2
        return self.tokens[self.index - 1]

    def read_further_cases(self, first: Declaration) -> None:
        """`case a, b(Int)` declares two."""
        while True:
            self.skip_group("(")
            if self.here == "=":
                self.index += 1
                self.skip_literal()
            if self.here != ",":
                return
            self.index += 2
            self.found.append(dataclasses.replace(first, name=self.tokens[self.index - 1]))

    def skip_literal(self) -> None:
        """Passes over a raw value: a number, which may have a sign, or a string, of which only quotes are left."""
        self.index += 2 if self.here in ('"', "-") else 1

    def skip_to(self, *tokens: str) -> None:
        while self.here not in (*tokens, ""):
            self.index += 1

    def skip_group(self, opening: str) -> bool:
        """Passes over what stands in brackets, if it begins here."""
        if self.here != opening:
            return False
        depth = 0
        while self.here:
            depth += (self.here in CLOSING) - (self.here in CLOSING.values())
            self.index += 1
            if depth == 0:
                break
        return True
