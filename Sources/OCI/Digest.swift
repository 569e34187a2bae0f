import Failure
import FileTree
import SystemPackage

/// A SHA-256 digest as the image spec writes it: `sha256:` and 64 lowercase hexadecimal digits.
///
/// [image-spec, descriptor.md, "Digests"](https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests)
package struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 64 hexadecimal digits without the algorithm: the name of the blob's file.
    package let hex: String

    /// Reads `sha256:<hex>`; anything else, another algorithm too, is refused.
    package init(_ text: some StringProtocol) throws {
        guard text.hasPrefix("sha256:"), let digest = Digest(hex: text.dropFirst(7)) else {
            throw Failure("\(shown(text, limit: 100)) is not a sha256 digest", help: Self.otherAlgorithm(text))
        }
        self = digest
    }

    /// What to do about a digest that may be a right one, but for stacker.
    private static func otherAlgorithm(_ text: some StringProtocol) -> String? {
        text.hasPrefix("sha512:") || text.hasPrefix("sha384:")
            ? "stacker reads images whose digests are all sha256: have the image made anew with those" : nil
    }

    /// Takes 64 lowercase hexadecimal digits.
    package init?(hex: some StringProtocol) {
        let digits = String(hex)
        guard digits.utf8.count == 64, Self.areDigits(digits) else { return nil }
        self.hex = digits
    }

    /// A cache has ten thousands of digests: no iterator, no closure for each character.
    private static func areDigits(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            for byte in bytes where !(0x30...0x39).contains(byte) && !(0x61...0x66).contains(byte) { return false }
            return true
        }
    }

    /// Hashes bytes that are at hand.
    package init(of bytes: some Sequence<UInt8>) {
        var hasher = DigestHasher()
        if bytes.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { hasher.update($0) }
        }
        self = hasher.finish()
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        let digits = hex.utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// A UUID that follows from the digest.
    package var uuid: [UInt8] {
        var uuid = Array(bytes.prefix(16))
        // Version 8: of a kind of one's own. RFC 9562, section 5.8.
        uuid[6] = uuid[6] & 0x0f | 0x80
        uuid[8] = uuid[8] & 0x3f | 0x80
        return uuid
    }

    /// Hashes a file from its current position to its end.
    ///
    /// - Parameter checkpoint: called with every piece of it; what it throws ends the reading.
    /// - Throws: `Errno`.
    package init(of file: OpenFile, checkpoint: () throws -> Void = {}) throws {
        var hasher = DigestHasher()
        try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 4096) { buffer in
            while case let count = try file.read(into: buffer), count > 0 {
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                try checkpoint()
            }
        }
        self = hasher.finish()
    }

    /// A digest of nothing that there is: no two are the same.
    package static func unique() -> Digest { Digest(of: (0..<32).map { _ in UInt8.random(in: .min ... .max) }) }

    /// `sha256:<hex>`
    package var description: String { "sha256:\(hex)" }

    /// Orders digests by their hexadecimal digits.
    package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }
}

extension Digest: Codable {
    /// Reads `sha256:<hex>` from JSON.
    package init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes `sha256:<hex>`.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Hashes a stream, a piece at a time.
package struct DigestHasher: Sendable {
    private var hash = SHA256()

    /// A hasher that has seen nothing.
    package init() {}

    /// Takes the next bytes of the stream.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bytes)
    }

    /// The digest of all bytes taken so far.
    package consuming func finish() -> Digest {
        Digest(unchecked: hash.finish().hexadecimal)
    }
}

extension Digest {
    fileprivate init(unchecked hex: String) {
        self.hex = hex
    }
}
