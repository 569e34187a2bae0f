import OCI

/// What layers are called that are built for another platform than the machine that builds: `app@linux-arm64`. The layer for
/// the machine's own platform is called as in the recipe, whether it is the only one or not.
package enum PlatformLayerName {
    /// What the layer that a recipe calls `tag` is called for a platform.
    package static func name(_ tag: String, for platform: Platform) -> String {
        let platform = platform.normalized
        guard platform != .machine else { return tag }
        let parts = [platform.os, platform.architecture] + (platform.variant.map { [$0] } ?? [])
        return "\(tag)@\(parts.joined(separator: "-"))"
    }

    /// What the recipe calls the layer of this name, and for which platform it is; `nil` if the name doesn't say.
    package static func parts(of name: String) -> (tag: String, platform: Platform)? {
        guard let at = name.lastIndex(of: "@"), at > name.startIndex else { return nil }
        let text = name[name.index(after: at)...].split(separator: "-", omittingEmptySubsequences: false)
        guard let platform = try? PlatformNames.platform(text.joined(separator: "/")) else { return nil }
        return (String(name[..<at]), platform)
    }
}
