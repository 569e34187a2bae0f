import Failure
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// An image whose layers are unpacked, whatever their types.
struct RunnableImage {
    /// What it says of how it is run.
    let config: ImageConfig.Execution
    /// Its layers' contents, the topmost first.
    let lowerdirs: [FilePath]

    /// Finds it and unpacks what is missing of it. Only for the holder of the locks.
    ///
    /// - Parameter name: as ``RunRequest/image`` has it.
    init(_ name: String, in roots: RootsDirectory, _ directories: StackerDirectories, log: Log) throws {
        var request = BuildRequest()
        request.recipes = []
        let context = try Project(request, in: directories, log: log).context(of: request, by: .nobody, in: roots)
        let bases = Bases(context)
        let platform = Platform(os: "linux", architecture: Platform.hostArchitecture)
        let image = try bases.fetch(bases.resolve(Self.base(name, directories), platform))
        defer { withExtendedLifetime(image.use) {} }
        guard let type = request.layerTypes.first, let found = image.metadata.images[type] else {
            throw Failure("it has no image")
        }
        config = found.config.config ?? ImageConfig.Execution()
        Self.warn(found.config.platform, platform, log)
        try bases.unpack(image)
        lowerdirs = try LayerStack(LayerStack.directories(image.metadata, type, roots)).lowerdirs
        guard !lowerdirs.isEmpty else { throw Failure("it has no layers, and so nothing that could be run") }
    }

    private static func base(_ name: String, _ directories: StackerDirectories) throws -> Base {
        guard name.hasPrefix("oci:") || name.hasPrefix("docker://") else {
            return .oci(layout: directories.oci, tag: name)
        }
        switch try ImagePlace(name) {
        case .layout(let path, let tag): return .oci(layout: try path.absolute(), tag: tag)
        case .registry(let reference): return .docker(reference, insecure: false)
        }
    }

    private static func warn(_ own: Platform, _ host: Platform, _ log: Log) {
        guard !own.architecture.isEmpty, own.architecture != host.architecture else { return }
        log.warn("the image is for \(shown("\(own)")), and this machine is \(host)")
    }
}
