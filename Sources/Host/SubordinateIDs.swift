import Failure
import Glibc
import SystemPackage

/// The ids of one kind that /etc/subuid or /etc/subgid gives to one user, subuid(5).
package struct SubordinateIDs: Sendable, Equatable {
    /// User ids or group ids.
    package enum Kind: Sendable {
        case user, group

        /// The file that gives them out.
        package var file: FilePath { self == .user ? "/etc/subuid" : "/etc/subgid" }
        /// How messages call one.
        package var word: String { self == .user ? "uid" : "gid" }
        /// The program that maps them.
        var mapper: String { self == .user ? "newuidmap" : "newgidmap" }
        /// The number of the capability that the mapper needs, capabilities(7): CAP_SETUID or CAP_SETGID.
        var capability: UInt32 { self == .user ? 7 : 6 }
    }

    let kind: Kind
    /// In the order of the file: the first one is mapped to 1 and up.
    let ranges: [Range<UInt32>]

    /// Every distribution has a user and a group 65534, nobody: that many ids beside 0 make an image complete.
    static let fewest = 65534

    /// Takes the ranges of a user from the text of a file.
    ///
    /// - Parameters:
    ///   - name: the user's name; lines may have that or the number.
    ///   - own: the user's own id of this kind, which is mapped to 0.
    /// - Throws: a failure if there are none, too few, or some twice: the kernel would refuse such a map without a word.
    package init(_ kind: Kind, in text: String, name: String, uid: uid_t, own: UInt32) throws {
        self.kind = kind
        let remedy = "as root: stacker unpriv-setup --username \(name)"
        ranges = Self.entries(in: text).filter { $0.owner == name || $0.owner == String(uid) }.map(\.range)
        guard !ranges.isEmpty else {
            throw Failure(
                "user \(name) has no subordinate \(kind.word)s in \(kind.file)",
                help: "\(remedy); it takes a range that nobody has")
        }
        let sorted = ([own..<own + 1] + ranges).sorted { $0.lowerBound < $1.lowerBound }
        for (lower, upper) in zip(sorted, sorted.dropFirst()) where lower.overlaps(upper) {
            throw Failure(
                "the subordinate \(kind.word)s of \(name) in \(kind.file) overlap: \(Self.text(lower)) and "
                    + Self.text(upper) + ([lower, upper].contains(own..<own + 1) ? ", the user's own" : ""),
                help: "edit \(kind.file) as root, so that each \(kind.word) is there once")
        }
        let count = ranges.reduce(0) { $0 + $1.count }
        guard count >= Self.fewest else {
            throw Failure(
                "user \(name) has only \(count) subordinate \(kind.word)s in \(kind.file); images need "
                    + "\(Self.fewest), to the \(kind.word) of nobody",
                help: "\(remedy), or edit \(kind.file) as root")
        }
    }

    /// Lines that shadow(5)'s programs would use, with their owners.
    static func entries(in text: String) -> [(owner: String, range: Range<UInt32>)] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, let first = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0 else {
                return nil
            }
            let (end, overflow) = first.addingReportingOverflow(count)
            return overflow ? nil : (String(fields[0]), first..<end)
        }
    }

    private static func text(_ range: Range<UInt32>) -> String {
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound - 1)"
    }

    /// The triples that the mapper takes: the user's own id is 0, the others follow.
    package func map(own: UInt32) -> [String] {
        var triples = ["0", String(own), "1"]
        var inside: UInt64 = 1
        for range in ranges {
            triples += [String(inside), String(range.lowerBound), String(range.count)]
            inside += UInt64(range.count)
        }
        return triples
    }
}
