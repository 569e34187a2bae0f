import Failure
import Testing

@testable import Registry
@testable import Web

@Suite("A reference to an image")
struct ImageReferenceTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(
        "is read with Docker's rules for short names",
        arguments: [
            ("ubuntu", "docker.io/library/ubuntu:latest"),
            ("ubuntu:22.04", "docker.io/library/ubuntu:22.04"),
            ("me/tool", "docker.io/me/tool:latest"),
            ("docker.io/ubuntu", "docker.io/library/ubuntu:latest"),
            ("index.docker.io/library/ubuntu:x", "docker.io/library/ubuntu:x"),
            ("registry-1.docker.io/me/tool", "docker.io/me/tool:latest"),
            ("localhost/x", "localhost/x:latest"),
            ("localhost:5000/a/b:tag", "localhost:5000/a/b:tag"),
            ("127.0.0.1:5000/x", "127.0.0.1:5000/x:latest"),
            ("[::1]:5000/x:1", "[::1]:5000/x:1"),
            ("LOCAL.host/x", "local.host/x:latest"),
            ("quay.io/a/b/c/d:v1.2_3-4", "quay.io/a/b/c/d:v1.2_3-4"),
            ("a.b/c@\(digest)", "a.b/c@\(digest)"),
            ("a.b:5/c:tag@\(digest)", "a.b:5/c:tag@\(digest)"),
            ("ubuntu@\(digest)", "docker.io/library/ubuntu@\(digest)"),
            ("a.b/x__y.z-w--v", "a.b/x__y.z-w--v:latest"),
        ])
    func reads(text: String, complete: String) throws {
        let reference = try ImageReference(text)
        #expect(reference.description == complete)
        #expect(try ImageReference(complete) == reference)
    }

    @Test(
        "that is none is refused in words",
        arguments: [
            ("", "is no repository"), ("/x", "is no repository"), ("x/", "is no repository"),
            ("a.b/", "is no repository"), ("a.b//x", "is no repository"), ("a.b/../x", "is no repository"),
            ("a.b/x:", "is no tag"), ("a.b/x:-y", "is no tag"), ("a.b/x:y/z", "is no repository"),
            ("a.b/x:\(String(repeating: "t", count: 129))", "is no tag"), ("a.b/x y", "is no repository"),
            ("a.b/x?y", "is no repository"), ("a.b/x#y", "is no repository"), ("a.b/%2e%2e", "is no repository"),
            ("a.b/x\u{0}", "is no repository"), ("a.b/x\n", "is no repository"), ("a.b/X", "no capital letters"),
            ("X/y", "no capital letters"),
            ("a.b/x___y", "is no repository"), ("a.b/.x", "is no repository"), ("a.b/x-", "is no repository"),
            ("a.b/é", "is no repository"), ("a.b:99999/x", "is no registry"), ("a.b:/x", "is no registry"),
            ("a..?b/x", "is no registry"), ("a.b/x@sha256:00", "is not a sha256 digest"),
            ("a.b/x@sha512:\(String(repeating: "0", count: 128))", "is not a sha256 digest"),
            ("a.b/x@md5:00", "a digest that is not sha256"), ("a.b/x@", "nothing follows its"),
            ("a.b/\(String(repeating: "x", count: 256))", "is no repository"),
            (String(repeating: "x/", count: 3000), "longer than 1024 bytes"),
        ])
    func refuses(text: String, reason: String) {
        let failure = #expect(throws: Failure.self) { try ImageReference(text) }
        let message = failure?.report(trace: false) ?? ""
        #expect(message.contains(reason))
        #expect(message.utf8.count < 1200)
        #expect(message.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
    }

    @Test(
        "with a password in it is refused, and the password is not shown",
        arguments: [
            "me:hunter2@a.b/x", "me:hunter2@a.b", "me:hun@ter2@a.b/x", "me:hunter2/hunter2@a.b/x",
            "me:5/hunter2@a.b/x", "me:hunter2@a.b/x@\(digest)", "me:5/hunter2@a.b/x@\(digest)", "hunter2@a.b:5000/x",
        ])
    func password(text: String) {
        let failure = #expect(throws: Failure.self) { try ImageReference(text) }
        let message = failure?.report(trace: true) ?? ""
        #expect(message.contains("it has a user name in it"))
        #expect(!message.contains("hunter") && !message.contains("ter2"))
    }

    @Test("leads to the server, with the port of TLS or of plain http where it has none")
    func addresses() throws {
        func address(_ text: String, isSecure: Bool) throws -> String {
            try ImageReference(text).registry.address("/v2/", isSecure: isSecure).requestText
        }
        #expect(try address("ubuntu", isSecure: true) == "https://registry-1.docker.io/v2/")
        #expect(try address("ubuntu", isSecure: false) == "http://registry-1.docker.io/v2/")
        #expect(try address("a.b/x", isSecure: false) == "http://a.b/v2/")
        #expect(try address("a.b:443/x", isSecure: false) == "http://a.b:443/v2/")
        #expect(try address("[::1]:5000/x", isSecure: true) == "https://[::1]:5000/v2/")
    }
}
