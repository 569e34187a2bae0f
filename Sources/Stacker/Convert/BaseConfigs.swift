import FileTree
import OCI
import Registry
import SystemPackage

/// The configs of base images, as far as they can be had without a network: those of OCI layouts, and those of images
/// that builds have pulled.
struct BaseConfigs {
    /// What the path of a layout is relative to.
    let workingDirectory: FilePath
    /// Where pulled images are.
    let stackerDirectory: FilePath

    /// The config of an image.
    ///
    /// - Parameter url: `docker://…` or `oci:directory:tag`.
    /// - Returns: `nil` if the image is not here. Whatever is wrong with what is in one that is here, a build says.
    func config(_ url: String, _ platform: Platform) throws -> ImageConfig? {
        if url.hasPrefix("oci:") {
            let parts = url.dropFirst("oci:".count).split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            return try ifUsable {
                let layout = try Layout(at: workingDirectory.pushing(FilePath(parts[0])))
                return try layout.config(layout.resolve(parts[1], for: platform).manifest.converted())
            }
        }
        guard url.hasPrefix("docker://"),
            let reference = try? ImageReference(String(url.dropFirst("docker://".count)))
        else { return nil }
        return try ifUsable { try RegistryBases.keptConfig(reference, platform, in: stackerDirectory) } ?? nil
    }
}
