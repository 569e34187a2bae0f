r"""The words of a line: pieces without a blank between them, plain, "quoted", or several in parentheses; "quoted"*3 is
there three times, and so is ("quoted"plain)*3."""

import dataclasses
import re

PLAIN_PIECE = re.compile(r'[^\s"*()]+')
QUOTED_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
TIMES = re.compile(r"\*(\d+)")
ESCAPE = re.compile(r'\\(?:x([0-9a-fA-F]{2})|(.))', re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"'}
PLAIN = re.compile(rb"[!#-'+-~]+")


@dataclasses.dataclass(frozen=True, slots=True)
class Word:
    """A value, or KEY=VALUE: the first "=" outside of quotes divides them."""

    key: bytes | None
    value: bytes


def split_words(line: str) -> list[Word]:
    """ValueError says what is wrong with the line."""
    words = []
    position = 0
    while position < len(line):
        if line[position].isspace():
            position += 1
            continue
        word, position = read_word(line, position)
        words.append(word)
    return words


def read_word(line: str, position: int) -> tuple[Word, int]:
    key, value = None, b""
    while position < len(line) and not line[position].isspace():
        plain = PLAIN_PIECE.match(line, position)
        if plain and "=" in plain[0] and key is None:
            # A word that begins with "=" has no key.
            name, _, rest = plain[0].partition("=")
            key, value = value + name.encode(), rest.encode()
            position = plain.end()
        else:
            piece, position = read_piece(line, position)
            value += piece
    return Word(key, value), position


def read_piece(line: str, position: int) -> tuple[bytes, int]:
    if plain := PLAIN_PIECE.match(line, position):
        return plain[0].encode(), plain.end()
    if line[position] == "(":
        piece, position = read_group(line, position + 1)
    elif quoted := QUOTED_PIECE.match(line, position):
        piece, position = unescape(quoted[1]), quoted.end()
    else:
        raise ValueError(misplaced(line, position))
    if times := TIMES.match(line, position):
        return piece * int(times[1]), times.end()
    return piece, position


def read_group(line: str, position: int) -> tuple[bytes, int]:
    """The pieces up to the parenthesis that closes it."""
    value = b""
    while line[position : position + 1] != ")":
        if not line[position : position + 1].strip():
            raise ValueError("a parenthesis that is opened and not closed before a blank; a name with one is quoted")
        piece, position = read_piece(line, position)
        value += piece
    return value, position + 1


def misplaced(line: str, position: int) -> str:
    if line[position] in "*)":
        return f'"{line[position]}" where nothing is before it that is repeated; a name with one is quoted'
    return f"a quote that is opened and not closed: {line[position:]}"


def unescape(text: str) -> bytes:
    result, position = b"", 0
    for match in ESCAPE.finditer(text):
        result += text[position : match.start()].encode()
        hexadecimal, character = match.groups()
        if hexadecimal is None and character not in ESCAPES:
            raise ValueError(f"no such escape: {match[0]}; there are \\n \\t \\r \\0 \\\\ \\\" and \\xNN")
        result += bytes.fromhex(hexadecimal) if hexadecimal else ESCAPES[character].encode()
        position = match.end()
    return result + text[position:].encode()


def quote(value: bytes, always: bool = False) -> str:
    """As a vector file has it, with what is long in the middle left out."""
    if PLAIN.fullmatch(value) and b"=" not in value and not always:
        return shorten(value.decode())
    text = value.decode("utf-8", "surrogateescape")
    return '"' + shorten("".join(map(quote_character, text))) + '"'


def quote_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    if character.isprintable():
        return character
    names = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
    return names.get(character) or "".join(f"\\x{byte:02x}" for byte in character.encode())


def shorten(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:60]}…{text[-40:]}"
