import FileTree
import Glibc
import SystemPackage

/// Whether a layer gets an entry for the root of the tree itself.
///
/// umoci (and with it the original stacker) always writes one, buildah and Docker never do. Those that unpack it set
/// the root directory's owner, mode and times from it, so one that says nothing new can only do harm: its mtime
/// changes with every build. The default writes it only where the root's metadata were changed.
package enum RootEntry: Sendable, Hashable {
    /// Never.
    case never
    /// Always, also in a layer that is empty otherwise.
    case always
    /// If permissions or owner differ from these, or if it has extended attributes that a layer carries.
    case ifDifferent(permissions: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0)

    /// The rule in words, for what is remembered under it.
    package var record: String {
        switch self {
        case .never: "never"
        case .always: "always"
        case .ifDifferent(let permissions, let uid, let gid):
            "ifDifferent(permissions: \(permissions), uid: \(uid), gid: \(gid))"
        }
    }
}

/// What is encoded, and how.
package struct EncodeOptions: Sendable {
    /// Later modification times become this one: `SOURCE_DATE_EPOCH`.
    package var latestTime: Timestamp?
    /// Keeps the fractions of modification times, which costs a pax header for nearly every entry. Otherwise times are
    /// rounded down to seconds, as other builders do.
    package var keepsSubseconds = false
    /// Whether the root of the tree gets an entry.
    package var root = RootEntry.ifDifferent()
    /// How many threads compress at most. The bytes written do not depend on it.
    package var workers = Processors.all.count
    /// What all layers share that are encoded or unpacked at a time.
    package var processors = Processors.all
    /// Called with a sentence about each file that a layer cannot hold and that is left out: sockets.
    package var warn: @Sendable (String) -> Void = { _ in }
    /// Called with the number of bytes of files' contents that were read since the last call.
    package var advanced: @Sendable (Int) -> Void = { _ in }
    /// Called every so often; what it throws ends the encoding.
    package var checkpoint: @Sendable () throws -> Void = {}

    /// The defaults.
    package init() {}
}
