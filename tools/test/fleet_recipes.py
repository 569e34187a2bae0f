"""Recipes in a random graph, each a file of its own, for check-fleet.py: their text, and what they need."""

import dataclasses
import json
import pathlib
import random

from random_recipes import MACHINE

OTHER = "linux/arm64" if MACHINE != "linux/arm64" else "linux/amd64"


@dataclasses.dataclass
class Layer:
    """One layer: its text below its name, and the file that its script, or its import, leaves at its root."""

    name: str
    lines: list[str]
    is_build_only: bool = False
    # Whether it is built for two platforms, without a script.
    is_for_two: bool = False
    # The layer that it stands on.
    below: "Layer | None" = None

    @property
    def whole(self) -> set[str]:
        """What has to be there for its files: an image has all that it stands on, a build_only layer what it adds."""
        return {self.name} | (self.below.whole if self.is_build_only and self.below else set())

    @property
    def text(self) -> str:
        return f"{self.name}:\n" + "".join(f"  {line}\n" for line in self.lines)


@dataclasses.dataclass
class Recipe:
    name: str
    layers: list[Layer] = dataclasses.field(default_factory=list)
    needs: "list[Recipe]" = dataclasses.field(default_factory=list)
    # The layers of others that its own stand on or import from.
    takes: set[str] = dataclasses.field(default_factory=set)
    collapses: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}/stacker.yaml"

    @property
    def text(self) -> str:
        settings: dict[str, object] = {}
        if self.needs:
            settings["prerequisites"] = [f"../{other.file}" for other in self.needs]
        if self.collapses:
            settings["collapse_build_only"] = True
        head = f"config: {json.dumps(settings)}\n" if settings else ""
        return head + "".join(layer.text for layer in self.layers)

    @property
    def images(self) -> list[Layer]:
        return [layer for layer in self.layers if not layer.is_build_only]

    def need(self, other: "Recipe", layer: Layer) -> None:
        self.takes |= layer.whole
        if other not in self.needs:
            self.needs.append(other)


class Author:
    """Writes recipes, by lot. `base` is what `from:` says of the base, `pause` how many seconds a script waits."""

    def __init__(self, seed: int, base: str, pause: float) -> None:
        self.lot = random.Random(seed)
        self.base = base
        self.pause = pause
        self.recipes: list[Recipe] = []

    def chooses(self, chance: float) -> bool:
        return self.lot.random() < chance

    def earlier(self, is_for_two: bool) -> list[tuple[Recipe, Layer]]:
        return [(recipe, layer) for recipe in self.recipes for layer in recipe.images if layer.is_for_two == is_for_two]

    def write(self, count: int) -> list[Recipe]:
        for number in range(count):
            recipe = Recipe(f"r{number:02}")
            # The first two are one of each kind, however few there are.
            if number == 1 or (number > 1 and self.chooses(0.2)):
                self.add_platforms(recipe)
            else:
                self.add_scripts(recipe)
            self.recipes.append(recipe)
        return self.recipes

    def from_earlier(self, recipe: Recipe, is_for_two: bool) -> Layer | None:
        """The image of an earlier recipe, or none for the base."""
        choice = self.earlier(is_for_two)
        if not choice or self.chooses(0.35):
            return None
        other, layer = self.lot.choice(choice)
        recipe.need(other, layer)
        return layer

    def from_line(self, below: Layer | None) -> str:
        return f"from: {{type: built, tag: {below.name}}}" if below else f"from: {self.base}"

    def imports(self, recipe: Recipe) -> list[tuple[str, str]]:
        """The layers of earlier recipes from which one imports, and the files there: build_only ones, too."""
        found = []
        choice = [(other, layer) for other in self.recipes for layer in other.layers if not layer.is_for_two]
        for other, layer in self.lot.sample(choice, min(len(choice), self.lot.choice([0, 0, 1, 1, 2]))):
            recipe.need(other, layer)
            found.append((f"stacker://{layer.name}/{layer.name}", layer.name))
        return found

    def script(self, name: str, imports: list[tuple[str, str]]) -> list[str]:
        """Leaves a file that depends on all that the layer needs, and one of some size; hides one of the base."""
        size = self.lot.randint(1, 20000)
        lines = [f"sleep {self.lot.uniform(0.5, 1) * self.pause:.1f}",
                 f"{{ echo {name}; sha256sum /r[0-9]*; }} > /{name} || true",
                 *[f"sha256sum < /stacker/imports/{file} >> /{name}" for _, file in imports],
                 f"seq {size} > /{name}.data",
                 f"chown {self.lot.randint(0, 9)}:3 /{name}.data",
                 f"rm -f /bin/{self.lot.choice(['vi', 'ed', 'ar', 'dc'])}"]
        return ["run: |"] + [f"  {line}" for line in lines]

    def add_scripts(self, recipe: Recipe) -> None:
        below = self.from_earlier(recipe, False)
        for number in range(self.lot.choice([0, 0, 1, 2])):
            below = self.add_layer(recipe, f"{recipe.name}-stage{number}", below, True)
            recipe.collapses = recipe.collapses or self.chooses(0.5)
        image = self.add_layer(recipe, recipe.name, below, False)
        if self.chooses(0.25):
            self.add_layer(recipe, f"{recipe.name}-more", image, False)

    def add_layer(self, recipe: Recipe, name: str, below: Layer | None, is_build_only: bool) -> Layer:
        imports = self.imports(recipe)
        lines = [self.from_line(below), "build_only: true" if is_build_only else f"labels: {{of: {name}}}"]
        if imports:
            lines.append(f"imports: {json.dumps([path for path, _ in imports])}")
        layer = Layer(name, lines + self.script(name, imports), is_build_only, below=below)
        recipe.layers.append(layer)
        return layer

    def add_platforms(self, recipe: Recipe) -> None:
        """An image for two platforms: what is for another processor has no script; what makes its files is run here."""
        tool = f"{recipe.name}-for"
        imports = self.imports(recipe)
        made = [self.from_line(None), "build_only: true", "build_platform: each"]
        if imports:
            made.append(f"imports: {json.dumps([path for path, _ in imports])}")
        made += ["run: |", f"  echo {recipe.name} $STACKER_PLATFORM > /{recipe.name}",
                 *[f"  sha256sum < /stacker/imports/{file} >> /{recipe.name}" for _, file in imports]]
        recipe.layers.append(Layer(tool, made, is_build_only=True, is_for_two=True))
        recipe.layers.append(Layer(recipe.name, [
            self.from_line(self.from_earlier(recipe, True)), f"platforms: {json.dumps([MACHINE, OTHER])}",
            f"imports: {json.dumps([{'path': f'stacker://{tool}/{recipe.name}', 'dest': '/'}])}"], is_for_two=True))


def write_recipes(directory: pathlib.Path, seed: int, count: int, base: str, pause: float) -> list[Recipe]:
    """Writes NAME/stacker.yaml for each; the same seed gives the same."""
    recipes = Author(seed, base, pause).write(count)
    for recipe in recipes:
        file = directory / recipe.file
        file.parent.mkdir(parents=True)
        file.write_text(recipe.text)
    return recipes
