import Failure

/// The ports of an image: the members of `ExposedPorts`.
///
/// [image-spec, config.md](https://github.com/opencontainers/image-spec/blob/main/config.md#properties)
package enum PortNames {
    private static let protocols = ["tcp", "udp", "sctp"]

    /// The ports that a text names: `80`, `53/udp`, `8000-8010/tcp`.
    ///
    /// - Returns: each with its protocol, tcp if there is none.
    /// - Throws: `Failure` that says what is wrong with the text, and what it could be.
    package static func ports(_ text: String) throws -> [String] {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.count > 1 ? parts[1].lowercased() : "tcp"
        guard protocols.contains(name) else {
            throw Failure(
                "\(quoted(text)) has an unknown protocol", help: "it is one of \(protocols.joined(separator: ", "))")
        }
        let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(number)
        guard let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            throw Failure(
                "\(quoted(text)) is no port",
                help: parts[0].contains(":")
                    ? "name the image's own port only; which of the host leads there is for who runs it"
                    : "write a number from 1 to 65535, or two with a \"-\" between: 80, 53/udp, 8000-8010")
        }
        return (first...last).map { "\($0)/\(name)" }
    }

    private static func number(_ text: Substring) -> UInt16? {
        guard let first = text.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first) else { return nil }
        return UInt16(text)
    }
}
