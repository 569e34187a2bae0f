import Failure
import Glibc
import SystemPackage

/// Writes what was asked for, and a line feed, to stdout.
///
/// It is written at once: where stderr is the same pipe or file, lines stand in the order in which they were said.
///
/// - Throws: `Failure` if not all of it could be written, as on a full disk.
func say(_ text: String) throws {
    try sayExactly(text + "\n")
}

/// The same, without a line feed.
func sayExactly(_ text: String) throws {
    try attempt("couldn't write to standard output") {
        _ = try FileDescriptor.standardOutput.writeAll(text.utf8)
    }
}
