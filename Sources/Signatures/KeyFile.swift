import Failure
import FileTree
import Glibc
import SystemPackage

/// A file with a key, as OpenSSL writes them (PEM): what is said of it before OpenSSL reads it.
struct KeyFile {
    /// Whether a private key is wanted of it.
    let isPrivate: Bool
    /// Of what follows `-----BEGIN `, up to the next dashes.
    private let labels: [String]

    /// A key has some hundred bytes; there may be text around it.
    private static let sizeLimit = 64 << 10

    /// How the right files are made.
    static let advice = """
        make a private key with: openssl genpkey -algorithm ed25519 -out FILE; \
        and its public half with: openssl pkey -in FILE -pubout -out FILE.pub
        """

    /// Reads the key in a file. What was read of it is cleared in memory.
    ///
    /// - Returns: the key, and the status of the file.
    /// - Throws: `Failure` that shows nothing of what is in the file.
    static func read(_ path: FilePath, isPrivate: Bool) throws -> (key: KeyHandle, status: FileStatus) {
        let file = try OpenFile(path, O_RDONLY | O_NONBLOCK)
        let status = try file.status()
        guard status.kind == .regular else {
            throw Failure("it is no file", help: "put the key into a file: it is read several times")
        }
        return try withUnsafeTemporaryAllocation(byteCount: sizeLimit + 1, alignment: 1) { buffer in
            defer { if let start = buffer.baseAddress { explicit_bzero(start, buffer.count) } }
            var length = 0
            while length < buffer.count {
                let count = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[length...]))
                if count == 0 { break }
                length += count
            }
            guard length <= sizeLimit else { throw Failure("it is longer than any key", help: advice) }
            let text = UnsafeRawBufferPointer(rebasing: buffer[..<length])
            try KeyFile(text, isPrivate: isPrivate).refuseOthers()
            return (try KeyHandle(text, isPrivate: isPrivate), status)
        }
    }

    init(_ text: UnsafeRawBufferPointer, isPrivate: Bool) {
        self.isPrivate = isPrivate
        let begin = Array("-----BEGIN ".utf8)
        let encrypted = Array("Proc-Type: 4,ENCRYPTED".utf8)
        labels = text.split(whereSeparator: { $0 == 0x0a || $0 == 0x0d }).compactMap { line in
            if line.starts(with: encrypted) { return Self.encrypted }
            guard line.starts(with: begin) else { return nil }
            return String(decoding: line.dropFirst(begin.count).prefix { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        }
    }

    private static let encrypted = "ENCRYPTED PRIVATE KEY"

    private var privateKeys: Int { labels.count { $0.hasSuffix("PRIVATE KEY") } }
    private var publicKeys: Int { labels.count { $0 == "PUBLIC KEY" } }

    /// Refuses what is no key of the kind that is wanted, and more than one, of which all but the first would be forgotten.
    private func refuseOthers() throws {
        if labels.contains("OPENSSH PRIVATE KEY") {
            throw Failure("it is a key of OpenSSH's, and not of OpenSSL's", help: Self.advice)
        }
        try isPrivate ? refuseNoPrivateKey() : refuseNoPublicKey()
    }

    private func refuseNoPrivateKey() throws {
        if labels.contains(Self.encrypted) {
            throw Failure(
                "the key in it is encrypted, and nobody is asked for its password",
                help: "decrypt it into a file that only you can read: umask 077; openssl pkey -in FILE -out DECRYPTED")
        }
        switch privateKeys {
        case 1: break
        case 0 where publicKeys > 0:
            throw Failure("it is a public key; it takes the private one to sign", help: Self.advice)
        case 0: throw Failure("there is no private key in it", help: Self.advice)
        default: throw Failure("there are several private keys in it", help: "name a file with the one that signs")
        }
    }

    private func refuseNoPublicKey() throws {
        if privateKeys > 0 {
            throw Failure(
                "there is a private key in it, which is for those who sign only",
                help: "name its public half: openssl pkey -in FILE -pubout -out FILE.pub")
        }
        if labels.contains("CERTIFICATE") {
            throw Failure(
                "it is a certificate, and not a key alone",
                help: "take the key out of it: openssl x509 -in FILE -pubkey -noout -out FILE.pub")
        }
        switch publicKeys {
        case 1: break
        case 0: throw Failure("there is no public key in it", help: Self.advice)
        default: throw Failure("there are several public keys in it", help: "name a file for each")
        }
    }
}
