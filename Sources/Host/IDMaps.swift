import Failure
import FileTree
import Glibc
import SystemPackage

/// What it takes to give an ordinary user the ids of an image: the user's own becomes 0, the subordinate ones follow.
package struct IDMaps: Sendable {
    /// newuidmap and its triples, as LXCWrapper takes them.
    let newuidmap: [String]
    /// newgidmap and its triples.
    let newgidmap: [String]

    /// Looks at the machine.
    ///
    /// - Throws: the first thing that is missing.
    package init(of user: HostUser) throws {
        newuidmap = try Self.command(.user, user, own: user.uid)
        newgidmap = try Self.command(.group, user, own: user.gid)
    }

    private static func command(
        _ kind: SubordinateIDs.Kind, _ user: HostUser, own: UInt32
    ) throws -> [String] {
        let mapper = try IDMapper(kind)
        let ids = try SubordinateIDs(kind, in: text(of: kind), name: user.name, uid: user.uid, own: own)
        return [mapper.path.string] + ids.map(own: own)
    }

    /// The file's text; none if there is no file.
    package static func text(of kind: SubordinateIDs.Kind) throws -> String {
        try attempt("couldn't read \(kind.file)") {
            do {
                let bytes = try OpenFile(kind.file, O_RDONLY).readToEnd(limit: 16 << 20)
                return String(decoding: bytes, as: UTF8.self)
            } catch let error where error.systemError == .noSuchFileOrDirectory {
                return ""
            }
        }
    }
}
