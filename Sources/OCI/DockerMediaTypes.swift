import Failure

extension MediaType {
    /// Docker's manifest list: what an index is to the OCI.
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// Docker's image manifest, schema 2.
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// Docker's signed image manifest of old; no longer written.
    public static let dockerManifestSchema1 = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.v1+prettyjws")
    /// Docker's image config: the same as the OCI's.
    public static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")

    /// The OCI's name for a layer of this type; `nil` if it is none that can be unpacked.
    public var ociLayer: MediaType? {
        switch rawValue {
        case "application/vnd.docker.image.rootfs.diff.tar": .tar
        case "application/vnd.docker.image.rootfs.diff.tar.gzip": .tarGzip
        case "application/vnd.docker.image.rootfs.diff.tar.zstd": .tarZstd
        default:
            [.tar, .tarGzip, .tarZstd, .squashfs, .squashfsGzip, .squashfsZstd, .erofs].contains(self) ? self : nil
        }
    }

    /// As it may stand in a message, whoever wrote it.
    fileprivate var shown: String {
        String(
            String.UnicodeScalarView(rawValue.unicodeScalars.prefix(200).filter { (0x21...0x7e).contains($0.value) }))
    }

    /// Whether it is a layer that registries only know the name of, as those of Windows are.
    public var isForeignLayer: Bool {
        rawValue.contains(".nondistributable.") || rawValue.contains(".rootfs.foreign.")
    }
}

extension ImageManifest {
    /// The same image in the OCI's terms. Blobs stay as they are: only what they are called changes.
    ///
    /// - Throws: `Failure` for an artifact that is no image, and for a layer that can't be unpacked.
    public func converted() throws -> ImageManifest {
        guard config.mediaType == .config || config.mediaType == .dockerConfig else {
            throw Failure("it is no image: its config is of type \(config.mediaType.shown)")
        }
        var image = self
        if mediaType != nil { image.mediaType = .manifest }
        image.config.mediaType = .config
        image.layers = try layers.map { layer in
            if layer.mediaType.isForeignLayer {
                throw Failure(
                    "layer \(layer.digest) is a foreign one (\(layer.mediaType.shown)): registries don't hold its content",
                    help: "choose an image for Linux, or one whose layers may be distributed")
            }
            guard let type = layer.mediaType.ociLayer else {
                throw Failure(
                    "layer \(layer.digest) is of a type that stacker can't unpack: "
                        + "\(layer.mediaType.shown)")
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
