import OCI
import SystemPackage

extension Digest {
    fileprivate static let directoryPrefix = "sha256_"

    /// The layer's directory under the roots directory: `sha256_<hex>`, since overlayfs splits its options at ":".
    package var directoryName: FilePath { FilePath(Self.directoryPrefix + hex) }

    /// Takes the name of a layer's directory under the roots directory; `nil` if it is no such name.
    package init?(directoryName name: String) {
        guard name.hasPrefix(Self.directoryPrefix) else { return nil }
        self.init(hex: name.dropFirst(Self.directoryPrefix.count))
    }
}

extension RootsDirectory {
    /// What the names of directories begin with that are parts of layers' contents, and nobody's else.
    static let partPrefix = "part_"

    /// What the names of things begin with that are being made.
    package static let temporaryPrefix = ".unpack-"

    /// Whether this is a name that stacker itself gives to content: no layer of a recipe can have it.
    package static func isContentName(_ name: String) -> Bool {
        if Digest(directoryName: name) != nil { return true }
        return name.hasPrefix(partPrefix) && Digest(hex: name.dropFirst(partPrefix.count)) != nil
    }

    /// Whether a name is one that stacker gives, or may come to give, to things of its own where layers have theirs: in
    /// the roots directory and in stacker's. What has such a name is not taken for a layer's by the collection of garbage.
    package static func isReserved(_ name: String) -> Bool {
        let prefixes = [Digest.directoryPrefix, ".stacker", temporaryPrefix, RunDirectory.prefix]
        return isContentName(name) || name == ".lock" || prefixes.contains(where: name.hasPrefix)
            || FilePath(name).isTemporary
    }
}
