extension RootsDirectory {
    /// Whether a name is one that stacker gives, or may come to give, to things of its own where layers have theirs: in
    /// the roots directory and in stacker's. What has such a name is not taken for a layer's by the collection of garbage.
    static func isReserved(_ name: String) -> Bool {
        isContentName(name) || name == ".lock"
            || ["sha256_", ".stacker", ".unpack-"].contains(where: name.hasPrefix)
            || name.hasPrefix(".") && name.hasSuffix(".tmp")
    }
}
