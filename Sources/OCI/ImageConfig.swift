/// What an image is made of and how it is run.
///
/// [image-spec, config.md](https://github.com/opencontainers/image-spec/blob/main/config.md)
package struct ImageConfig: Sendable, Equatable {
    /// When the image was made, RFC 3339.
    package var created: String?
    /// Who made it.
    package var author: String?
    /// For which machine the image is: `os`, `architecture`, `variant`. Each may be empty.
    package var platform: Platform
    /// How a container is started from the image.
    package var config: Execution?
    /// The uncompressed layers.
    package var rootfs: RootFS
    /// How each layer, and each change of the config, came about.
    package var history: [History]?
    /// `os.version`, and what else there may be.
    package var others = OtherMembers()

    /// An image without layers.
    package init(platform: Platform) {
        self.platform = platform
        rootfs = RootFS()
    }

    /// The `config` member: defaults for a container.
    package struct Execution: Sendable, Equatable {
        /// User, or user and group, by name or number.
        package var user: String?
        /// Variables as `NAME=value`, in order.
        package var env: [String]?
        /// The program and its first arguments.
        package var entrypoint: [String]?
        /// Further arguments, or the command if there is no entrypoint.
        package var cmd: [String]?
        /// Where data is to be kept outside the image; what belongs to each is an empty object.
        package var volumes: [String: JSONValue]?
        /// The working directory.
        package var workingDir: String?
        /// Free-form labels.
        package var labels: [String: String]?
        /// `ExposedPorts`, `StopSignal`, and what Docker has beside the specification: `Healthcheck`, `Shell`, `OnBuild`…
        package var others = OtherMembers()

        /// Nothing set.
        package init() {}
    }

    /// The `rootfs` member.
    package struct RootFS: Sendable, Equatable {
        /// Always `layers`.
        package var type = "layers"
        /// Digest of each uncompressed layer, bottom first; of a squashfs or erofs layer, of its blob.
        package var diffIDs: [Digest] = []
        /// Anything.
        package var others = OtherMembers()

        /// No layers.
        package init() {}
    }

    /// One step in the making of the image.
    package struct History: Sendable, Equatable {
        /// When, RFC 3339.
        package var created: String?
        /// By which command.
        package var createdBy: String?
        /// By whom.
        package var author: String?
        /// Whether the step made no layer.
        package var emptyLayer: Bool?
        /// `comment`, and what else there may be.
        package var others = OtherMembers()

        /// Makes a step of its parts.
        package init(created: String?, createdBy: String, author: String? = nil, emptyLayer: Bool? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.emptyLayer = emptyLayer
        }
    }
}

extension ImageConfig.Execution {
    /// The `PATH` of an image whose base has none.
    package static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// Sets a variable: in place where it stands already, otherwise at the end.
    package mutating func setVariable(_ name: String, _ value: String) {
        var variables = env ?? []
        let entry = "\(name)=\(value)"
        if let place = variables.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
            variables[place] = entry
        } else {
            variables.append(entry)
        }
        env = variables
    }
}
