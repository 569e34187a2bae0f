import Failure
import Layers
import OCI
import Roots
import SystemPackage

/// An image whose layers are unpacked, whatever their types.
struct RunnableImage {
    /// What it says of how it is run.
    let config: ImageConfig.Execution
    /// Its layers' contents, the topmost first.
    let lowerdirs: [FilePath]

    /// Finds it and unpacks what is missing of it. Only for the holder of the locks.
    init(_ wanted: RunRequest, in roots: RootsDirectory, _ directories: StackerDirectories, log: Log) throws {
        var request = BuildRequest()
        request.recipes = []
        request.plainRegistryRemedy = "--skip-tls"
        let context = try Project(request, in: directories, log: log).context(of: request, by: .nobody, in: roots)
        let bases = Bases(context)
        let name = try ImageName(wanted.image, of: "run", in: directories)
        let image = try bases.bring(name.base(isInsecure: wanted.isInsecure), name.platform(wanted.platform))
        defer { withExtendedLifetime(image.use) {} }
        guard let type = request.layerTypes.first, let found = image.metadata.images[type] else {
            throw Failure("it has no image")
        }
        config = found.config.config ?? ImageConfig.Execution()
        try wanted.platform.refuse(found.config.platform)
        if !wanted.platform.isExplicit { Self.warn(found.config.platform, log) }
        try bases.unpack(image)
        lowerdirs = try LayerStack(LayerStack.directories(image.metadata, type, roots)).lowerdirs
        guard !lowerdirs.isEmpty else { throw Failure("it has no layers, and so nothing that could be run") }
    }

    private static func warn(_ own: Platform, _ log: Log) {
        guard !own.architecture.isEmpty, own.architecture != Platform.machine.architecture else { return }
        log.warn("the image is for \(own), and this machine is \(Platform.machine)")
    }
}
