import Failure
import OCI
import Registry
import Testing

@testable import Stacker

@Suite("Entries of a shared cache")
struct SharedEntryTests {
    private static let key = Digest(of: [1])

    /// An entry, as it is found.
    static func entry(_ change: (inout ArtifactManifest) -> Void = { _ in }) throws -> SharedEntry {
        let repository = try SharedRepository("docker://registry.example/cache", option: "--cache-from")
        var manifest = ArtifactManifest(
            SharedAnnotations.artifactType,
            config: Descriptor(mediaType: SharedRecord.mediaType, digest: Digest(of: [2]), size: 3), layers: [])
        manifest.annotations = SharedAnnotations.subject(of: key, for: .machine)
        change(&manifest)
        let client = Servers().registry(repository.registry, isInsecure: false)
        let pull = ArtifactPull(try repository.reference(key), from: client)
        return try SharedEntry(
            ArtifactPull.Found(digest: Digest(of: [4]), manifest: manifest), of: key, at: repository, by: pull)
    }

    @Test("a build_only layer is known by its record, one with images by what these are")
    func identity() throws {
        #expect(try Self.entry().identity == Digest(of: [2]))
        let content = Digest(of: [5])
        #expect(try Self.entry { $0.annotations?[SharedAnnotations.content] = content.hex }.identity == content)
    }

    @Test("what is no entry of that key is refused, and why is said")
    func refused() throws {
        func expect(_ reason: String, _ change: (inout ArtifactManifest) -> Void) {
            let failure = #expect(throws: Failure.self) { try Self.entry(change) }
            #expect(failure?.description.contains(reason) == true)
        }
        expect("no layer that a stacker has shared") { $0.artifactType = .config }
        expect("another key, none") { $0.annotations = nil }
        expect("another key, \(Digest(of: [9]).hex)") { $0.annotations?[SharedAnnotations.key] = Digest(of: [9]).hex }
        expect("is no digest") { $0.annotations?[SharedAnnotations.content] = "what\nit is" }
    }

    @Test("a time that can't be is none", arguments: ["", "-1", "1e3", "99999999999999999999", "9999999999999999"])
    func times(text: String) throws {
        #expect(try Self.entry { $0.annotations?[SharedAnnotations.milliseconds] = "12" }.milliseconds == 12)
        #expect(try Self.entry { $0.annotations?[SharedAnnotations.milliseconds] = text }.milliseconds == nil)
    }
}
