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
}
