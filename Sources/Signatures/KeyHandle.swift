internal import CSignature
import Failure

/// A key as OpenSSL has it in memory, an Ed25519 one. Nothing changes it, so that several threads may use it at once.
final class KeyHandle: @unchecked Sendable {
    private let key: OpaquePointer

    /// Reads the key of a file's text.
    ///
    /// - Throws: `Failure` if libcrypto isn't there, or reads no Ed25519 key. It shows nothing of the text.
    init(_ text: UnsafeRawBufferPointer, isPrivate: Bool) throws {
        if let reason = csignature_unavailable() {
            throw Failure(
                "nothing can be signed or verified: \(String(cString: reason))",
                help: "install libcrypto 3: Debian has it as libssl3, Fedora as openssl-libs, Alpine as libcrypto3")
        }
        let read = isPrivate ? csignature_read_private_key : csignature_read_public_key
        guard let key = read(text.baseAddress, Int32(clamping: text.count)) else {
            throw Failure("the key in it can't be read: \(Self.reason)")
        }
        self.key = key
        let algorithm = csignature_algorithm(key).map { String(cString: $0) } ?? "an unknown algorithm"
        guard algorithm == "ED25519" else {
            throw Failure("it is a key for \(algorithm), and not for Ed25519", help: KeyFile.advice)
        }
    }

    deinit { csignature_free_key(key) }

    /// Why the last call failed.
    private static var reason: String {
        csignature_reason().map { String(cString: $0) } ?? "OpenSSL does not say why"
    }

    /// The public half as a SubjectPublicKeyInfo, in DER.
    ///
    /// [RFC 8410, section 4](https://www.rfc-editor.org/rfc/rfc8410#section-4)
    func publicInfo() throws -> [UInt8] {
        try made(csignature_public_key_length, "write the public key") { csignature_public_key(key, $0) }
    }

    func sign(_ text: [UInt8]) throws -> [UInt8] {
        try made(csignature_length, "sign") { csignature_sign(key, text, text.count, $0) }
    }

    func verify(_ signature: [UInt8], of text: [UInt8]) throws -> Bool {
        let result = csignature_verify(key, text, text.count, signature, signature.count)
        guard result >= 0 else { throw Failure("OpenSSL couldn't verify the signature: \(Self.reason)") }
        return result == 1
    }

    private func made(
        _ length: Int, _ what: String, _ make: (UnsafeMutablePointer<UInt8>?) -> Int32
    ) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            guard make(buffer.baseAddress) == 1 else { throw Failure("OpenSSL couldn't \(what): \(Self.reason)") }
            count = length
        }
    }
}
