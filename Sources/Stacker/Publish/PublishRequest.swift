import Failure
import OrderedCollections
public import Registry
public import SystemPackage

/// What `stacker publish` was asked to do.
public struct PublishRequest: Sendable {
    /// The recipes whose images are meant, as the user named them.
    public var recipes: [String] = ["stacker.yaml"]
    /// Substitutions, each `NAME=value`. A variable without one gets a dummy value.
    public var substitutions: [String] = []
    /// A YAML file with more of them; those above win.
    public var substituteFile: String?
    /// Where to.
    public var target: PublishTarget
    /// The tags that each image gets there, each once.
    public let tags: [String]
    /// The names of the images that are meant; empty: all.
    public var images: [String] = []
    /// The types of images that are meant. Each counts once.
    public var layerTypes: [LayerType] = [.tar] {
        didSet { layerTypes = layerTypes.unique }
    }
    /// User name and password for the registry, in place of those that a login has kept.
    public var credentials: WebCredentials?
    /// Whether the registry may be spoken to without verified TLS.
    public var isInsecure = false
    /// Only say what would be published.
    public var showsOnly = false
    /// Publish what is there, also if the cache says that it is not what the recipe says.
    public var isForced = false

    /// A request with what it can't do without.
    public init(to target: PublishTarget, tags: [String]) {
        self.target = target
        self.tags = Array(OrderedSet(tags))
    }

    /// The build that makes the images, as far as publishing knows it.
    var build: BuildRequest {
        var build = BuildRequest()
        build.recipes = recipes
        build.substitutions = substitutions
        build.substituteFile = substituteFile
        build.layerTypes = layerTypes
        return build
    }
}

/// Where images are published.
public enum PublishTarget: Sendable {
    /// A registry, or a path in one: what follows `docker://`.
    case registry(String)
    /// An OCI layout, at an absolute path, and how the user named it.
    case layout(FilePath, name: String)

    /// Reads `docker://registry` or `oci:directory`.
    ///
    /// - Parameter workingDirectory: what a directory is relative to.
    public init(_ url: String, workingDirectory: FilePath) throws {
        if url.hasPrefix("docker://"), url.utf8.count > 9 {
            var path = url.dropFirst(9)
            while path.hasSuffix("/") { path = path.dropLast() }
            self = .registry(String(path))
        } else if url.hasPrefix("oci:"), url.utf8.count > 4 {
            let name = String(url.dropFirst(4))
            self = .layout(workingDirectory.pushing(FilePath(name)).lexicallyNormalized(), name: name)
        } else {
            throw Failure(
                "can't publish to \(quoted(WebAddress.withoutCredentials(url)))",
                help: "write --url docker://registry or --url oci:directory")
        }
    }

    /// The place of an image there.
    func destination(image: String, tag: String) throws -> PublishDestination {
        switch self {
        case .registry(let path):
            .registry(try ImageReference("\(path)/\(image):\(tag)"), name: "\(path)/\(image):\(tag)")
        case .layout(let path, let name): .layout(path, tag: "\(image)_\(tag)", name: name)
        }
    }
}

/// Where one image gets one tag.
enum PublishDestination: Sendable, CustomStringConvertible {
    case registry(ImageReference, name: String)
    case layout(FilePath, tag: String, name: String)

    /// As a URL.
    var description: String {
        switch self {
        case .registry(_, let name): "docker://\(name)"
        case .layout(_, let tag, let name): "oci:\(name):\(tag)"
        }
    }
}
