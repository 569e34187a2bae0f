import Failure

extension MediaType {
    /// Docker's manifest list: what an index is to the OCI.
    package static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// Docker's image manifest, schema 2.
    package static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// Docker's signed image manifest of old; no longer written.
    package static let dockerManifestSchema1 = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.v1+prettyjws")
    /// Docker's image config: the same as the OCI's.
    package static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")

    /// What the types of tar layers begin with that anybody may pass on, and of those that not everybody may.
    private static let distributable = "application/vnd.oci.image.layer.v1.tar"
    private static let nondistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar"

    /// The OCI's name for a layer of this type; `nil` if it is none that can be unpacked.
    package var ociLayer: MediaType? {
        let docker = "application/vnd.docker.image.rootfs."
        for (old, new) in [
            ("\(docker)diff.tar", Self.distributable), ("\(docker)foreign.diff.tar", Self.nondistributable),
            (Self.distributable, Self.distributable), (Self.nondistributable, Self.nondistributable),
        ] where rawValue.hasPrefix(old) {
            switch rawValue.dropFirst(old.count) {
            case "": return MediaType(rawValue: new)
            case ".gzip", "+gzip": return MediaType(rawValue: "\(new)+gzip")
            case ".zstd", "+zstd": return MediaType(rawValue: "\(new)+zstd")
            default: return nil
            }
        }
        return FileSystemMedia.all.contains { $0.types.contains(self) } ? self : nil
    }

    /// The type of a layer that begins like this: not a few programs get it wrong, and others believe it.
    ///
    /// - Parameter start: the first bytes, 2048 unless there are fewer.
    package func corrected(by start: [UInt8]) -> MediaType {
        if let type = FileSystemMedia.all.lazy.compactMap({ $0.type(of: start, saidToBe: self) }).first { return type }
        let tar = isForeignLayer ? Self.nondistributable : Self.distributable
        if start.starts(with: [0x1f, 0x8b]) { return MediaType(rawValue: "\(tar)+gzip") }
        let isSkippable = start.count >= 4 && start[0] & 0xf0 == 0x50 && start[1..<4].elementsEqual([0x2a, 0x4d, 0x18])
        if isSkippable || start.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return MediaType(rawValue: "\(tar)+zstd") }
        // xz and bzip2, for which no type stands.
        let others: [[UInt8]] = [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], Array("BZh".utf8)]
        if others.contains(where: { start.starts(with: $0) }) { return self }
        // An old tar has no magic: what says that it is one is taken for one. What says that it is a file system, and is
        // neither that nor a tar, is damaged.
        let isFileSystem = FileSystemMedia.all.contains { $0.covers(self) }
        let isTar = start.count >= 262 && start[257..<262].elementsEqual("ustar".utf8)
        return isFileSystem && !isTar ? self : MediaType(rawValue: tar)
    }

    /// Whether it is a layer that registries mostly only know the name of, as those of Windows are.
    package var isForeignLayer: Bool {
        rawValue.contains(".nondistributable.") || rawValue.contains(".rootfs.foreign.")
    }
}

extension ImageManifest {
    /// The same image in the OCI's terms. Blobs stay as they are: only what they are called changes.
    ///
    /// - Throws: `Failure` for an artifact that is no image, and for a layer that can't be unpacked.
    package func converted() throws -> ImageManifest {
        guard config.mediaType == .config || config.mediaType == .dockerConfig else {
            throw Failure("it is no image: its config is \(config.mediaType.inWords)")
        }
        var image = self
        if mediaType != nil { image.mediaType = .manifest }
        image.config.mediaType = .config
        image.layers = try layers.map { layer in
            guard let type = layer.mediaType.ociLayer else {
                throw Failure(
                    "layer \(layer.digest) is of a type that stacker can't unpack: "
                        + (layer.mediaType == .unknown ? "it has none" : layer.mediaType.shown))
            }
            var layer = layer
            layer.mediaType = type
            return layer
        }
        for blob in blobs where blob.size < 0 {
            throw Failure("blob \(blob.digest) has the size \(blob.size)")
        }
        return image
    }
}

extension Descriptor {
    /// Says of a foreign layer why it isn't there; any other layer has an error of its own.
    package func refusedAsForeign(because error: any Error) -> any Error {
        guard mediaType.isForeignLayer else { return error }
        return Failure(
            "layer \(digest) is a foreign one (\(mediaType.shown)), whose content registries and layouts need not hold",
            because: error, help: "choose an image for Linux, or one whose layers may be distributed")
    }
}
