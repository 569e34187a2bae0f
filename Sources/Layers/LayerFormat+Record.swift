extension LayerFormat {
    /// The level of a squashfs or erofs layer, if it is not the standard one.
    package var unusualLevel: Int? {
        switch self {
        case .tar: nil
        case .squashfs(_, let level): level == CompressionLevels.squashfs.standard ? nil : level
        case .erofs(_, let level): level == CompressionLevels.erofs.standard ? nil : level
        }
    }

    /// All that decides the bytes of a layer beside what is in it, for what is remembered under it. The standard level
    /// goes without saying, so that what was remembered before there were others is found.
    package var record: String {
        let level = unusualLevel.map { " level \($0)" } ?? ""
        return switch self {
        // As it was written when it was no text of ours.
        case .tar(let compression): "tar(Layers.Compression.\(compression.record))"
        case .squashfs(let verity, _): "squashfs(verity: \(verity))\(level)"
        case .erofs(let verity, _): "erofs(verity: \(verity))\(level)"
        }
    }
}

extension Compression {
    /// All that decides how a tar is compressed, for what is remembered under it.
    package var record: String {
        switch self {
        case .gzip(let level): "gzip(level: \(level))"
        case .zstd(let level): "zstd(level: \(level))"
        case .none: "none"
        }
    }
}
