/// What kind of blob a tree is encoded as: a type, with what there is to choose about it.
package struct LayerFormat: Sendable, Hashable {
    /// The type.
    package let type: LayerType
    /// How the bytes of an archive are stored.
    let compression: Compression
    /// Whether a dm-verity tree follows an image, and the descriptor's annotations say its root hash. See
    /// ``VerityAnnotation``.
    let verity: Bool
    /// How hard an image is compressed: one of ``LayerType/levels``.
    let level: Int

    /// Makes a format of what is asked for, as far as the type leaves a choice.
    ///
    /// - Parameters:
    ///   - compression: of an archive.
    ///   - verity: of an image.
    ///   - level: of an image; `nil` for the standard one.
    package init(_ type: LayerType, compression: Compression = .gzip(), verity: Bool = true, level: Int? = nil) {
        self.type = type
        self.compression = type.isImage ? .none : compression
        self.verity = type.hasVerity && verity
        self.level = type.levels.map { level ?? $0.standard } ?? 0
    }

    /// A pax tar with whiteouts as the image spec has them.
    package static func tar(_ compression: Compression = .gzip()) -> LayerFormat {
        LayerFormat(.tar, compression: compression)
    }

    /// A squashfs that can be mounted as it is, whiteouts as overlayfs has them.
    ///
    /// It holds no POSIX ACLs, and times in whole seconds from 1970 to 2106. See ``CompressionLevels/squashfs``.
    package static func squashfs(verity: Bool = true, level: Int? = nil) -> LayerFormat {
        LayerFormat(.squashfs, verity: verity, level: level)
    }

    /// An erofs that can be mounted as it is, lz4 inside; whiteouts as with a squashfs. See ``CompressionLevels/erofs``.
    package static func erofs(verity: Bool = true, level: Int? = nil) -> LayerFormat {
        LayerFormat(.erofs, verity: verity, level: level)
    }

    /// The level of an image, if it is not the standard one.
    package var unusualLevel: Int? { type.levels.flatMap { $0.standard == level ? nil : level } }

    /// Whether there is a lower level.
    package var canCompressLess: Bool {
        if let levels = type.levels { return level > levels.possible.lowerBound }
        switch compression {
        case .gzip(let level): return level > CompressionLevels.gzip.possible.lowerBound
        case .zstd(let level): return level > CompressionLevels.zstd.possible.lowerBound
        case .none: return false
        }
    }

    /// All that decides the bytes of a layer beside what is in it, for what is remembered under it. The standard level
    /// goes without saying, so that what was remembered before there were others is found.
    package var record: String {
        // As it was written when it was no text of ours.
        guard type.isImage else { return "\(type.rawValue)(Layers.Compression.\(compression.record))" }
        return "\(type.rawValue)(verity: \(verity))" + (unusualLevel.map { " level \($0)" } ?? "")
    }
}
