import Layers
import OCI
import Recipes

/// An image in the making: what its base gave, the layers that are added, the settings of the recipe.
struct ImageDraft: Sendable {
    private(set) var layers: [Descriptor]
    private(set) var config: ImageConfig
    private(set) var annotations: [String: String]
    /// What else the base's manifest says.
    private var manifestMembers = OtherMembers()

    var hasOtherMembers: Bool { !manifestMembers.members.isEmpty }

    /// An image without layers.
    init(platform: Platform) {
        layers = []
        config = ImageConfig(platform: platform)
        annotations = [:]
    }

    /// Goes on from an existing image.
    init(_ image: Image) {
        layers = image.layers
        config = image.config.inherited(layers: image.layers.count)
        annotations = image.manifest.annotations ?? [:]
        manifestMembers = image.manifest.others
        // The new image is attached to nothing that the base was attached to.
        manifestMembers["subject"] = nil
    }

    /// Puts a layer on top.
    mutating func append(_ layer: EncodedLayer, createdBy: String, at created: String) {
        layers.append(layer.descriptor)
        config.rootfs.diffIDs.append(layer.diffID)
        config.history = (config.history ?? []) + [ImageConfig.History(created: created, createdBy: createdBy)]
    }

    /// Names another blob with the same content for a layer.
    mutating func replaceLayer(at place: Int, with descriptor: Descriptor, diffID: Digest) {
        layers[place] = descriptor
        config.rootfs.diffIDs[place] = diffID
    }

    /// Applies what the recipe says of how the image is run, and who made it when.
    mutating func apply(_ layer: LayerDefinition, _ identity: BuildIdentity) {
        var execution = config.config ?? ImageConfig.Execution()
        for (name, value) in layer.environment { execution.setVariable(name, value) }
        if !(execution.env ?? []).contains(where: { $0.hasPrefix("PATH=") }) {
            execution.setVariable("PATH", ImageConfig.Execution.standardPath)
        }
        if let entrypoint = layer.entrypoint {
            execution.entrypoint = entrypoint
            execution.cmd = nil
        }
        if let command = layer.command { execution.cmd = command }
        if let command = layer.fullCommand {
            execution.entrypoint = command
            execution.cmd = nil
        }
        for volume in layer.volumes {
            execution.volumes = (execution.volumes ?? [:]).merging([volume: .object([:])]) { old, _ in old }
        }
        if !layer.ports.isEmpty {
            var ports: [String: JSONValue] = [:]
            if case .object(let inherited)? = execution.others[Self.exposedPorts] { ports = inherited }
            for port in layer.ports where ports[port] == nil { ports[port] = .object([:]) }
            execution.others[Self.exposedPorts] = .object(ports)
        }
        if let signal = layer.stopSignal { execution.others["StopSignal"] = .string(signal) }
        execution.workingDir = layer.workingDirectory ?? execution.workingDir
        execution.user = layer.runtimeUser ?? execution.user
        config.config = execution
        add(labels: layer.labels.map { ($0, $1) })
        config.retarget(layer.platform)
        config.created = identity.created
        config.author = identity.author
        for (name, value) in layer.annotations { annotations[name] = value }
    }

    private static let exposedPorts = "ExposedPorts"

    /// Adds labels; one that is there already is replaced.
    mutating func add(labels: [(name: String, value: String)]) {
        guard !labels.isEmpty else { return }
        var execution = config.config ?? ImageConfig.Execution()
        execution.labels = (execution.labels ?? [:]).merging(labels.map { ($0, $1) }) { $1 }
        config.config = execution
    }

    /// Adds the history entry for the settings, and the annotations that say which recipe made the image.
    mutating func sign(_ identity: BuildIdentity, annotations more: [String: String]) {
        config.history =
            (config.history ?? []) + [
                ImageConfig.History(
                    created: identity.created, createdBy: "stacker build", author: identity.author, emptyLayer: true)
            ]
        annotations.merge(more) { $1 }
    }

    /// Writes config and manifest to a layout that holds the layers.
    ///
    /// - Returns: the image, and the descriptor of its manifest.
    func write(by writer: LayoutWriter) throws -> (image: Image, descriptor: Descriptor) {
        let manifest = manifest(config: try writer.put(JSON.encode(config), .config))
        return (Image(manifest, config), try writer.put(JSON.encode(manifest), .manifest))
    }

    /// The image as it is so far, which is in no layout.
    var image: Image {
        Image(manifest(config: .unwrittenConfig), config)
    }

    /// The manifest of a config that is written, or could be.
    func manifest(config: Descriptor) -> ImageManifest {
        var manifest = ImageManifest(
            config: config, layers: layers, annotations: annotations.isEmpty ? nil : annotations)
        manifest.others = manifestMembers
        return manifest
    }
}
