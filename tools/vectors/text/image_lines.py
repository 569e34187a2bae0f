"""The `image` section."""

from text import values
from text.lines import FORMAT, Words
from text.model import Edit, Image, Replacement, VectorError
from text.sections import Line, Section

RAW_DOCUMENTS = ("manifest", "config", "index", "nested", "layout")
DOCUMENTS = (*RAW_DOCUMENTS, "entry")
EDITS = ("set", "unset", "insert")
FLAGS = {
    "format docker": "is_docker",
    "nested": "is_nested",
    "attestation": "has_attestation",
    "sha512": "has_sha512",
    "inline": "is_inline",
}


def read_image(section: Section) -> Image:
    image = Image()
    for line in section.lines:
        words = line.text.split()
        if flag := FLAGS.get(" ".join(words)):
            setattr(image, flag, True)
        elif words[0] in EDITS:
            image.edits.append(read_edit(line))
        elif words[0] == "raw":
            read_raw(line, image)
        elif words[0] == "replace":
            image.replacements.append(read_replacement(line))
        elif words[0] == "beside":
            read_beside(line, image)
        else:
            lines = ", ".join([*FLAGS, *EDITS, "raw", "replace", "beside"])
            raise VectorError(line.place, f"says nothing of an image: {line.text}", f"there are {lines}")
    return image


def read_edit(line: Line) -> Edit:
    """The value is JSON, to the end of the line."""
    word = line.text.split()[0]
    is_removal = word == "unset"
    words = line.text.split(None, 2 if is_removal else 3)
    if len(words) != (3 if is_removal else 4) or words[1] not in DOCUMENTS:
        form = "unset DOCUMENT PATH" if is_removal else f"{word} DOCUMENT PATH JSON"
        raise VectorError(line.place, f"is no {form}", f"DOCUMENT is one of {', '.join(DOCUMENTS)}")
    if is_removal:
        return Edit(line.place, words[1], words[2].strip(), is_removal=True)
    try:
        value = values.document(words[3].encode())
        return Edit(line.place, words[1], words[2], value, is_insertion=word == "insert")
    except ValueError as error:
        raise VectorError(line.place, str(error), "strings are quoted: set config os \"linux\"") from error


def read_replacement(line: Line) -> Replacement:
    words = Words(line)
    words.take("replace")
    document = words.read("replace", values.one_of(*RAW_DOCUMENTS), words.take("the document"))
    replacement = Replacement(line.place, document, words.take("what is replaced"), words.take("what replaces it"))
    words.end()
    return replacement


def read_beside(line: Line, image: Image) -> None:
    words = Words(line)
    words.take("beside")
    name = words.take("the file's name").decode()
    image.beside[name] = words.take("its content, in quotes")
    words.end()


def read_raw(line: Line, image: Image) -> None:
    words = Words(line)
    words.take("raw")
    document = words.read("raw", values.one_of(*RAW_DOCUMENTS), words.take("the document"))
    image.raw[document] = words.take("the text, in quotes")
    if words.words:
        raise words.fail("has more than one text", FORMAT)
