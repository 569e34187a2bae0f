import Failure
import Fixtures
import OCI
import SystemPackage
import Testing

@testable import Stacker

@Suite("Signed entries of a shared cache")
struct SharedSignatureTests {
    private static let key = Digest(of: [1])
    private static let platform = Platform(os: "linux", architecture: "arm64", variant: "v8")

    private static var manifest: ArtifactManifest {
        var manifest = ArtifactManifest(
            MediaType(rawValue: "application/x-it"),
            config: Descriptor(
                mediaType: MediaType(rawValue: "application/x-config"), digest: Digest(of: [2]), size: 3),
            layers: [
                Descriptor(mediaType: .tarGzip, digest: Digest(of: [5]), size: 7),
                Descriptor(mediaType: .tarZstd, digest: Digest(of: [4]), size: 11),
            ])
        manifest.annotations = ["org.example.b": "some words", "org.example.a": ""]
        return manifest
    }

    /// Calls `body` with who signs, and who trusts that key; another key is trusted by `other` alone.
    private func withKeys(_ body: (SharedSigner, _ trust: SharedTrust, _ other: SharedTrust) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            var trust: [SharedTrust] = []
            var signers: [SharedSigner] = []
            for name in ["one", "other"] {
                let file = directory.appending(name).string
                try shell(
                    "openssl genpkey -algorithm ed25519 -out \(file); openssl pkey -in \(file) -pubout -out \(file).pub"
                )
                var request = BuildRequest()
                request.cacheFrom = ["docker://registry/cache"]
                request.cacheTo = request.cacheFrom
                request.cacheSign = file
                request.cacheTrust = ["\(file).pub"]
                signers.append(try #require(try SharedSigner(request)))
                trust.append(try #require(try SharedTrust(request)))
            }
            try body(signers[0], trust[0], trust[1])
        }
    }

    private func signed(by signer: SharedSigner) throws -> ArtifactManifest {
        var manifest = Self.manifest
        manifest.annotations?.merge(SharedAnnotations.subject(of: Self.key, for: Self.platform)) { $1 }
        try signer.sign(&manifest)
        return manifest
    }

    @Test("what is signed is what docs/registries.md says")
    func text() throws {
        try withKeys { signer, _, _ in
            let text = String(decoding: try SharedSignature.text(of: signed(by: signer)), as: UTF8.self)
            #expect(
                text == """
                    stacker shared layer signature 1
                    artifact application/x-it
                    config \(Digest(of: [2])) 3 application/x-config
                    blob \(Digest(of: [5])) 7 application/vnd.oci.image.layer.v1.tar+gzip
                    blob \(Digest(of: [4])) 11 application/vnd.oci.image.layer.v1.tar+zstd
                    annotation org.example.a \("")
                    annotation org.example.b some words
                    annotation vnd.stacker.shared-layer.key \(Self.key.hex)
                    annotation vnd.stacker.shared-layer.machine \(Platform.hostArchitecture)
                    annotation vnd.stacker.shared-layer.platform linux/arm64

                    """)
        }
    }

    @Test("an entry is taken by who trusts its key, alone or with others, as the layer that it was signed for")
    func right() throws {
        try withKeys { signer, trust, other in
            let manifest = try signed(by: signer)
            for trust in [trust, other.and(trust), trust.and(other), signer.trust] {
                try trust.check(manifest, key: Self.key, platform: Self.platform)
                try trust.check(manifest, key: Self.key, platform: Platform(os: "linux", architecture: "arm64"))
            }
            // As it comes back from a registry.
            let read = try JSON.decode(ArtifactManifest.self, from: JSON.encode(manifest))
            try trust.check(read, key: Self.key, platform: Self.platform)
        }
    }

    @Test("an entry is refused that nobody trusted has signed, or that was signed for another layer, and why is said")
    func refused() throws {
        try withKeys { signer, trust, other in
            let manifest = try signed(by: signer)
            func expect(
                _ reason: String, _ trust: SharedTrust, _ manifest: ArtifactManifest, _ key: Digest, _ name: String
            ) {
                let failure = #expect(throws: Failure.self) {
                    try trust.check(manifest, key: key, platform: Platform(os: "linux", architecture: name))
                }
                #expect(failure?.description.contains(reason) == true)
            }
            expect("not signed", trust, Self.manifest, Self.key, "arm64")
            expect("not trusted", other, manifest, Self.key, "arm64")
            expect("layer.key is", trust, manifest, Digest(of: [9]), "arm64")
            expect("layer.platform is \"linux/arm64\"", trust, manifest, Self.key, "amd64")
            var signature = manifest
            signature.annotations?[SharedSignature.annotation] = "no signature"
            expect("is none", trust, signature, Self.key, "arm64")
            signature.annotations?[SharedSignature.annotation] = ""
            expect("wrong", trust, signature, Self.key, "arm64")
        }
    }

    @Test("whatever is changed of an entry, its signature is wrong")
    func changed() throws {
        typealias Change = (inout ArtifactManifest) -> Void
        let changes: [Change] = [
            { $0.artifactType = MediaType(rawValue: "application/x-other") },
            { $0.config.digest = Digest(of: [8]) },
            { $0.config.size += 1 },
            { $0.config.mediaType = .config },
            { $0.layers[1].digest = Digest(of: [8]) },
            { $0.layers[1].size += 1 },
            { $0.layers[1].mediaType = .tar },
            { $0.layers.reverse() },
            { $0.layers.removeLast() },
            { $0.layers.append($0.layers[0]) },
            { $0.annotations?["org.example.a"] = "more" },
            { $0.annotations?["org.example.a"] = nil },
            { $0.annotations?["org.example.c"] = "" },
            { $0.annotations?["vnd.stacker.shared-layer.key"] = Digest(of: [9]).hex },
            { $0.annotations?["vnd.stacker.shared-layer.machine"] = "sparc" },
        ]
        try withKeys { signer, trust, _ in
            let manifest = try signed(by: signer)
            for (number, change) in changes.enumerated() {
                var changed = manifest
                change(&changed)
                let failure = #expect(throws: Failure.self, "change \(number)") {
                    try trust.check(changed, key: Self.key, platform: Self.platform)
                }
                #expect(failure?.description.contains("signature that is wrong") == true, "change \(number)")
            }
        }
    }

    @Test(
        "what could be taken for several lines or words is not signed",
        arguments: [
            ("a b", ""), ("", ""), ("a\n", ""), ("a\u{7f}", ""), ("ä", ""), ("a", "b\nannotation c d"), ("a", "\u{1f}"),
            ("a", "\u{7f}"),
        ])
    func ambiguous(name: String, value: String) throws {
        var manifest = Self.manifest
        manifest.annotations = [name: value]
        #expect(throws: Failure.self) { try SharedSignature.text(of: manifest) }
        manifest.annotations = nil
        manifest.layers[0].mediaType = MediaType(rawValue: "application/x\nblob")
        #expect(throws: Failure.self) { try SharedSignature.text(of: manifest) }
    }

    @Test("what is printable is signed, to the last character")
    func printable() throws {
        var manifest = Self.manifest
        manifest.annotations = ["!~": " ~ä"]
        let text = String(decoding: try SharedSignature.text(of: manifest), as: UTF8.self)
        #expect(text.hasSuffix("\nannotation !~  ~ä\n"))
    }

    @Test("whom to trust is about a shared cache, taken from or signed for; without one it is a mistake")
    func trustWithoutCache() throws {
        try withTemporaryDirectory { directory in
            let file = directory.appending("key").string
            try shell(
                "openssl genpkey -algorithm ed25519 -out \(file); openssl pkey -in \(file) -pubout -out \(file).pub")
            var request = BuildRequest()
            request.cacheTrust = ["\(file).pub"]
            let failure = #expect(throws: Failure.self) { try SharedTrust(request) }
            #expect(failure?.description.contains("there is no --cache-from") == true)
            request.cacheFrom = ["docker://registry/cache"]
            #expect(try SharedTrust(request) != nil)
            request.cacheFrom = []
            request.cacheSign = file
            #expect(try SharedTrust(request) != nil)
        }
    }
}
