import Failure
import Layers
import OCI
import Recipes
import Registry
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
        let base = try Self.base(wanted.image, isInsecure: wanted.isInsecure, directories)
        let image = try bases.bring(base, Self.platform(wanted.platform, of: base))
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

    private static func base(
        _ name: String, isInsecure: Bool, _ directories: StackerDirectories
    ) throws -> Base {
        guard name.hasPrefix("oci:") || name.hasPrefix("docker://") else {
            try refuseMissing(name, directories)
            return .oci(layout: directories.oci, tag: name)
        }
        switch try ImagePlace(name) {
        case .layout(let path, let tag): return .oci(layout: try path.absolute(), tag: tag)
        case .registry(let reference): return .docker(reference, insecure: isInsecure)
        }
    }

    /// What other programs know by that name may be an image of a registry.
    private static func refuseMissing(_ name: String, _ directories: StackerDirectories) throws {
        guard let layout = try Layout(ifThereAt: directories.oci) else {
            throw Failure(
                "there is no OCI layout at \(directories.oci)",
                help: name.contains(where: ":/".contains)
                    ? ImageReference.advice(on: name) : StackerDirectories.adviceOnMissingOutput)
        }
        let index = try layout.index()
        guard name.contains(where: ":/".contains), !index.tags.contains(name),
            index.foreign.allSatisfy({ $0.tag != name })
        else { return }
        let image = String(name.prefix { $0 != ":" })
        throw Failure(
            "there is no image \(shown(name)) in \(layout.path)",
            help: index.tags.contains(image)
                ? "the images of a build have no tags, only names: stacker run \(shown(image))"
                : ImageReference.advice(on: name))
    }

    private static func platform(_ choice: PlatformChoice, of base: Base) throws -> Platform {
        guard case .oci(let path, let tag) = base, let layout = try Layout(ifThereAt: path) else {
            return choice.platform
        }
        return try choice.platform(of: tag, in: layout)
    }

    private static func warn(_ own: Platform, _ log: Log) {
        guard !own.architecture.isEmpty, own.architecture != Platform.machine.architecture else { return }
        log.warn("the image is for \(own), and this machine is \(Platform.machine)")
    }
}
