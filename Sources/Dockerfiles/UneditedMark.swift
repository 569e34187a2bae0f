import Failure
import FileTree
import Glibc
import OCI
import SystemPackage

/// The last line of a file that `stacker convert` writes. As long as it fits what is above it, nobody has edited the file, and
/// nothing is lost where it is written again.
enum UneditedMark {
    private static let beginning = "# While nothing is edited here, stacker convert replaces this file: "

    /// A text with the line below it.
    static func marked(_ text: String) -> String { text + line(below: text.utf8) }

    /// Refuses to have a file replaced in which there is something of somebody else's.
    static func refuseEdited(_ path: FilePath) throws {
        try attempt("couldn't write \(path)") {
            // Of what is no file nothing is lost, or it can't be replaced anyway.
            guard try ifUsable({ try FileStatus(at: path) })?.kind == .regular else { return }
            let bytes = try OpenFile(path, O_RDONLY | O_NONBLOCK).readToEnd(limit: Conversion.sizeLimit)
            guard bytes.isEmpty || isUnedited(bytes) else {
                throw Failure(
                    "it is there already, and not as stacker convert writes one",
                    help:
                        "--output-file and --substitute-file name other files, and --force replaces these; nothing was changed"
                )
            }
        }
    }

    /// Whether the file ends in the line that fits what is above it.
    static func isUnedited(_ bytes: [UInt8]) -> Bool {
        let length = line(below: []).utf8.count
        guard bytes.count >= length else { return false }
        return bytes.suffix(length).elementsEqual(line(below: bytes.dropLast(length)).utf8)
    }

    private static func line(below text: some Sequence<UInt8>) -> String {
        "\(beginning)\(Digest(of: Array(text)).hex.prefix(16))\n"
    }
}
