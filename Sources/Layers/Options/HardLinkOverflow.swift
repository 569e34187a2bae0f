import Failure
import FileTree

/// What is to be done about a file that has all the names that its file system allows, and should get another.
package enum HardLinkOverflow: String, Sendable, CaseIterable {
    /// A copy that is equal in all but the inode takes the further names.
    case split
    /// Unpacking fails.
    case error
}

/// The files of one layer whose names had to be shared out among copies, because a file system has a limit (`EMLINK`).
package struct SplitLinks: Sendable, Equatable {
    /// How many files.
    package internal(set) var files = 0
    /// How many copies of them all were made.
    package internal(set) var copies = 0
    /// How many of those share their blocks with what they are copies of (reflinks).
    package internal(set) var reflinks = 0
    /// The first of the files, as it can stand in a message.
    package internal(set) var example = ""
    /// Where it happened.
    package internal(set) var fileSystem: FileSystem?

    /// What happened and why, in one line; `nil` if nothing did.
    package var description: String? {
        guard copies > 0, let fileSystem else { return nil }
        let others = files > 1 ? " and \(files - 1) more have" : " has"
        let sharing =
            switch reflinks {
            case copies: copies == 1 ? ", which shares its blocks" : ", which share their blocks"
            case 0: ""
            default: ", \(reflinks) of which share their blocks"
            }
        return "\(example)\(others) more hard links than \(fileSystem) allows (too many links): "
            + "made \(copies) \(copies == 1 ? "copy" : "copies")\(sharing)"
    }

    /// What keeps it from happening again.
    package var remedy: String? { fileSystem?.linkRemedy }

    static func refused(_ path: String, on fileSystem: FileSystem, because error: any Error) -> Failure {
        Failure(
            "\(path) has more hard links than \(fileSystem) allows", because: error,
            help: "\(fileSystem.linkRemedy); or leave out --hardlink-overflow=error and have copies made")
    }
}
