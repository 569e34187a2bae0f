import Failure
import OCI
import OrderedCollections
import RecipeText
import SystemPackage
import Web

/// The keys that a layer may have.
package enum LayerKey: String, Sendable, CaseIterable {
    case from, imports
    case legacyImport = "import"
    case overlayDirectories = "overlay_dirs"
    case run
    case shell
    case command = "cmd"
    case entrypoint
    case fullCommand = "full_command"
    case buildEnvironment = "build_env"
    case buildEnvironmentPassthrough = "build_env_passthrough"
    case environment, volumes, labels
    case generateLabels = "generate_labels"
    case workingDirectory = "working_dir"
    case runtimeUser = "runtime_user"
    case annotations
    case ports
    case stopSignal = "stop_signal"
    case buildOnly = "build_only"
    case binds
    case cacheDirectories = "cache_dirs"
    case serial
    case os
    case architecture = "arch"
    case platforms
    case buildPlatform = "build_platform"
}

/// One layer of a recipe: every key checked, nothing looked up yet.
///
/// `nil` and empty collections are keys that are absent or have no value.
package struct LayerDefinition: Sendable {
    /// What the layer is called in the recipe: the tag that its image gets. One path component, without ":".
    package let tag: String
    /// What it is called where each layer of a build has a name of its own: ``tag``, for another platform than this
    /// machine's with that behind it. See ``PlatformLayerName``.
    package internal(set) var name: String
    /// Where the layer's name stands.
    package let position: SourcePosition
    /// Where each key that the layer has stands.
    package internal(set) var positions: [LayerKey: SourcePosition] = [:]

    /// What the layer is built on, as written; ``base()`` is what it means.
    package internal(set) var from: From?
    /// Files to bring in, in file order.
    package internal(set) var imports: [Import] = []
    /// Whether ``imports`` was written with the deprecated key `import`: they appear in /stacker, not /stacker/imports.
    package internal(set) var usesLegacyImport = false
    /// Host directories that become layers between the base and `run`.
    package internal(set) var overlayDirectories: [OverlayDirectory] = []
    /// What is run in the container.
    package internal(set) var run: Script?
    /// What runs scripts that don't name their own interpreter; at least one word.
    package internal(set) var shell = Script.standardShell
    /// The image's Cmd.
    package internal(set) var command: [String]?
    /// The image's Entrypoint.
    package internal(set) var entrypoint: [String]?
    /// The image's Entrypoint, and no Cmd.
    package internal(set) var fullCommand: [String]?
    /// Environment of `run` only. Empty values have been dropped.
    package internal(set) var buildEnvironment: OrderedDictionary<String, String> = [:]
    /// Regular expressions; a variable of stacker's own environment that one of them matches as a whole reaches `run`.
    /// `nil`: the default ones.
    package internal(set) var buildEnvironmentPassthrough: [String]?
    /// Environment of the image, in file order.
    package internal(set) var environment: OrderedDictionary<String, String> = [:]
    /// The image's volumes.
    package internal(set) var volumes: [String] = []
    /// The image's labels.
    package internal(set) var labels: OrderedDictionary<String, String> = [:]
    /// What is run to make further labels.
    package internal(set) var generateLabels: Script?
    /// The image's working directory.
    package internal(set) var workingDirectory: String?
    /// The image's user.
    package internal(set) var runtimeUser: String?
    /// The ports on which the image serves, each once, as image-spec writes them: `80/tcp`.
    package internal(set) var ports: [String] = []
    /// The signal that ends a container of the image: `SIGINT`, or a number.
    package internal(set) var stopSignal: String?
    /// Annotations of the image's manifest.
    package internal(set) var annotations: OrderedDictionary<String, String> = [:]
    /// Whether the layer is only there for others to build on, and is no image.
    package internal(set) var isBuildOnly = false
    /// What `run` sees that is not of the layer.
    package internal(set) var binds: [Bind] = []
    /// What of the container scripts find again in the next build.
    package internal(set) var cacheDirectories: [CacheDirectory] = []
    /// Whether no other layer is built at the same time: what its scripts do is seen elsewhere, and nothing of the recipe
    /// says so.
    package internal(set) var isSerial = false
    /// The operating system, in Go's names.
    package internal(set) var os: String?
    /// The architecture, in Go's names.
    package internal(set) var architecture: String?
    /// The platforms for which the recipe wants the layer, each once; `nil` if it doesn't say.
    package internal(set) var platforms: [Platform]?
    /// Whether a build_only layer is built for the machine that builds, and how often.
    package internal(set) var buildPlatform: BuildPlatform?
    /// The platform that was asked for, in the recipe or on the command line; `nil` if nobody did.
    package internal(set) var asked: AskedPlatform?
    /// What layers that this one needs are called, by what the recipe calls them; where it isn't said, that.
    var namesOfOthers: [String: String] = [:]

    /// A layer of which nothing is said but its name.
    package init(name: String, position: SourcePosition) {
        (self.name, tag) = (name, name)
        self.position = position
    }

    /// Whether scripts see files of this machine, of which nobody knows what they read there.
    package var bindsHost: Bool {
        binds.contains { if case .host = $0.source { true } else { false } }
    }

    /// Where `key` stands; if the layer lacks it, where the layer does.
    package func position(of key: LayerKey) -> SourcePosition {
        positions[key] ?? position
    }
}

/// How a layer is built that is there for the build itself, as compilers are: by the machine's own processor.
package enum BuildPlatform: String, Sendable, CaseIterable {
    /// Once, for images of all platforms.
    case once = "true"
    /// Once for each platform of the images that need it.
    case each
}

/// The platform of a layer that somebody asked for.
package struct AskedPlatform: Sendable, Hashable {
    /// The platform of its base and of what it becomes.
    package let platform: Platform
    /// The platform of the images that need it.
    package let target: Platform
}

/// One entry of `imports`.
package struct Import: Sendable, Equatable {
    /// Where a file comes from.
    package enum Source: Sendable, Hashable {
        /// A file or directory on this machine, absolute.
        case local(FilePath)
        /// A file of an http or https server.
        case http(WebAddress)
        /// A file or directory in another layer. The path is absolute within that layer.
        case layer(name: String, path: FilePath)
        /// A file or directory in an image that is none of the recipe's. The path is absolute within that image.
        case image(ImageSource, path: FilePath)
    }

    /// The source as written, but for the credentials of a URL.
    package let path: String
    /// Where it stands.
    package let position: SourcePosition
    /// The source.
    package internal(set) var source: Source
    /// Whether the source was written with a "/" at its end: its contents are meant, not the directory.
    package var meansContents: Bool {
        if case .http = source { return false }
        return path.hasSuffix("/")
    }
    /// The digest that the file must have.
    package internal(set) var hash: Digest?
    /// Where in the image the file goes, absolute; `nil`: to /stacker/imports only.
    package internal(set) var destination: String?
    /// Permission bits, in place of the file's own.
    package internal(set) var mode: UInt32?
    /// Owner, in place of the file's own.
    package internal(set) var uid: UInt32?
    /// Group, in place of the file's own.
    package internal(set) var gid: UInt32?
}

/// One entry of `overlay_dirs`.
package struct OverlayDirectory: Sendable, Equatable {
    /// The source as written.
    package let path: String
    /// Where it stands.
    package let position: SourcePosition
    /// The directory on this machine, absolute.
    package let source: FilePath
    /// Where in the image its contents go, absolute.
    package let destination: String
}

/// One entry of `cache_dirs`: a directory that scripts find as the last build has left it.
package struct CacheDirectory: Sendable, Equatable {
    /// Where it stands.
    package let position: SourcePosition
    /// The path in the container, absolute, without `.` and `..`.
    package let path: FilePath
    /// Permission bits; `nil`: those of the directory of the image that it hides.
    package internal(set) var mode: UInt32?
    /// Owner; `nil`: that of the directory of the image that it hides.
    package internal(set) var uid: UInt32?
    /// Group; `nil`: that of the directory of the image that it hides.
    package internal(set) var gid: UInt32?
}

/// One entry of `binds`.
package struct Bind: Sendable, Equatable {
    /// What is seen.
    package enum Source: Sendable, Hashable {
        /// A file or directory of this machine, at an absolute path.
        case host(FilePath)
        /// A directory of the script's own, by its name: it is empty when the script begins, and gone after it.
        case volume(String)
    }

    /// The source as written.
    package let path: String
    /// Where it stands.
    package let position: SourcePosition
    /// What is seen.
    package let source: Source
    /// The path in the container, absolute.
    package let destination: String
}

extension LayerDefinition {
    /// The platform that the layer's image is for; what the recipe leaves open is this machine's.
    package var platform: Platform {
        asked?.platform ?? Platform(os: os ?? "linux", architecture: architecture ?? Platform.hostArchitecture)
    }

    /// What the variables of the recipe and of the scripts tell of: the platform of the images that need the layer.
    package var target: Platform { asked?.target ?? platform }

    /// The name of another layer that stands in the recipe, as far as this layer is concerned.
    func name(of other: String) -> String { namesOfOthers[other] ?? other }

    /// Adds to what fails about the layer's base where the recipe names it.
    package func sayingWhereBaseIs<Result>(_ body: () throws -> Result) throws -> Result {
        try attempt("\(position(of: .from)): couldn't use the base of layer \(name)") { try body() }
    }
}
