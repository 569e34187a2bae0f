import Dockerfiles
import Roots

extension Conversion {
    /// Converts a Dockerfile as ``init(_:leavingOut:isReserved:baseConfig:)`` does, with the images that builds in these directories
    /// have pulled.
    package init(_ files: Files, in directories: StackerDirectories) throws {
        let configs = BaseConfigs(
            workingDirectory: try .currentDirectory(), stackerDirectory: directories.stacker)
        try self.init(
            files, leavingOut: [directories.stacker, directories.oci, directories.roots],
            isReserved: RootsDirectory.isReserved, baseConfig: configs.config)
    }
}
