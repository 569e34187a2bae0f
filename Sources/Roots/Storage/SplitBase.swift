import FileTree
import Layers
import OCI
import SystemPackage

/// What is kept, beside the content of a base layer, of files that had to be split into copies when it was unpacked.
///
/// As long as the layer's blob is used as it came, this does not matter. A layer that is made of the content does have the
/// copies, and it should be said of it.
package struct SplitBase: Codable {
    var files: Int
    var copies: Int
    /// One of the files.
    package var example: String
    /// Where it was unpacked.
    package var fileSystem: String
    /// What lifts the limit there.
    package var remedy: String

    private static let name: FilePath = "split.json"

    /// `nil` if nothing was split.
    package init?(_ links: SplitLinks) {
        guard links.copies > 0, let fileSystem = links.fileSystem else { return nil }
        files = links.files
        copies = links.copies
        example = links.example
        self.fileSystem = "\(fileSystem)"
        remedy = fileSystem.linkRemedy
    }

    /// Reads what was kept; `nil` if nothing was.
    package init?(in storage: Directory) throws {
        guard let bytes = try storage.readFile(Self.name, limit: 1 << 16),
            let known = try? JSON.decode(SplitBase.self, from: bytes)
        else { return nil }
        self = known
    }

    /// Keeps it in the layer's directory.
    package func write(to storage: Directory) throws { try storage.replaceFile(Self.name, with: JSON.encode(self)) }

    /// What a user should know of a layer that is made of the content.
    ///
    /// - Parameter storage: where the content is.
    package func warning(_ layer: Digest, at storage: FilePath) -> String {
        let others = files > 1 ? " and \(files - 1) more file\(files > 2 ? "s" : "")" : ""
        let number = copies == 1 ? "1 copy" : "\(copies) copies"
        return "base layer \(layer) is encoded anew from \(storage), where \(example)\(others) had to be split "
            + "(\(fileSystem)): the new layer has \(number) in place of hard links, and is not what it is elsewhere; "
            + "\(remedy), then remove \(storage) and build again"
    }
}
