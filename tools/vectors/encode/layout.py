"""An image as an OCI layout: blobs, config, manifest, index."""

import base64
import dataclasses
import hashlib
import pathlib

from encode import documents
from encode.archive import encode_archive
from encode.compression import COMPRESSIONS, media_type
from encode.damage import damage
from text.model import Image, Layer, VectorError

TAG = "latest"
CREATED = "2001-09-09T01:46:40Z"  # the mtime of entries that say none
OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
IN_TOTO_TYPE = "application/vnd.in-toto+json"

Descriptor = dict[str, object]


def write_layout(directory: pathlib.Path, layers: list[Layer], image: Image) -> str:
    """Into a directory that isn't there yet. Returns the digest that the tag stands for."""
    return LayoutWriter(directory, image).write(layers)


@dataclasses.dataclass(slots=True)
class WrittenLayer:
    descriptor: Descriptor
    diff_id: str


class LayoutWriter:
    """Blobs are written as what names them is made."""

    def __init__(self, directory: pathlib.Path, image: Image):
        self.directory = directory
        self.image = image

    def write(self, layers: list[Layer]) -> str:
        self.directory.mkdir(parents=True)
        manifest = self.write_manifest(self.write_layers(layers))
        entries = [manifest]
        if self.image.has_attestation:
            entries.append(self.write_attestation(manifest))
        if self.image.is_nested:
            entries = [self.write_nested(entries)]
        elif self.image.has_attestation:
            manifest["platform"] = self.platform
        # An edit may put something else in its place.
        digest = str(entries[0]["digest"])
        self.write_index(entries)
        return digest

    @property
    def platform(self) -> dict[str, str]:
        return {"architecture": self.image.architecture, "os": "linux"}

    def write_layers(self, layers: list[Layer]) -> list[WrittenLayer]:
        written: list[WrittenLayer] = []
        for layer in layers:
            if layer.same is None:
                written.append(self.write_layer(layer))
                continue
            if not 1 <= layer.same <= len(written):
                raise VectorError(
                    layer.place, f"same={layer.same}: there is no such layer before this one", "count from 1")
            first = written[layer.same - 1]
            written += [WrittenLayer(dict(first.descriptor), first.diff_id) for _ in range(layer.times)]
        return written

    def write_layer(self, layer: Layer) -> WrittenLayer:
        compressed = COMPRESSIONS[layer.compression].compress(encode_archive(layer))
        blob = damage(layer, compressed.blob)
        kind = layer.media_type or media_type(layer.compression, self.image.is_docker)
        descriptor = self.write_blob(blob, kind, layer.is_digest_wrong, self.image.is_inline)
        descriptor["size"] = len(blob) + layer.size
        if compressed.annotations:
            descriptor["annotations"] = compressed.annotations
        return WrittenLayer(descriptor | layer.descriptor, diff_id_of(layer, compressed.tar))

    def write_config(self, layers: list[WrittenLayer]) -> Descriptor:
        config = {
            **self.platform,
            "created": CREATED,
            "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]},
            "history": [{"created": CREATED} for _ in layers],
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
        kind = DOCKER + "container.image.v1+json" if self.image.is_docker else OCI + "config.v1+json"
        return self.write_document("config", config, kind)

    def write_manifest(self, layers: list[WrittenLayer]) -> Descriptor:
        kind = DOCKER + "distribution.manifest.v2+json" if self.image.is_docker else OCI + "manifest.v1+json"
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": self.write_config(layers),
            "layers": [layer.descriptor for layer in layers],
        }
        return self.write_document("manifest", manifest, kind)

    def write_attestation(self, manifest: Descriptor) -> Descriptor:
        """A manifest that says something of the other one, and is no image."""
        attestation = {
            "schemaVersion": 2,
            "mediaType": OCI + "manifest.v1+json",
            "config": self.write_blob(EMPTY, EMPTY_TYPE),
            "layers": [self.write_blob(EMPTY, IN_TOTO_TYPE)],
        }
        descriptor = self.write_blob(documents.encode(attestation), OCI + "manifest.v1+json")
        descriptor["platform"] = {"architecture": "unknown", "os": "unknown"}
        descriptor["annotations"] = {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": manifest["digest"],
        }
        return descriptor

    def write_nested(self, manifests: list[Descriptor]) -> Descriptor:
        manifests[0]["platform"] = self.platform
        kind = DOCKER + "distribution.manifest.list.v2+json" if self.image.is_docker else OCI + "index.v1+json"
        return self.write_document("nested", {"schemaVersion": 2, "mediaType": kind, "manifests": manifests}, kind)

    def write_index(self, entries: list[Descriptor]) -> None:
        entries[0]["annotations"] = {"org.opencontainers.image.ref.name": TAG}
        documents.apply(self.image.edits, "entry", entries[0])
        index = {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": entries}
        (self.directory / "index.json").write_bytes(self.encode("index", index))
        (self.directory / "oci-layout").write_bytes(self.encode("layout", {"imageLayoutVersion": "1.0.0"}))
        for name, data in self.image.beside.items():
            file = self.directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)

    def write_document(self, name: str, document: dict, kind: str) -> Descriptor:
        data = self.encode(name, document)
        return self.write_blob(data, kind, is_inline=self.image.is_inline and name == "config")

    def encode(self, name: str, document: dict) -> bytes:
        if name in self.image.raw:
            return self.image.raw[name]
        documents.apply(self.image.edits, name, document)
        return documents.replace(self.image.replacements, name, documents.encode(document))

    def write_blob(
        self, data: bytes, kind: str, is_digest_wrong: bool = False, is_inline: bool = False
    ) -> Descriptor:
        """Its descriptor; a wrong digest is that of other bytes, and the blob has its name."""
        algorithm = "sha512" if self.image.has_sha512 else "sha256"
        name = hashlib.new(algorithm, data + (b"other" if is_digest_wrong else b"")).hexdigest()
        file = self.directory / "blobs" / algorithm / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        descriptor: Descriptor = {"mediaType": kind, "digest": f"{algorithm}:{name}", "size": len(data)}
        if is_inline:
            descriptor["data"] = base64.b64encode(data).decode()
        return descriptor


def diff_id_of(layer: Layer, tar: bytes) -> str:
    if layer.diff_id == "wrong":
        return "sha256:" + hashlib.sha256(tar + b"other").hexdigest()
    return layer.diff_id or "sha256:" + hashlib.sha256(tar).hexdigest()
