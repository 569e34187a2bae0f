import Failure
import FileTree
import OCI
import Recipes
import Roots
import SystemPackage

/// Which layer of the roots directory is meant, of those that a layer of the recipe has become for several platforms.
struct PlatformLayers {
    private let roots: RootsDirectory
    private let directories: StackerDirectories
    private let names: Set<String>

    init(in roots: RootsDirectory, of directories: StackerDirectories) throws {
        (self.roots, self.directories) = (roots, directories)
        names = Set(try roots.directory.names().map(\.string))
    }

    /// What a layer is called as it was built for a platform: `app@linux-arm64`. What is there once for all platforms is called
    /// as it is.
    ///
    /// - Parameter platform: which is meant; `nil` for this machine's, or the only one that there is.
    /// - Throws: `Failure` that lists the platforms, if the layer was built for others only.
    func name(of tag: String, for platform: Platform?) throws -> String {
        let others = names.filter { PlatformLayerName.parts(of: $0)?.tag == tag }.sorted()
        if platform == nil, !names.contains(tag), others.count == 1 { return others[0] }
        let name = platform.map { PlatformLayerName.name(tag, for: $0) } ?? tag
        if name != tag, names.contains(name) { return name }
        let own = names.contains(tag) ? try self.platform(of: tag) ?? (others.isEmpty ? platform : .machine) : nil
        guard let own else {
            // Whoever looks for it says that it is not there.
            if others.isEmpty { return tag }
            throw refusal(of: tag, for: platform, besides: others, nil)
        }
        guard let platform, !platform.takes(own) else { return tag }
        throw refusal(of: tag, for: platform, besides: others, own)
    }

    /// What the image of a layer says that it is for; `nil` for a build_only layer, which has none.
    private func platform(of name: String) throws -> Platform? {
        let cache = try ifUsable { try BuildCache(in: directories.stacker, log: nil) }
        guard cache?[name]?.manifests.isEmpty == false else { return nil }
        return try roots.layer(name).metadata()?.anyImage?.config.platform
    }

    private func refusal(of tag: String, for platform: Platform?, besides others: [String], _ own: Platform?) -> Failure
    {
        let built = (own.map { [$0] } ?? []) + others.compactMap { PlatformLayerName.parts(of: $0)?.platform }
        return Failure(
            "layer \(shown(tag)) was not built here for \(platform ?? .machine)",
            help: "it was for \(built.map(\.description).joined(separator: ", ")): choose with --platform")
    }
}
