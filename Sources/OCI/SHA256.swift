internal import CCrypto

/// SHA-256 of a stream, a piece at a time, by the processor's own instructions where it has them.
///
/// A copy goes on by itself from where it was made.
package struct SHA256: Sendable {
    private var context = SHA256_CTX()

    /// The hash of nothing as yet.
    package init() {
        SHA256_Init(&context)
    }

    /// Takes the next bytes of the stream.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The 32 bytes of the hash of all that was taken.
    package consuming func finish() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { bytes, count in
            count = Int(SHA256_DIGEST_LENGTH)
            SHA256_Final(bytes.baseAddress, &context)
        }
    }

    /// Bytes as hexadecimal digits, two for each.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            for (index, byte) in bytes.enumerated() {
                text[2 * index] = digits[Int(byte >> 4)]
                text[2 * index + 1] = digits[Int(byte & 15)]
            }
            return 2 * bytes.count
        }
    }
}
