import Failure
import FileTree
import Host
import Layers
import OCI
import Recipes
import Roots
import SystemPackage

/// Which image is to be looked into.
package struct NamedImageRequest: Sendable {
    /// A tag of the output layout, `oci:DIRECTORY:TAG` or `docker://REGISTRY/NAME:TAG`; or a tag of ``layout``.
    package var name: String
    /// The layout whose tag the name is, whatever it looks like; `nil` if the name says where the image is.
    var layout: FilePath?
    /// Which image of several is meant.
    package var platform = PlatformChoice()
    /// Whether a registry may be spoken to without verified TLS.
    package var isInsecure = false

    /// The image of that name for this machine.
    package init(_ name: String) { self.name = name }

    /// The image of a tag that was read in a layout, which nobody has written as a name.
    init(tag: String, in layout: FilePath) { (name, self.layout) = (tag, layout) }

    /// - Parameter command: which command asks, for what messages advise.
    func imageName(of command: String, in directories: StackerDirectories) throws -> ImageName {
        guard let layout else { return try ImageName(name, of: command, in: directories) }
        return ImageName(text: name, place: .layout(layout, tag: name))
    }
}

/// An image that is looked into: what it says of itself, and its layers as far as they are asked for.
///
/// To know its manifest and config costs no layer. Of an image of a registry the layers that are asked for are kept as those of
/// bases are: under stacker's directory, verified, until a gc finds that nothing needs them. While this value lives, none removes
/// them.
package final class NamedImage: Sendable {
    /// As it was written.
    package let name: String
    /// The manifest's, as it should be: indexes get media types wrong.
    package let descriptor: Descriptor
    /// As it is stored: that of a registry in the OCI's terms.
    package let manifest: ImageManifest
    /// What the image says of itself.
    package let config: ImageConfig
    /// The blobs of the layers in the OCI's terms, bottom first.
    package let layers: [Descriptor]
    private let layout: Layout
    private let use: LayoutLock
    private let source: RegistrySource?
    private let findOriginal: @Sendable () throws -> [UInt8]?

    /// What of an image of a registry may have to be fetched.
    private final class RegistrySource: Sendable {
        let bases: Bases
        let missing: RegistryBases.Missing
        let log: Log

        init(_ bases: Bases, _ missing: RegistryBases.Missing, _ log: Log) {
            (self.bases, self.missing, self.log) = (bases, missing, log)
        }

        /// Fetches some layers into the layout in which the image is kept.
        func fetch(_ layers: [Descriptor], into layout: Layout) throws {
            try bases.context.directories.locked(waiting: log) {
                for layer in layers.eachOnce() { try bases.dropIfDamaged(layer, in: layout) }
                if try !layout.holdsAll(layers) { try bases.registries.fetch(layers, of: missing) }
            }
        }
    }

    /// Finds the image.
    ///
    /// - Parameter command: which command asks, for what messages advise.
    package init(
        _ request: NamedImageRequest, of command: String, in directories: StackerDirectories, log: Log
    ) throws {
        let name = try request.imageName(of: command, in: directories)
        let platform = try name.platform(request.platform)
        switch name.place {
        case .registry(let reference):
            try directories.refuseForeign()
            (layout, descriptor, manifest, source, findOriginal) = try directories.locked(waiting: log) {
                let bases = try Self.bases(directories, log)
                // Layers are looked at when they are asked for.
                let found = try bases.registries.image(reference, insecure: request.isInsecure, platform) {
                    blob, layout in
                    if blob.mediaType == .config { try bases.dropIfDamaged(blob, in: layout) }
                }
                let source = found.missing.map { RegistrySource(bases, $0, log) }
                let digest = found.descriptor.digest
                let original: @Sendable () throws -> [UInt8]? = {
                    try bases.registries.original(reference, insecure: request.isInsecure, platform, of: digest)
                }
                return (found.layout, found.descriptor, found.manifest, source, original)
            }
            use = try LayoutLock.use(of: layout) { try StopSignal.check() }
        case .layout(let path, let tag):
            layout = try Layout(at: path)
            // Before the image is looked for: what it names must not go meanwhile.
            use = try LayoutLock.use(of: layout) { try StopSignal.check() }
            (descriptor, manifest) = try layout.resolve(tag, for: platform)
            source = nil
            findOriginal = { nil }
        }
        self.name = name.text
        (layers, config) = try attempt("couldn't use \(shown(name.text))") { [layout, manifest] in
            let layers = try manifest.converted().layers
            let config = try layout.config(manifest)
            guard config.rootfs.diffIDs.count == layers.count else {
                throw Failure("it has \(layers.count) layers, its config \(config.rootfs.diffIDs.count)")
            }
            try request.platform.refuse(config.platform)
            return (layers, config)
        }
    }

    /// Its manifest and its config to the byte, as who made the image has them. Of an image of a registry the registry is
    /// asked, if need be; where it doesn't answer any more, what is kept counts.
    package func documents() throws -> (manifest: [UInt8], config: [UInt8]) {
        // A registry's answer may fail as it likes; of what is kept only the content may be of no use.
        let bytes = try (try? findOriginal()) ?? ifUsable { try layout.read(descriptor) }
        return (try bytes ?? JSON.encode(manifest), try layout.read(manifest.config))
    }

    private static func bases(_ directories: StackerDirectories, _ log: Log) throws -> Bases {
        var request = BuildRequest()
        request.recipes = []
        request.plainRegistryRemedy = "--skip-tls"
        let roots = try RootsDirectory(takingOver: directories.roots)
        return Bases(try Project(request, in: directories, log: log).context(of: request, by: .nobody, in: roots))
    }

    /// One layer of an image, whose blob is there.
    package struct Layer: Sendable {
        /// With the media type that its content has.
        package let descriptor: Descriptor
        /// What the config says that it is uncompressed.
        package let diffID: Digest
        /// Its content, of which nothing has been checked. See ``listLayer(_:_:diffID:options:_:)``.
        package let blob: OpenFile
    }

    /// Some of its layers, by their numbers from 0 at the bottom, in that order. Those of a registry that are not here are
    /// fetched.
    ///
    /// - Throws: also for a layer that ought to be where its image is, and is not.
    package func open(_ numbers: some Sequence<Int>) throws -> [Layer] {
        let numbers = Array(numbers)
        let wanted = numbers.map { layers[$0] }
        try source?.fetch(wanted, into: layout)
        return try attempt("couldn't use \(shown(name))") {
            let named = try layout.rightlyNamed(wanted)
            return try zip(numbers, named).map { number, layer in
                Layer(descriptor: layer, diffID: config.rootfs.diffIDs[number], blob: try layout.open(layer))
            }
        }
    }

    /// All of its layers, bottom first.
    package func open() throws -> [Layer] { try open(layers.indices) }
}
