import Testing

@testable import OCI

/// SHA-256 by libcrypto, with the examples of FIPS 180-4.
@Suite("OCI: SHA-256")
struct SHA256Tests {
    @Test(
        "is what the standard says, of a whole and of pieces",
        arguments: [
            ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
            ),
        ])
    func standard(_ bytes: [UInt8], _ expected: String) {
        var pieces = SHA256()
        for start in stride(from: 0, to: bytes.count, by: 999) {
            bytes[start..<min(start + 999, bytes.count)].withUnsafeBytes { pieces.update($0) }
        }
        #expect(pieces.finish().hexadecimal == expected)
        #expect(Digest(of: bytes).hex == expected)
    }

    @Test("a copy goes on by itself")
    func copy() {
        var first = SHA256()
        Array("a".utf8).withUnsafeBytes { first.update($0) }
        var second = first
        Array("bc".utf8).withUnsafeBytes { second.update($0) }
        #expect(second.finish().hexadecimal == Digest(of: "abc".utf8).hex)
        #expect(first.finish().hexadecimal == Digest(of: "a".utf8).hex)
    }
}
