import Failure
import Layers
import OCI
import OrderedCollections
import Registry
import SystemPackage
import Web

/// What `stacker publish` was asked to do.
package struct PublishRequest: Sendable {
    /// The recipes whose images are meant, as the user named them.
    package var recipes: [String] = ["stacker.yaml"]
    /// Substitutions, each `NAME=value`. A variable without one gets a dummy value.
    package var substitutions: [String] = []
    /// A YAML file with more of them; those above win.
    package var substituteFile: String?
    /// Where to.
    package var target: PublishTarget
    /// The tags that each image gets there, each once.
    package let tags: [String]
    /// The platforms that the images were built for; none leaves it to the recipes.
    package var platforms: [Platform] = []
    /// The names of the images that are meant; empty: all.
    package var images: [String] = []
    /// The types of images that are meant. Each counts once.
    package var layerTypes: [LayerType] = [.tar] {
        didSet { layerTypes = layerTypes.unique }
    }
    /// User name and password for the registry, in place of those that a login has kept.
    package var credentials: WebCredentials?
    /// Whether the registry may be spoken to without verified TLS.
    package var isInsecure = false
    /// Whether images go into the indexes that have their tags already, in place of those for the same platforms.
    package var updatesIndex = false
    /// Repositories of registries from which images are taken that were not built here: `docker://registry/name`. Registries
    /// need not send what they can give from one repository to another.
    package var cacheFrom: [String] = []
    /// How they were built, as far as their keys there depend on it.
    package var building = BuildRequest()
    /// Only say what would be published.
    package var showsOnly = false
    /// Publish what is there, also if the cache says that it is not what the recipe says.
    package var isForced = false

    /// A request with what it can't do without.
    package init(to target: PublishTarget, tags: [String]) {
        self.target = target
        self.tags = Array(OrderedSet(tags))
    }

    /// The build that makes the images, as far as publishing knows it.
    var build: BuildRequest {
        var build = building
        build.cacheFrom = cacheFrom
        build.recipes = recipes
        build.substitutions = substitutions
        build.substituteFile = substituteFile
        build.layerTypes = layerTypes
        build.platforms = platforms
        return build
    }
}

/// Where images are published.
package enum PublishTarget: Sendable {
    /// A registry, or a path in one: what follows `docker://`.
    case registry(String)
    /// An OCI layout, at an absolute path, and how the user named it.
    case layout(FilePath, name: String)

    /// Reads `docker://registry` or `oci:directory`.
    ///
    /// - Parameter workingDirectory: what a directory is relative to.
    package init(_ url: String, workingDirectory: FilePath) throws {
        if url.hasPrefix("docker://"), url.utf8.count > 9 {
            var path = url.dropFirst(9)
            while path.hasSuffix("/") { path = path.dropLast() }
            if let slash = path.lastIndex(of: "/"), path[slash...].contains(":") {
                throw Failure(
                    "can't publish to \(quoted(WebAddress.withoutCredentials(url))): what follows its last \":\" is a tag",
                    help: "give tags with --tag alone: --url docker://registry/path --tag TAG")
            }
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
