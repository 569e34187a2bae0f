import OCI

/// A tag of a shared cache: an entry has its key, and there is a mark of its use beside it. Of each layer there is, too, how
/// long it took to build.
enum SharedTag: Sendable, Hashable, CustomStringConvertible {
    case entry(Digest)
    case use(of: Digest)
    /// By the digest of the layer's name and platform.
    case time(of: Digest)

    /// What follows the key.
    static let useSuffix = ".used"
    /// What follows the digest of a name.
    static let timeSuffix = ".time"

    /// Reads a tag.
    ///
    /// - Returns: `nil` for one that is not ours.
    init?(_ text: String) {
        for (suffix, make) in [(Self.useSuffix, Self.use), (Self.timeSuffix, Self.time), ("", Self.entry)] {
            guard text.hasSuffix(suffix), let digest = Digest(hex: text.dropLast(suffix.count)) else { continue }
            self = make(digest)
            return
        }
        return nil
    }

    /// The tag.
    var description: String {
        switch self {
        case .entry(let key): key.hex
        case .use(of: let key): key.hex + Self.useSuffix
        case .time(of: let name): name.hex + Self.timeSuffix
        }
    }
}
