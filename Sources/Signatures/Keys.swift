import FileTree
import Glibc
import OCI
import SystemPackage

/// The public half of an Ed25519 key: tells whether a text was signed with the private one.
package struct PublicKey: Sendable {
    /// What the key is known by: the SHA-256 of its SubjectPublicKeyInfo, as `openssl pkey -pubin -outform DER` writes it.
    package let id: Digest
    private let key: KeyHandle

    /// Reads a file as `openssl pkey -pubout` writes it.
    ///
    /// - Throws: `Failure`, or an `Errno` of the file.
    package init(at path: FilePath) throws {
        try self.init(KeyFile.read(path, isPrivate: false).key)
    }

    fileprivate init(_ key: KeyHandle) throws {
        self.key = key
        id = Digest(of: try key.publicInfo())
    }

    /// Whether a signature, of 64 bytes if it is any, is that of a text by this key.
    package func verifies(_ signature: [UInt8], of text: [UInt8]) throws -> Bool {
        try key.verify(signature, of: text)
    }
}

/// An Ed25519 key that signs. In no text is anything of it.
package struct SigningKey: Sendable {
    /// What others verify with.
    package let publicKey: PublicKey
    /// The permission bits of its file if others than its owner can read that; `nil` otherwise.
    package let exposedBy: mode_t?
    private let key: KeyHandle

    /// Reads a file as `openssl genpkey -algorithm ed25519` writes it.
    ///
    /// - Throws: `Failure`, or an `Errno` of the file.
    package init(at path: FilePath) throws {
        let status: FileStatus
        (key, status) = try KeyFile.read(path, isPrivate: true)
        publicKey = try PublicKey(key)
        // What another's file lets a group read is for that group, in which we are.
        let others: mode_t = status.uid == geteuid() ? S_IRGRP | S_IROTH : S_IROTH
        exposedBy = status.permissions & others == 0 ? nil : status.permissions
    }

    /// Signs a text.
    ///
    /// [RFC 8032, section 5.1.6](https://www.rfc-editor.org/rfc/rfc8032#section-5.1.6)
    ///
    /// - Returns: 64 bytes.
    package func sign(_ text: [UInt8]) throws -> [UInt8] { try key.sign(text) }
}
