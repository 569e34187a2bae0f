"""A line as words, one after the other, with its place for what is wrong."""

from collections.abc import Callable
from typing import TypeVar

from text.model import Place, VectorError
from text.sections import Line
from text.words import Word, quote, split_words

Value = TypeVar("Value")

FORMAT = "vectors/README.md has the format"


class Words:
    """What is left of a line."""

    def __init__(self, line: Line):
        self.place: Place = line.place
        try:
            self.words: list[Word] = split_words(line.text)
        except ValueError as error:
            raise VectorError(
                line.place, str(error), "put quotes around what has blanks or other characters") from error

    def fail(self, what: str, help_text: str = FORMAT) -> VectorError:
        return VectorError(self.place, what, help_text)

    def take(self, what: str) -> bytes:
        """The next word, which is no KEY=VALUE."""
        if not self.has_plain():
            raise self.fail(f"{what} is missing", f"{FORMAT}; a name with = is quoted")
        return self.words.pop(0).value

    def has_plain(self) -> bool:
        return bool(self.words) and self.words[0].key is None

    def take_target(self) -> bytes:
        if self.take("-> and a target") != b"->":
            raise self.fail("has no -> before the target", "write NAME -> TARGET")
        return self.take("the target")

    def take_options(self) -> list[tuple[str, bytes, bytes]]:
        """The rest: of KEY=VALUE the key, of KEY:NAME=VALUE the key and the name."""
        options = []
        for word in self.words:
            if word.key is None:
                raise self.fail(f"{quote(word.value)} is too much here", f"{FORMAT}; after the names come KEY=VALUE")
            key, _, name = word.key.partition(b":")
            options.append((key.decode(), name, word.value))
        self.words = []
        return options

    def read(self, key: str, reader: Callable[[bytes], Value], value: bytes) -> Value:
        try:
            return reader(value)
        except ValueError as error:
            raise self.fail(f"{key}: {error}") from error

    def end(self) -> None:
        self.take_options_of({})

    def take_options_of(self, readers: dict[str, Callable[[bytes], Value]]) -> dict[str, Value]:
        """The rest, when each key can be there once and has no name."""
        values: dict[str, Value] = {}
        for key, name, value in self.take_options():
            if key not in readers or name:
                raise self.unknown(key, readers)
            if key in values:
                raise self.fail(f"{key}= is there twice", "say it once")
            values[key] = self.read(key, readers[key], value)
        return values

    def unknown(self, key: str, known) -> VectorError:
        return self.fail(f"there is no {key}= here", f"there are {', '.join(sorted(known))}" if known else FORMAT)
