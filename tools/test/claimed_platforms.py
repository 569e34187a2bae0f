"""Bases that claim to be for several platforms, for random-graphs.py, and the images that are built on them."""

import hashlib
import json
import pathlib
import tarfile

from random_recipes import PLATFORMS, Recipe


def claim_platforms(layout: pathlib.Path) -> None:
    """Makes an index of the one image of a layout, which then says that it is for each of the platforms."""

    def read(descriptor: dict) -> dict:
        return json.loads((layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")).read_text())

    def put(document: object, kind: str) -> dict:
        data = json.dumps(document).encode()
        digest = hashlib.sha256(data).hexdigest()
        (layout / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": f"application/vnd.oci.image.{kind}+json", "digest": f"sha256:{digest}", "size": len(data)}

    document = json.loads((layout / "index.json").read_text())
    manifest = read(document["manifests"][0])
    config = read(manifest["config"])
    entries = []
    for platform in PLATFORMS:
        says = dict(zip(("os", "architecture", "variant"), platform.split("/")))
        image = {**manifest, "config": put({**config, **says}, "config.v1")}
        entries.append({**put(image, "manifest.v1"), "platform": says})
    index = put({"schemaVersion": 2, "manifests": entries}, "index.v1")
    document["manifests"] = [{**index, "annotations": document["manifests"][0]["annotations"]}]
    (layout / "index.json").write_text(json.dumps(document))


def difference(recipe: Recipe, layout: pathlib.Path) -> str | None:
    """In what the images differ from what was worked out without stacker."""

    def blob(descriptor: dict) -> pathlib.Path:
        return layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")

    def read(descriptor: dict) -> dict:
        return json.loads(blob(descriptor).read_text())

    def name(config: dict) -> str:
        return "/".join(config[key] for key in ("os", "architecture", "variant") if key in config)

    def file(manifest: dict, path: str) -> str:
        for layer in reversed(manifest["layers"]):
            with tarfile.open(blob(layer)) as archive:
                if path in archive.getnames():
                    return archive.extractfile(path).read().decode()
        return "no file"

    entries = json.loads((layout / "index.json").read_text())["manifests"]
    tags = {entry["annotations"]["org.opencontainers.image.ref.name"]: entry for entry in entries}
    wanted = {layer.name for layer in recipe.layers if not layer.is_build_only}
    if set(tags) != wanted or len(tags) != len(entries):
        return f"tags {sorted(tags)}, wanted {sorted(wanted)}"
    for layer in recipe.layers:
        if layer.is_build_only:
            continue
        entry = tags[layer.name]
        images = read(entry)["manifests"] if "index" in entry["mediaType"] else [entry]
        platforms = [name(read(read(image)["config"])) for image in images]
        if len(images) > 1 and platforms != [name(image["platform"]) for image in images]:
            return f"the index {layer.name} says other platforms than its images"
        if sorted(platforms) != sorted(layer.targets) or layer.platforms not in (None, platforms):
            return f"{layer.name} is for {platforms}, wanted {layer.targets}"
        for platform, image in zip(platforms, images):
            found, text = file(read(image), layer.name), recipe.content(layer, platform)
            if found != text:
                return f"{layer.name} for {platform} has {found!r}, wanted {text!r}"
    return None
