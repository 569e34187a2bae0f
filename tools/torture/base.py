"""A base image of a few files: busybox, with names for what scripts here call. Each file is a point or more in each build."""

import gzip
import hashlib
import io
import json
import pathlib
import platform
import shutil
import tarfile

_TIME = 1_700_000_000
_APPLETS = ("sh", "cat", "echo", "ln", "mkdir", "rm", "sleep", "touch")
_PROCESSORS = {"x86_64": "amd64"}


def make_base(layout: pathlib.Path, more: dict[str, bytes] | None = None) -> None:
    tar = archive(more)
    blobs = layout / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(content: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    config = {
        "architecture": _PROCESSORS[platform.machine()], "os": "linux", "config": {"Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}"]}}
    manifest = put(json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(json.dumps(config).encode(), "config.v1+json"),
        "layers": [put(gzip.compress(tar, 1, mtime=0), "layer.v1.tar+gzip")]}).encode(), "manifest.v1+json")
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))


def archive(more: dict[str, bytes] | None = None) -> bytes:
    """Its files as a tar, and more of them."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:

        def add(name: str, kind: bytes = tarfile.REGTYPE, content: bytes = b"", mode: int = 0o755, target: str = "") -> None:
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.mode, entry.mtime, entry.linkname = kind, len(content), mode, _TIME, target
            archive.addfile(entry, io.BytesIO(content))

        for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
            add(name, tarfile.DIRTYPE)
        busybox = shutil.which("busybox")
        if busybox is None:
            raise FileNotFoundError("no busybox: install the package busybox-static")
        add("bin/busybox", content=pathlib.Path(busybox).read_bytes())
        for name in _APPLETS:
            add(f"bin/{name}", tarfile.LNKTYPE, target="bin/busybox")
        add("bin/env", tarfile.SYMTYPE, target="busybox")
        add("etc/passwd", content=b"root:x:0:0:root:/root:/bin/sh\n", mode=0o644)
        add("etc/resolv.conf", mode=0o644)
        for name, content in (more or {}).items():
            add(name, content=content, mode=0o644)
    return output.getvalue()
