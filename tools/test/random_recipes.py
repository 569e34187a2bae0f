"""Random recipes for random-graphs.py, and what has to come out of them."""

import dataclasses
import json
import os
import random

BASE = "{type: oci, url: 'busybox:latest'}"
MACHINE = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}.get(os.uname().machine, f"linux/{os.uname().machine}")
PLATFORMS = list(dict.fromkeys([MACHINE, "linux/amd64", "linux/arm64", "linux/arm/v6", "linux/s390x"]))


@dataclasses.dataclass
class Layer:
    name: str
    below: "Layer | None" = None
    imports: "list[Layer]" = dataclasses.field(default_factory=list)
    # The layers whose directories it imports from.
    sources: "list[Layer]" = dataclasses.field(default_factory=list)
    overlay: "Layer | None" = None
    is_filling: bool = False
    is_build_only: bool = False
    is_serial: bool = False
    platforms: list[str] | None = None
    build_platform: str | None = None
    # For which platforms it is built, in the order of its tag.
    targets: list[str] = dataclasses.field(default_factory=list)

    @property
    def needs(self) -> "list[Layer]":
        return ([self.below] if self.below else []) + self.imports


@dataclasses.dataclass
class Recipe:
    layers: list[Layer]
    has_platforms: bool

    @property
    def parts(self) -> list[str]:
        """What can fail by itself."""
        if not self.has_platforms:
            return [layer.name for layer in self.layers]
        return [f"{layer.name}:{target}" for layer in self.layers for target in layer.targets]

    @property
    def directories(self) -> list[str]:
        """What scripts fill."""
        if not self.has_platforms:
            return [layer.name for layer in self.layers]
        return [f"{target}/{layer.name}" for layer in self.layers for target in PLATFORMS]

    @property
    def text(self) -> str:
        return "\n".join(self.write(layer) for layer in self.layers) + "\n"

    def write(self, layer: Layer) -> str:
        name, shared = layer.name, "shared/${{STACKER_PLATFORM}}" if self.has_platforms else "shared"
        script = [f"case \" $FAILING \" in *\" {name} \"*|*\" {name}:$STACKER_PLATFORM \"*) exit 7;; esac"]
        platform = " $STACKER_PLATFORM ${{STACKER_PLATFORM}}" if self.has_platforms else ""
        script.append(f"echo {name}{platform} > /{name}")
        lines = [f"{name}:", f"  from: {{type: built, tag: {layer.below.name}}}" if layer.below else f"  from: {BASE}"]
        imports = [f"stacker://{other.name}/{other.name}" for other in layer.imports]
        # What comes by import is in what this layer leaves.
        script += [f"cat /stacker/imports/{other.name} >> /{name}" for other in layer.imports]
        if layer.below:
            script.append(f"cat /{layer.below.name} >> /{name}")
        for other in layer.sources:
            imports.append(f"{shared}/{other.name}/file")
            script.append(f"cat /stacker/imports/file >> /{name}")
        if imports:
            lines.append(f"  imports: {json.dumps(imports)}")
        if layer.overlay:
            lines.append(f"  overlay_dirs: [{{source: '{shared}/{layer.overlay.name}', dest: /over}}]")
        if layer.is_filling:
            lines.append(f"  binds: ['{shared}/{name} -> /filled']")
            script.append(f"cat /{name} > /filled/file; touch -d '2001-01-01 00:00:00' /filled/file /filled")
        if layer.is_build_only:
            lines.append("  build_only: true")
        if layer.is_serial:
            lines.append("  serial: true")
        if layer.platforms:
            lines.append(f"  platforms: {json.dumps(layer.platforms)}")
        if layer.build_platform:
            lines.append(f"  build_platform: {layer.build_platform}")
        lines += ["  build_env_passthrough: [FAILING]", "  run: |"] + [f"    {line}" for line in script]
        return "\n".join(lines)

    def content(self, layer: Layer, target: str) -> str:
        """What its script leaves in the file of its name, for a platform."""
        text = f"{layer.name} {target} {target}\n"
        for other in layer.imports + ([layer.below] if layer.below else []):
            is_for_target = other.build_platform == "each" or not (other.build_platform or layer.build_platform)
            text += self.content(other, target if is_for_target else MACHINE)
        return text + "".join(self.content(other, target) for other in layer.sources)


def make_recipe(seed: int, count: int, has_platforms: bool) -> Recipe:
    """Layers whose scripts leave a file that depends on all that they need."""
    lot = random.Random(seed)
    while True:
        layers = make_layers(lot, count, has_platforms)
        if not has_platforms or spread(layers):
            break
    filled: list[Layer] = []
    for layer in layers:
        def can_have(other: Layer) -> bool:
            return set(layer.targets) <= set(other.targets)

        fitting = [other for other in filled if can_have(other)]
        if fitting and lot.random() < 0.3:
            layer.sources.append(lot.choice(fitting))
        if fitting and lot.random() < 0.2:
            layer.overlay = lot.choice(fitting)
        if lot.random() < 0.15:
            layer.is_filling = True
            filled.append(layer)
    return Recipe(layers, has_platforms)


def make_layers(lot: random.Random, count: int, has_platforms: bool) -> list[Layer]:
    layers: list[Layer] = []
    for number in range(count):
        layer = Layer(f"l{number}")
        layer.below = lot.choice(layers) if layers and lot.random() < 0.5 else None
        layer.imports = [other for other in layers if lot.random() < 0.08]
        layer.is_build_only = lot.random() < 0.25 and number + 1 < count
        layer.is_serial = lot.random() < 0.04
        if has_platforms and layer.is_build_only and lot.random() < 0.6:
            layer.build_platform = lot.choice(["true", "each"])
        elif has_platforms and lot.random() < 0.3:
            layer.platforms = lot.sample(PLATFORMS, lot.randint(1, len(PLATFORMS)))
        layers.append(layer)
    return layers


def spread(layers: list[Layer]) -> bool:
    """Works out for which platforms layers are built. Returns whether all have what they need for theirs."""
    built: dict[str, set[str]] = {layer.name: set() for layer in layers}

    def want(layer: Layer, platform: str, target: str) -> bool:
        if target in built[layer.name]:
            return True
        built[layer.name].add(target)
        for other in layer.needs:
            if other.build_platform and other is layer.below and platform != MACHINE:
                fits = False
            elif other.build_platform:
                fits = want(other, MACHINE, MACHINE if other.build_platform == "true" else target)
            else:
                fits = platform in (other.platforms or PLATFORMS) and want(other, platform, platform)
            if not fits:
                return False
        return True

    if not all(want(layer, platform, platform) for layer in layers for platform in layer.platforms or []):
        return False
    if not all(want(layer, MACHINE, MACHINE) for layer in layers if not layer.platforms and not built[layer.name]):
        return False
    for layer in layers:
        layer.targets = layer.platforms or sorted(built[layer.name])
    return any(len(layer.targets) > 1 for layer in layers if not layer.is_build_only)
