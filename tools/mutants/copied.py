"""A copy of the tree with mutants compiled in."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import catalogue

TOP = pathlib.Path(__file__).resolve().parents[2]
HERE = TOP / "tools/mutants"
# Whether the libraries alone are wanted, with the unit tests that need nothing else: a copy of its own, half as large.
IS_LIBRARIES = "MUTANTS_OF_LIBRARIES" in os.environ
WORK = TOP / (".build/mutants-of-libraries" if IS_LIBRARIES else ".build/mutants")
COPY = WORK / "copy"
LISTING = WORK / "list"
# What the compiler refuses: a build that begins without it takes many rounds.
DROPPED = HERE / "refused"
# Which files were compiled when it went well.
BUILT = WORK / "built"
COMPILED = ("Package.swift", "Sources", "Tests", "tools/mutants/Sources", "tools/mutants/forms", DROPPED)
# What the libraries are without.
PROGRAM = ["StackerCLI", "Stacker", "RecipeTools", "Plans", "Dockerfiles", "Signatures", "Pages", "LayerBench", "LayerFuzz", "Fuzzing", "Integration"]
TARGETS = [name for name, rooms in catalogue.ROOMS.items() if not IS_LIBRARIES or not any(room.startswith("Sources/Stacker/") for room in rooms)]
ALL_ROOMS = [room for name in TARGETS for room in catalogue.ROOMS[name]]
PRODUCTS = ["stackerPackageTests"] if IS_LIBRARIES else ["stacker", "stackerPackageTests"]

# The manifest of the copy ends with it: each target knows of the mutants, and warnings don't matter.
MANIFEST = """
package.targets.append(.target(name: "CMutants", path: "Sources/CMutants"))
for target in package.targets where target.type != .system && target.name != "CMutants" {
    target.dependencies.append("CMutants")
    target.swiftSettings = [.unsafeFlags(["-suppress-warnings"])]
    target.cSettings = nil
    // SwiftPM looks there for tests of XCTest, of which there are none.
    if target.type == .test {
        target.swiftSettings?.append(.unsafeFlags(["-index-store-path", Context.environment["INDEX_STORE"] ?? ""]))
    }
}
"""
# And without the program: `left` are names of targets, `tests` files of Tests/Unit.
WITHOUT_PROGRAM = """
let left: Set<String> = {left}
package.products = []
package.targets.removeAll {{ left.contains($0.name) }}
for target in package.targets {{
    target.dependencies.removeAll {{ if case .byNameItem(let name, _) = $0 {{ left.contains(name) }} else {{ false }} }}
    if target.name == "Unit" {{ target.sources = {tests} }}
}}
"""
ERROR = re.compile(r"^(/[^:]+):(\d+):(\d+): error: (.*)$", re.MULTILINE)
FORM = re.compile(rb"mutant[A-Z]\w*\((\d+)")
# A round drops what the compiler refused; some of it, it only sees when the rest is right.
MOST_ROUNDS = 40


def make() -> None:
    """The copy as it is without mutants, but for what isn't another."""
    COPY.mkdir(parents=True, exist_ok=True)
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP, check=True, capture_output=True
    ).stdout
    # What has mutants the tool writes.
    plain = [
        name
        for name in names.decode().split("\0")
        if name and name != "Package.swift" and not (name.endswith((".swift", ".c")) and name.startswith(tuple(f"{room}/" for room in ALL_ROOMS)))
    ]
    for name in plain:
        copy_if_different(TOP / name, COPY / name)
    write(COPY / "Package.swift", (TOP / "Package.swift").read_text() + MANIFEST + (without_program() if IS_LIBRARIES else ""))
    for path in (HERE / "forms/CMutants").rglob("*.[ch]"):
        copy_if_different(path, COPY / "Sources/CMutants" / path.relative_to(HERE / "forms/CMutants"))
    for name in {"/".join(room.split("/")[:2]) for room in ALL_ROOMS} - {"Sources/LXCWrapper"}:
        copy_if_different(HERE / "forms/Forms.swift", COPY / name / "MutantForms.swift")
    for path in (TOP / ".build/fixtures").rglob("*"):
        if path.is_file():
            copy_if_different(path, COPY / path.relative_to(TOP))


def without_program() -> str:
    """With the tests that import nothing of what is left out."""
    imports = re.compile(rf"^(@testable )?import ({'|'.join(PROGRAM)})$", re.MULTILINE)
    tests = [str(path.relative_to(TOP / "Tests/Unit")) for path in sorted(TOP.glob("Tests/Unit/**/*.swift")) if not imports.search(path.read_text())]
    return WITHOUT_PROGRAM.format(left=json.dumps(PROGRAM), tests=json.dumps(tests))


def fingerprint(*rooms: str | pathlib.Path) -> str:
    """Another one when files are."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in [TOP / room, *sorted((TOP / room).rglob("*"))]:
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def write(path: pathlib.Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def copy_if_different(source: pathlib.Path, target: pathlib.Path) -> None:
    """With its time, by which SwiftPM sees what it has built already."""
    there = target.lstat() if target.exists() else None
    here = source.lstat()
    if there is None or (there.st_size, there.st_mtime_ns) != (here.st_size, here.st_mtime_ns):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)


class Rewriter:
    """The tool, and which mutants the compiler has refused."""

    def __init__(self) -> None:
        self.tool = subprocess.run([HERE / "build-tool"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        DROPPED.touch()
        self.dropped = set(DROPPED.read_text().split())

    def write(self) -> list[catalogue.Mutant]:
        """Writes the sources with all others; they are what is returned."""
        subprocess.run([self.tool, TOP, COPY, LISTING, DROPPED, *ALL_ROOMS], check=True)
        return catalogue.read(LISTING)

    def drop(self, mutants: list[catalogue.Mutant], output: str) -> bool:
        """Drops what errors are at; whether there was something."""
        found: set[str] = set()
        for path, line, column, message in set(ERROR.findall(output)):
            if not path.startswith(f"{COPY}/"):
                continue
            name = path.removeprefix(f"{COPY}/")
            here = [each for each in mutants if each.file == name]
            found |= {each.key for each in blamed(here, pathlib.Path(path), int(line), int(column), message)}
        self.dropped |= found
        DROPPED.write_text("\n".join(sorted(self.dropped)))
        return bool(found)


def blamed(
    mutants: list[catalogue.Mutant], path: pathlib.Path, line: int, column: int, message: str
) -> list[catalogue.Mutant]:
    """The mutant in whose form an error is, or the innermost around it; without one, those of its line, or declaration."""
    text = path.read_bytes()
    lines = text.split(b"\n")
    start = sum(len(each) + 1 for each in lines[: line - 1])
    end, place = start + len(lines[line - 1]), start + column - 1
    if "reasonable time" not in message:
        number = form_around(text, place)
        around = [each for each in mutants if each.place[0] <= place < each.place[1]]
        exact = [each for each in around if each.number == number]
        if exact or around:
            return exact or [min(around, key=lambda each: each.place[1] - each.place[0])]
    on_line = [each for each in mutants if each.place[0] < end and each.place[1] > start]
    return on_line or [each for each in mutants if each.scope[0] <= place < each.scope[1]]


def form_around(text: bytes, place: int) -> int | None:
    """The number of the innermost `mutantForm(number, …)` that a place is in."""
    if match := FORM.match(text, place):
        return int(match[1])
    closed = 0
    for index in range(place - 1, max(0, place - 5000), -1):
        if text[index : index + 1] == b")":
            closed += 1
        elif text[index : index + 1] == b"(" and closed > 0:
            closed -= 1
        elif text[index : index + 1] == b"(":
            # A parenthesis that is open here.
            name = re.search(rb"mutant[A-Z]\w*$", text[max(0, index - 20) : index])
            if name and (match := FORM.match(text, index - len(name[0]))):
                return int(match[1])
    return None


def build() -> list[catalogue.Mutant]:
    """Builds the program and the tests with all mutants that can be compiled; these."""
    make()
    if BUILT.exists() and BUILT.read_text() == fingerprint(*COMPILED):
        return catalogue.read(LISTING)
    BUILT.unlink(missing_ok=True)
    rewriter = Rewriter()
    for _ in range(MOST_ROUNDS):
        mutants = rewriter.write()
        status, output = compile_products()
        if status == 0:
            BUILT.write_text(fingerprint(*COMPILED))
            return mutants
        before = len(rewriter.dropped)
        if not rewriter.drop(mutants, output):
            break
        print(f"{len(rewriter.dropped) - before} mutants that don't compile are left out", flush=True)
    sys.stderr.write(output[-5000:])
    sys.exit("error: the mutated sources don't compile, and no mutant is where the errors are")


def compile_products() -> tuple[int, str]:
    """A debug build: it compiles faster, and only what has changed."""
    link = ((TOP / ".build/liblxc").read_text() + " " + (TOP / ".build/version").read_text()).split()
    build = ["swift", "build", "--package-path", COPY, "--disable-index-store"]
    environment = {**os.environ, "INDEX_STORE": ""}
    programs = subprocess.run([*build, "--show-bin-path"], check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout.strip()
    environment["INDEX_STORE"] = f"{programs}/index/store"
    pathlib.Path(programs, "index/store").mkdir(parents=True, exist_ok=True)
    output = ""
    for product in PRODUCTS:
        done = subprocess.run(
            [*build, "--product", product]
            + ["-Xswiftc", "-gnone", "-Xswiftc", "-continue-building-after-errors", *link],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output += done.stdout
        (WORK / "build.log").write_text(output)
        if done.returncode != 0:
            return done.returncode, output
    if IS_LIBRARIES:
        return 0, output
    # Tests may run the one that is there.
    shutil.copy2(COPY / ".build/debug/stacker", COPY / "stacker.new")
    (COPY / "stacker.new").replace(COPY / "stacker")
    return 0, output
