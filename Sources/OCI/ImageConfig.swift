/// What an image is made of and how it is run.
///
/// [image-spec, config.md](https://github.com/opencontainers/image-spec/blob/main/config.md)
public struct ImageConfig: Sendable, Equatable {
    /// When the image was made, RFC 3339.
    public var created: String?
    /// Who made it.
    public var author: String?
    /// For which machine the image is: `os`, `architecture`, `variant`. Each may be empty.
    public var platform: Platform
    /// How a container is started from the image.
    public var config: Execution?
    /// The uncompressed layers.
    public var rootfs: RootFS
    /// How each layer, and each change of the config, came about.
    public var history: [History]?
    /// `os.version`, and what else there may be.
    public var others = OtherMembers()

    /// An image without layers.
    public init(platform: Platform) {
        self.platform = platform
        rootfs = RootFS()
    }

    /// The `config` member: defaults for a container.
    public struct Execution: Sendable, Equatable {
        /// User, or user and group, by name or number.
        public var user: String?
        /// Variables as `NAME=value`, in order.
        public var env: [String]?
        /// The program and its first arguments.
        public var entrypoint: [String]?
        /// Further arguments, or the command if there is no entrypoint.
        public var cmd: [String]?
        /// Where data is to be kept outside the image; what belongs to each is an empty object.
        public var volumes: [String: JSONValue]?
        /// The working directory.
        public var workingDir: String?
        /// Free-form labels.
        public var labels: [String: String]?
        /// `ExposedPorts`, `StopSignal`, and what Docker has beside the specification: `Healthcheck`, `Shell`, `OnBuild`…
        public var others = OtherMembers()

        /// Nothing set.
        public init() {}
    }

    /// The `rootfs` member.
    public struct RootFS: Sendable, Equatable {
        /// Always `layers`.
        public var type = "layers"
        /// Digest of each uncompressed layer, bottom first; of a squashfs or erofs layer, of its blob.
        public var diffIDs: [Digest] = []
        /// Anything.
        public var others = OtherMembers()

        /// No layers.
        public init() {}
    }

    /// One step in the making of the image.
    public struct History: Sendable, Equatable {
        /// When, RFC 3339.
        public var created: String?
        /// By which command.
        public var createdBy: String?
        /// By whom.
        public var author: String?
        /// Whether the step made no layer.
        public var emptyLayer: Bool?
        /// `comment`, and what else there may be.
        public var others = OtherMembers()

        /// Makes a step of its parts.
        public init(created: String?, createdBy: String, author: String? = nil, emptyLayer: Bool? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.emptyLayer = emptyLayer
        }
    }
}
