import ArgumentParser
import Failure
import Layers
import Stacker

/// `stacker build`: recipes in, images out.
struct BuildCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Build the images of a stacker file.",
        discussion: "What has not changed since the last build is taken from the cache."
    )

    @Option(name: [.customShort("f"), .long], help: "The stacker file.")
    var stackerFile = "stacker.yaml"

    @Option(help: "Give a variable of the stacker file a value, as NAME=value. May be given several times.")
    var substitute: [String] = []

    @Option(help: "A YAML file of variables and values; --substitute wins over it.")
    var substituteFile: String?

    @Flag(help: "Build every layer, whatever the cache says.")
    var noCache = false

    @Flag(help: "Refuse imports over http that have no hash.")
    var requireHash = false

    @Option(help: "The type of layer to write. May be given several times.")
    var layerType: [LayerType] = []

    @Option(help: "How tar layers are compressed: gzip, zstd or none.")
    var compression: CompressionName = .gzip

    @Option(help: "How hard to compress: 1 to 12 for gzip, 1 to 19 for zstd.")
    var compressionLevel: Int?

    @Option(help: "What the names of stacker's own annotations begin with.")
    var annotationsNamespace = "io.stackeroci"

    func run(in surroundings: Surroundings) throws {
        var request = BuildRequest()
        request.recipes = [stackerFile]
        request.substitutions = substitute
        request.substituteFile = substituteFile
        request.ignoresCache = noCache
        request.requiresHashes = requireHash
        if !layerType.isEmpty { request.layerTypes = layerType }
        request.compression = try compression.compression(level: compressionLevel)
        request.annotationsNamespace = annotationsNamespace

        // Without anything to build there is no need for a namespace; what is found out on the way to the first layer
        // that must be built is found out, and said, again inside.
        if !surroundings.isInsideNamespace { surroundings.log.hold() }
        let build = try Build(request, in: surroundings.directories, log: surroundings.log)
        if try build.run(mayBuild: surroundings.isInsideNamespace) {
            surroundings.log.release()
        } else {
            try Namespace.enter(["--internal-userns"] + surroundings.arguments)
        }
    }
}

extension LayerType: ExpressibleByArgument {}

/// The compressions by name.
enum CompressionName: String, ExpressibleByArgument, CaseIterable {
    case gzip, zstd, none

    func compression(level: Int?) throws -> Compression {
        func checked(_ bounds: ClosedRange<Int>, _ standard: Int) throws -> Int {
            guard let level else { return standard }
            guard bounds.contains(level) else {
                throw Failure("--compression-level \(level) is not between \(bounds.lowerBound) and \(bounds.upperBound)")
            }
            return level
        }
        switch self {
        case .gzip: return .gzip(level: try checked(1...12, 6))
        case .zstd: return .zstd(level: try checked(1...19, 3))
        case .none: return .none
        }
    }
}
