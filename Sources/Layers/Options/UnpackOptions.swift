import Failure
import FileTree
import Glibc
import SystemPackage

/// How a layer is unpacked.
package struct UnpackOptions: Sendable {
    /// What becomes of whiteouts.
    package enum Whiteouts: Sendable {
        /// They become what overlayfs understands: a character device 0:0 in place of the name that is hidden, and
        /// `user.overlay.opaque` on an opaque directory.
        case overlay
        /// They are left out: beneath a tree that stands alone there is nothing to hide. The image spec has whiteouts
        /// act on lower layers only, never on the archive that they are in.
        case leaveOut
    }

    /// What becomes of whiteouts.
    package var whiteouts = Whiteouts.overlay
    /// Bounds on what a hostile archive can ask for.
    package var limits = UnpackLimits()
    /// What all layers share that are encoded or unpacked at a time.
    package var processors = Processors.all
    /// What is done about a file that should get more names than its file system allows.
    package var hardLinkOverflow = HardLinkOverflow.split
    /// Gives a file a further name: link(2). Tests put a limit here that their file system has not.
    var link: @Sendable (_ file: FileName, _ holder: Directory, _ name: FileName, _ parent: Directory) throws -> Void =
        {
            file, holder, name, parent in
            _ = try file.withCString { file in
                try name.withCString { try checked(linkat(holder.file.number, file, parent.file.number, $0, 0)) }
            }
        }
    /// Called with the number of bytes of the blob that were taken in since the last call; not for images of file systems.
    package var advanced: @Sendable (Int) -> Void = { _ in }
    /// Called every so often; what it throws ends the unpacking.
    package var checkpoint: @Sendable () throws -> Void = {}

    /// The defaults.
    package init() {}

    /// For an archive that is a whole tree, and not a change of others.
    package static var treeThatStandsAlone: UnpackOptions {
        var options = UnpackOptions()
        options.whiteouts = .leaveOut
        return options
    }
}

/// Bounds on what an archive may hold. The defaults are far above any real layer.
package struct UnpackLimits: Sendable {
    /// Number of entries.
    package var entries = 8_000_000
    /// Bytes of the archive after decompression, and of the files in it, holes included; `nil`: what the target's file
    /// system has free.
    package var bytes: Int64?
    /// Bytes of one name.
    package var nameLength = 16 << 10
    /// Bytes of the extended attributes of one entry, names included.
    package var attributes = 256 << 10
    /// Bytes of a tar that can come before an entry's content: its header, extended headers, the map of a sparse file.
    /// Memory of several times that many goes into reading them.
    package var header = 8 << 20
    /// Bytes of the paths of directories that an archive has no entry for.
    package var implied = 64 << 20
    /// Bytes of names and attributes that have to be kept until the last entry: those of directories, and in a squashfs
    /// the names of files that have several.
    package var kept = 512 << 20

    /// The defaults.
    package init() {}
}

extension UnpackLimits {
    static func exceeded(entries limit: Int) -> Failure { Failure("it has more than \(limit) entries") }

    static func exceeded(bytes limit: Int64) -> Failure {
        Failure("it unpacks to more than \(limit) bytes", because: Errno.noSpace)
    }

    static func exceeded(kept limit: Int) -> Failure {
        Failure("the names and attributes of its directories are larger than \(limit) bytes")
    }
}

/// What unpacking did, and what it could not do.
package struct UnpackReport: Sendable {
    /// Entries in the archive.
    package var entries = 0
    /// Length of the uncompressed archive.
    package var bytes: Int64 = 0
    /// Device nodes that this user may not make, which were left out; the first few of them.
    package var leftOutDevices = LeftOut()
    /// Extended attributes that the file system or the user's rights do not allow, as `path: attribute`.
    package var leftOutAttributes = LeftOut()
    /// Whiteouts, opaque marks and aufs's own files that were left out.
    package var leftOutWhiteouts = LeftOut()

    /// Files that have more names than their file system allows.
    package var splitLinks = SplitLinks()

    /// What has to be known of the layer where it lies over others.
    package var overOthers = OverOthers()

    /// What a directory of its own can't tell overlayfs of a layer.
    package struct OverOthers: Sendable {
        /// Directories that the layer has no entry for, and had to have for what is in them: paths as its entries give
        /// them. What a lower layer says of them holds.
        package var implied: [[UInt8]] = []
        /// Whether its root is opaque: for overlayfs, all roots merge.
        package var hidesAll = false
        /// Whether it has an entry for its root.
        package var saysRoot = false

        /// Whether there is nothing to know.
        package var isEmpty: Bool { implied.isEmpty && !hidesAll }

        /// Of a layer of which nothing has to be known.
        package init() {}
    }

    /// What was left out of one kind.
    package struct LeftOut: Sendable {
        /// How many.
        package var count = 0
        /// The first five, as they can stand in a message.
        package var examples: [String] = []

        mutating func add(_ name: String) {
            count += 1
            if examples.count < 5 { examples.append(name) }
        }
    }
}
