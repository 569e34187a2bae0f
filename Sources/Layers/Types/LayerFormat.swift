/// What kind of blob a tree is encoded as.
package enum LayerFormat: Sendable, Hashable {
    /// A pax tar with whiteouts as the image spec has them.
    case tar(Compression = .gzip())
    /// A squashfs that can be mounted as it is, whiteouts as overlayfs has them; with `verity`, a dm-verity tree follows
    /// it, and the descriptor's annotations say its root hash. See ``VerityAnnotation``.
    ///
    /// It holds no POSIX ACLs, and times in whole seconds from 1970 to 2106. See ``CompressionLevels/squashfs``.
    case squashfs(verity: Bool = true, level: Int = CompressionLevels.squashfs.standard)
    /// An erofs that can be mounted as it is, lz4 inside; whiteouts and `verity` as with a squashfs. See
    /// ``CompressionLevels/erofs``.
    case erofs(verity: Bool = true, level: Int = CompressionLevels.erofs.standard)
}

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
