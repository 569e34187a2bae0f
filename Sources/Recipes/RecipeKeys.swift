// The keys of the maps in a recipe, beside those of a layer itself, ``LayerKey``: what the parser knows, and what tools for
// editors are told.

/// The keys of `from`.
package enum FromKey: String, Sendable, CaseIterable {
    case type, url, tag, insecure
}

/// The keys of an entry of `imports` that is a map.
package enum ImportKey: String, Sendable, CaseIterable {
    case path, hash
    case destination = "dest"
    case mode, uid, gid, insecure
}

/// The keys of an entry of `overlay_dirs`, and of one of `binds` that is a map.
package enum EndKey: String, Sendable, CaseIterable {
    case source
    case destination = "dest"
}

/// The keys of an entry of `cache_dirs` that is a map.
package enum CacheDirectoryKey: String, Sendable, CaseIterable {
    case path, mode, uid, gid
}

/// The keys of `config`.
package enum SettingKey: String, Sendable, CaseIterable {
    case prerequisites
    case collapseBuildOnly = "collapse_build_only"
    case platforms
}

extension CaseIterable where Self: RawRepresentable<String> {
    /// The names of all keys, as they stand in a recipe.
    static var names: [String] { allCases.map(\.rawValue) }
}
