import FileTree
import Fixtures
import Foundation
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Signatures

/// Keys in OpenSSL's files, with the examples of RFC 8032, section 7.1. Whose files they are otherwise is for
/// bats/cache/shared-cache-key-files.bats, which has OpenSSL make them.
@Suite("Signatures: keys")
struct KeysTests {
    /// One of the examples: all in hexadecimal digits.
    struct Example: Sendable {
        var secret: String
        var publicKey: String
        var text: String
        var signature: String

        static let all = [
            Example(
                secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                text: "",
                signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                    + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
            Example(
                secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                text: "af82",
                signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1"
                    + "8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        ]
    }

    /// Calls `body` with the files of an example's keys.
    private func withFiles(
        _ example: Example, mode: mode_t = 0o600, _ body: (_ secret: FilePath, _ public: FilePath) throws -> Void
    ) throws {
        try withTemporaryDirectory { directory in
            let secret = directory.appending("key.pem")
            let publicKey = directory.appending("key.pub")
            try write("PRIVATE KEY", "302e020100300506032b657004220420" + example.secret, to: secret)
            try write("PUBLIC KEY", info(example), to: publicKey)
            #expect(chmod(secret.string, mode) == 0)
            try body(secret, publicKey)
        }
    }

    private func info(_ example: Example) -> String { "302a300506032b6570032100" + example.publicKey }

    private func write(_ label: String, _ digits: String, to path: FilePath) throws {
        let text = Data(bytes(digits)).base64EncodedString(options: .lineLength64Characters)
        try OpenFile(path, O_WRONLY | O_CREAT, mode: 0o600)
            .writeAll("-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n".utf8)
    }

    private func bytes(_ digits: String) -> [UInt8] {
        let digits = digits.utf8.map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x61 + 10 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test("a key signs what the standard says, and its public half knows that", arguments: Example.all)
    func standard(_ example: Example) throws {
        try withFiles(example) { secret, publicKey in
            let key = try SigningKey(at: secret)
            let signature = try key.sign(bytes(example.text))
            #expect(signature.hexadecimal == example.signature)
            for half in [try PublicKey(at: publicKey), key.publicKey] {
                #expect(half.id == Digest(of: bytes(info(example))))
                #expect(try half.verifies(signature, of: bytes(example.text)))
            }
        }
    }

    @Test("no other signature is right, of whatever length, and none of another text or key")
    func others() throws {
        try withFiles(Example.all[0]) { secret, publicKey in
            let key = try PublicKey(at: publicKey)
            let text = Array("text".utf8)
            let signature = try SigningKey(at: secret).sign(text)
            #expect(try key.verifies(signature, of: text))
            for place in signature.indices {
                var other = signature
                other[place] ^= 1
                #expect(try !key.verifies(other, of: text))
            }
            for other in [[], signature.dropLast(), signature + [0]].map({ Array($0) }) {
                #expect(try !key.verifies(other, of: text))
            }
            #expect(try !key.verifies(signature, of: text.dropLast()))
            try withFiles(Example.all[1]) { _, other in
                let other = try PublicKey(at: other)
                #expect(try !other.verifies(signature, of: text))
            }
        }
    }

    @Test(
        "who else can read a private key is known",
        arguments: [(0o600, nil), (0o400, nil), (0o640, 0o640), (0o604, 0o604)])
    func exposed(mode: mode_t, expected: mode_t?) throws {
        try withFiles(Example.all[0], mode: mode) { secret, _ in
            let key = try SigningKey(at: secret)
            #expect(key.exposedBy == expected)
        }
    }
}
