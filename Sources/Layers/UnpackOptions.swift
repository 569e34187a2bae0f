import Failure

/// How a layer is unpacked.
public struct UnpackOptions: Sendable {
    /// What becomes of whiteouts.
    public enum Whiteouts: Sendable {
        /// They become what overlayfs understands: a character device 0:0 in place of the name that is hidden, and
        /// `user.overlay.opaque` on an opaque directory.
        case overlay
        /// They are left out: beneath a tree that stands alone there is nothing to hide. The image spec has whiteouts
        /// act on lower layers only, never on the archive that they are in.
        case leaveOut
    }

    /// What becomes of whiteouts.
    public var whiteouts = Whiteouts.overlay
    /// Bounds on what a hostile archive can ask for.
    public var limits = UnpackLimits()
    /// Called every so often; what it throws ends the unpacking.
    public var checkpoint: @Sendable () throws -> Void = {}

    /// The defaults.
    public init() {}
}

/// Bounds on what an archive may hold. The defaults are far above any real layer.
public struct UnpackLimits: Sendable {
    /// Number of entries.
    public var entries = 8_000_000
    /// Bytes of the archive after decompression, or of the files in an image; `nil`: what the target's file system
    /// has free.
    public var bytes: Int64?
    /// Bytes of one name.
    public var nameLength = 16 << 10
    /// Bytes of the extended attributes of one entry, names included.
    public var attributes = 256 << 10

    /// The defaults.
    public init() {}
}

extension UnpackLimits {
    static func exceeded(bytes limit: Int64) -> Failure {
        Failure(
            "it unpacks to more than \(limit) bytes", help: "free space, or raise the limit if the archive is trusted")
    }
}

/// What unpacking did, and what it could not do.
public struct UnpackReport: Sendable {
    /// Entries in the archive.
    public var entries = 0
    /// Length of the uncompressed archive.
    public var bytes: Int64 = 0
    /// Device nodes that this user may not make, which were left out; the first few of them.
    public var leftOutDevices = LeftOut()
    /// Extended attributes that the file system or the user's rights do not allow, as `path: attribute`.
    public var leftOutAttributes = LeftOut()
    /// Whiteouts, opaque marks and aufs's own files that were left out.
    public var leftOutWhiteouts = LeftOut()

    /// What was left out of one kind.
    public struct LeftOut: Sendable {
        /// How many.
        public var count = 0
        /// The first five, as they can stand in a message.
        public var examples: [String] = []

        mutating func add(_ name: String) {
            count += 1
            if examples.count < 5 { examples.append(name) }
        }
    }
}
