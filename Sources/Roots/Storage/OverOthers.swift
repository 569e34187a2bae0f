import Failure
import FileTree
import Layers
import OCI
import SystemPackage

/// What is kept, beside the content of a layer, of what has to be known of it where it lies over others.
///
/// It is `over-others` in the layer's directory; of most layers there is nothing to know, and no such file. Beside it,
/// `on_<base>` is for the layers of that base: a ``Restored`` says which they are, and `overlay` is a directory that lies
/// over the layer's own one. In it are the directories that the layer only implies, with owner, mode, times and attributes
/// that the base gives them, and, if the layer's root is opaque, a whiteout of each name that the base has in its root.
/// Where that is nothing there is no `overlay`.
package struct OverOthers {
    let known: UnpackReport.OverOthers
    fileprivate static let name: FilePath = "over-others"

    /// `nil` if there is nothing to know.
    package init?(_ report: UnpackReport) {
        guard !report.overOthers.isEmpty else { return nil }
        known = report.overOthers
    }

    /// A line of words, then the paths, with a NUL behind each: they are bytes, and there may be very many.
    init?(in storage: Directory) throws {
        guard let bytes = try storage.readFile(Self.name, limit: 256 << 20) else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        guard lines.count == 2 else {
            throw Failure("\(Self.name) is damaged", help: "remove it with the layer's directory")
        }
        let words = lines[0].split(separator: UInt8(ascii: " "))
        var known = UnpackReport.OverOthers()
        known.hidesAll = words.contains { $0.elementsEqual(Self.hidesAll.utf8) }
        known.saysRoot = words.contains { $0.elementsEqual(Self.saysRoot.utf8) }
        known.implied = lines[1].split(separator: 0).map(Array.init)
        self.known = known
    }

    private static let hidesAll = "hides-all"
    private static let saysRoot = "says-root"

    /// Keeps it in the layer's directory.
    package func write(to storage: Directory) throws {
        let words = (known.hidesAll ? [Self.hidesAll] : []) + (known.saysRoot ? [Self.saysRoot] : [])
        var bytes = Array(words.joined(separator: " ").utf8) + [UInt8(ascii: "\n")]
        for path in known.implied { bytes += path + [0] }
        try storage.replaceFile(Self.name, with: bytes)
    }
}

extension RootsDirectory {
    /// Where the content of a layer is that has a directory of its own, top first; `nil` if what lies over it on the layers
    /// below has not been made.
    ///
    /// - Parameter base: ``MergedLayer/base(_:)`` of these; `nil` if there are none.
    func ownContent(of digest: Digest, on base: Digest?) throws -> [FilePath]? {
        let own = contentPath(of: digest)
        guard let base, try dependsOnBase(digest) else { return [own] }
        let restored = own.removingLastComponent().pushing(Restored.name(on: base))
        guard try restored.isThere() else { return nil }
        let directory = restored.pushing(Restored.directory)
        return try directory.isThere() ? [directory, own] : [own]
    }

    /// Whether the content of a layer is another one over other layers.
    package func dependsOnBase(_ digest: Digest) throws -> Bool {
        try contentPath(of: digest).removingLastComponent().pushing(OverOthers.name).isThere()
    }
}
