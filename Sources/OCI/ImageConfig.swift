/// What an image is made of and how it is run.
///
/// [image-spec, config.md](https://github.com/opencontainers/image-spec/blob/main/config.md)
public struct ImageConfig: Sendable, Equatable, Codable {
    /// When the image was made, RFC 3339.
    public var created: String?
    /// Who made it.
    public var author: String?
    /// Go's name of the processor: `amd64`.
    public var architecture: String
    /// Go's name of the operating system: `linux`.
    public var os: String
    /// Variant of the processor: `v7`.
    public var variant: String?
    /// For Windows.
    public var osVersion: String?
    /// For Windows.
    public var osFeatures: [String]?
    /// How a container is started from the image.
    public var config: Execution?
    /// The uncompressed layers.
    public var rootfs: RootFS
    /// How each layer, and each change of the config, came about.
    public var history: [History]?

    /// An image without layers.
    public init(platform: Platform) {
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        rootfs = RootFS()
    }

    enum CodingKeys: String, CodingKey {
        case created, author, architecture, os, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
        case config, rootfs, history
    }

    /// The `config` member: defaults for a container.
    public struct Execution: Sendable, Equatable, Codable {
        /// User, or user and group, by name or number.
        public var user: String?
        /// Ports as `80/tcp`.
        public var exposedPorts: [String: Empty]?
        /// Variables as `NAME=value`, in order.
        public var env: [String]?
        /// The program and its first arguments.
        public var entrypoint: [String]?
        /// Further arguments, or the command if there is no entrypoint.
        public var cmd: [String]?
        /// Where data is to be kept outside the image.
        public var volumes: [String: Empty]?
        /// The working directory.
        public var workingDir: String?
        /// Free-form labels.
        public var labels: [String: String]?
        /// The signal that ends a container.
        public var stopSignal: String?

        /// Nothing set.
        public init() {}

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }
    }

    /// JSON's `{}`: a member of a set that the spec writes as an object.
    public struct Empty: Sendable, Equatable, Codable {
        /// The one value.
        public init() {}
    }

    /// The `rootfs` member.
    public struct RootFS: Sendable, Equatable, Codable {
        /// Always `layers`.
        public var type = "layers"
        /// Digest of each uncompressed layer, bottom first; of a squashfs or erofs layer, of its blob.
        @NullAsEmpty public var diffIDs: [Digest] = []

        /// No layers.
        public init() {}

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }

    /// One step in the making of the image.
    public struct History: Sendable, Equatable, Codable {
        /// When, RFC 3339.
        public var created: String?
        /// By which command.
        public var createdBy: String?
        /// By whom.
        public var author: String?
        /// Anything.
        public var comment: String?
        /// Whether the step made no layer.
        public var emptyLayer: Bool?

        /// Makes a step of its parts.
        public init(created: String?, createdBy: String, author: String? = nil, emptyLayer: Bool? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.emptyLayer = emptyLayer
        }

        enum CodingKeys: String, CodingKey {
            case created, author, comment
            case createdBy = "created_by"
            case emptyLayer = "empty_layer"
        }
    }
}
