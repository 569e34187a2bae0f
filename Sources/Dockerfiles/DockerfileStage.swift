import OCI
import OrderedCollections
import SystemPackage

/// A stage of a Dockerfile while it is converted: what its instructions have set so far.
struct DockerfileStage {
    /// What a variable of the stage is.
    enum Meaning {
        /// An ARG: scripts have it, the image doesn't.
        case argument(ConvertedText)
        case environment(ConvertedText)

        var text: ConvertedText {
            switch self {
            case .argument(let text), .environment(let text): text
            }
        }

        var isEnvironment: Bool {
            if case .environment = self { true } else { false }
        }
    }

    /// The name of the last layer of its chain.
    let name: ConvertedText
    /// The name that other instructions call it by, in small letters.
    let alias: String?
    /// The layer that instructions add to.
    var layer: ConvertedLayer
    /// How many layers of its chain are complete.
    var chainLength = 0

    /// The line of its FROM.
    let line: Int
    /// Whether it is built on the machine itself, whatever is built for: FROM --platform=$BUILDPLATFORM.
    var isOnMachine = false
    /// Whether it has a variable with the platform that is built for, or a base that is named by one.
    var knowsPlatform = false
    /// The number of the stage that it is built on, if it is on one.
    var below: Int?
    /// The numbers of stages that it copies from.
    var sources: [Int] = []
    /// Its layers among all, once it is complete.
    var layerRange: Range<Int> = 0..<0

    var variables: OrderedDictionary<String, Meaning> = [:]
    /// Where RUN and relative paths are.
    var directory = ConvertedText("/")
    /// Whether WORKDIR was given, here or in a stage below.
    var hasDirectory = false
    var user: ConvertedText?
    var shell = Self.standardShell
    /// Whether the image has a shell as far as is known.
    var hasShell = true
    /// Whether there is a base image whose config could not be looked at.
    var hasUnknownBase = true
    /// Whether it was said what is assumed of that.
    var hasNotedAssumptions = false
    /// Directories that are known to be there.
    var knownDirectories = Self.usualDirectories
    /// Destinations of imports, in all layers of the chain.
    var destinations: [ConvertedText] = []
    /// Working directories that only an import could make.
    var unmadeDirectories: [(line: Int, path: ConvertedText)] = []

    var entrypoint: [ConvertedText]?
    var command: [ConvertedText]?
    var labels: [(name: ConvertedText, value: ConvertedText)] = []
    var volumes: [ConvertedText] = []
    var ports: [ConvertedText] = []
    var stopSignal: ConvertedText?
    /// The volumes of which it was said that what commands write there is lost.
    var volumesWithLosses: Set<String> = []
    /// What MAINTAINER says.
    var authors: ConvertedText?

    static let standardShell = ["/bin/sh", "-c"]

    /// A file that is copied to one of these, without a "/" behind it, goes into it.
    private static let usualDirectories: Set = [
        "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/root", "/run", "/sbin",
        "/srv", "/tmp", "/usr", "/usr/bin", "/usr/include", "/usr/lib", "/usr/local", "/usr/local/bin",
        "/usr/local/etc", "/usr/local/lib", "/usr/local/sbin", "/usr/local/share", "/usr/sbin", "/usr/share", "/var",
        "/var/cache", "/var/lib", "/var/log", "/var/tmp",
    ]

    init(name: ConvertedText, alias: String?, line: Int, layer: ConvertedLayer) {
        self.name = name
        self.line = line
        self.alias = alias
        self.layer = layer
    }

    /// Takes over what an image hands on to those that are built on it.
    mutating func inherit(_ below: DockerfileStage) {
        isOnMachine = below.isOnMachine
        variables = below.variables.filter { $0.value.isEnvironment }
        (directory, user, shell) = (below.directory, below.user, below.shell)
        (hasShell, hasUnknownBase) = (below.hasShell, below.hasUnknownBase)
        hasNotedAssumptions = below.hasNotedAssumptions
        knownDirectories = below.knownDirectories
        // They are no part of the image, where their directories may not be.
        layer.binds = below.layer.binds
        volumesWithLosses = below.volumesWithLosses
        beginInDirectory()
    }

    /// Takes over what a base image hands on.
    mutating func begin(on config: ImageConfig) {
        hasUnknownBase = false
        for entry in config.config?.env ?? [] {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 { variables[parts[0]] = .environment(ConvertedText(parts[1])) }
        }
        if let name = config.config?.user, !name.isEmpty { user = ConvertedText(name) }
        if let path = config.config?.workingDir, path.hasPrefix("/") {
            directory = ConvertedText(path)
            knownDirectories.insert(path)
        }
        beginInDirectory()
    }

    private mutating func beginInDirectory() {
        if directory != ConvertedText("/") { layer.steps = [.state("cd " + directory.shellWord)] }
    }

    mutating func setLabel(_ name: ConvertedText, _ value: ConvertedText) {
        if let place = labels.firstIndex(where: { $0.name == name }) {
            labels[place].value = value
        } else {
            labels.append((name, value))
        }
    }

    /// Gives the settings of the image to the last layer.
    mutating func applyConfig() {
        layer.entrypoint = entrypoint
        layer.command = command
        layer.labels = labels
        layer.authors = authors
        layer.volumes = volumes
        layer.ports = ports
        layer.stopSignal = stopSignal
        layer.user = user
        if hasDirectory { layer.workingDirectory = directory }
    }

    /// Whether something is imported to this place, or below it.
    func importsMake(_ path: ConvertedText, _ table: SubstitutionTable) -> Bool {
        let path = table.value(of: path)
        return destinations.contains { destination in
            let destination = table.value(of: destination)
            return destination == path || destination.hasPrefix("\(path)/")
        }
    }
}
