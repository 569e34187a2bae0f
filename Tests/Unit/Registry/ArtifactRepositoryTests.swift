import Failure
import Fixtures
import OCI
import Synchronization
import Testing

@testable import Registry
@testable import Web

@Suite("A repository as a whole")
struct ArtifactRepositoryTests {
    private static let type = MediaType(rawValue: "application/x")

    /// A registry whose list of tags comes in pages: by the request's target, a page and what leads to the next one.
    private func registry(_ pages: [String: (tags: String, link: String?)]) -> TestRegistry {
        TestRegistry { request, _ in
            guard request.target.contains("/tags/list") else { return nil }
            guard let page = pages[request.target] else { return .notFound(request) }
            return .response(
                request, "200 OK", page.link.map { ["Link: \($0)"] } ?? [], #"{"name":"x","tags":\#(page.tags)}"#)
        }
    }

    private func repository(_ registry: TestRegistry) throws -> ArtifactRepository {
        ArtifactRepository(of: try registry.reference("x"), at: try registry.client())
    }

    private static let first = "/v2/x/tags/list?n=1000"

    @Test("tags come in pages, each tag once, and all from this registry, wherever a link points")
    func pages() throws {
        let registry = registry([
            Self.first: (#"["a","b"]"#, #"</v2/x/tags/list?last=b>; rel="next""#),
            "/v2/x/tags/list?last=b": (
                #"["b","c"]"#, #"<http://example.com/v2/x/tags/list?last=c>; title="a, b"; rel=next"#
            ),
            "/v2/x/tags/list?last=c": ("null", nil),
        ])
        #expect(try repository(registry).tags() == ["a", "b", "c"])
        #expect(registry.requests.count == 3)
    }

    @Test("a list that leads in a circle ends, as does one that is none")
    func circle() throws {
        let circle = registry([Self.first: (#"["a"]"#, #"<\#(Self.first)>; rel="next""#)])
        let failure = #expect(throws: Failure.self) { try repository(circle).tags() }
        #expect(failure?.description.contains("lead in a circle") == true)
        #expect(circle.requests.count == 2)
        let (numbers, nothing) = (registry([Self.first: ("[1]", nil)]), registry([:]))
        #expect(throws: Failure.self) { try repository(numbers).tags() }
        #expect(try repository(nothing).tags() == nil)
        #expect(numbers.requests.count == 1)
        #expect(nothing.requests.count == 1)
    }

    @Test(
        "the next page is what the link of that relation says",
        arguments: [
            (["</a>; rel=\"next\""], "/a"), (["</a>;rel=next"], "/a"),
            (["</p>; rel=prev, </a?x=1,2>; REL=\"Next\""], "/a?x=1,2"),
            (["</p>; rel=prev", "</a>; rel=next"], "/a"), (["</a>"], nil), (["/a; rel=next"], nil), ([], nil),
            (["<"], nil),
            (["</a>; title=\"İ\", </b>; rel=next"], "/b"),
        ] as [([String], String?)])
    func links(headers: [String], next: String?) { #expect(nextLink(in: headers) == next) }

    @Test("what tags name is an artifact, something else, something unreadable, or nothing any more")
    func contents() throws {
        let registry = TestRegistry()
        let config = registry.add(blob: [1], Self.type)
        var manifest = ArtifactManifest(Self.type, config: config, layers: [])
        manifest.annotations = ["a": "b"]
        let descriptor = try registry.add(manifest: manifest, .manifest, tag: "good")
        try registry.add(manifest: ImageIndex(), .index, tag: "index")
        let repository = try repository(registry)
        let contents = try repository.contents(of: ["good", "index", "gone"])
        #expect(Set(contents.keys) == ["good", "index"])
        guard case .artifact(let found, let digest, let size)? = contents["good"] else {
            Issue.record("it is no artifact")
            return
        }
        #expect(found == manifest && digest == descriptor.digest && size == descriptor.size)
        guard case .other? = contents["index"] else {
            Issue.record("an index is something else")
            return
        }
        #expect(try repository.digests(of: ["good", "gone"]) == ["good": descriptor.digest])
        let missing = Descriptor(mediaType: Self.type, digest: Digest(of: [9]), size: 1)
        #expect(try repository.blobs([config, missing]) == [config.digest: [1]])
    }

    @Test("a manifest that is another one than its digest says is unreadable, and the others are read")
    func unreadable() throws {
        let registry = TestRegistry { request, _ in
            request.target.hasSuffix("/broken")
                ? .response(request, "200 OK", ["Docker-Content-Digest: \(Digest(of: [7]))"], "{}") : nil
        }
        try registry.add(
            manifest: ArtifactManifest(Self.type, config: registry.add(blob: [1], Self.type), layers: []), .manifest,
            tag: "good")
        let contents = try repository(registry).contents(of: ["good", "broken"])
        guard case .unreadable(let failure)? = contents["broken"] else {
            Issue.record("it is readable")
            return
        }
        #expect(failure.description.contains("and should have \(Digest(of: [7]))"))
        #expect(contents.count == 2)
    }

    @Test(
        "a registry that deletes nothing is told from one that does not let this user",
        arguments: [
            ("405 Method Not Allowed", "", true), ("400 Bad Request", #"{"errors":[{"code":"UNSUPPORTED"}]}"#, true),
            ("403 Forbidden", "", false), ("400 Bad Request", "", false),
        ])
    func deletesNothing(status: String, answer: String, isOfAll: Bool) throws {
        let registry = TestRegistry { request, _ in
            request.method == "DELETE" ? .response(request, status, [], answer) : nil
        }
        let failure = #expect(throws: Failure.self) { try repository(registry).delete([Digest(of: [1])]) { _, _ in } }
        #expect(failure?.report(trace: false).contains("lets nobody delete") == isOfAll)
    }

    @Test("a manifest is deleted by its digest, and one that is gone is no failure")
    func deletes() throws {
        let (there, gone) = (Digest(of: [1]), Digest(of: [2]))
        let registry = TestRegistry { request, _ in
            guard request.method == "DELETE" else { return nil }
            return request.target.hasSuffix(there.hex) ? .response(request, "202 Accepted") : .notFound(request)
        }
        let deleted = Mutex<[Digest: Bool]>([:])
        try repository(registry).delete([there, gone]) { digest, wasThere in deleted.withLock { $0[digest] = wasThere }
        }
        #expect(deleted.withLock(\.self) == [there: true, gone: false])
        #expect(Set(registry.requests) == ["DELETE /v2/x/manifests/\(there)", "DELETE /v2/x/manifests/\(gone)"])
    }

    @Test(
        "the right to delete has the name that the registry gives it",
        arguments: [
            (#"scope="repository:x:pull,*""#, "pull%2C%2A"),
            (#"scope="repository:y:pull repository:x:delete""#, "delete"),
            (#"scope="repository:x:a&b=c""#, "delete"), (#"x="y""#, "delete"),
        ])
    func scopes(challenge: String, actions: String) throws {
        let tokens = TestServer { .response($0, "200 OK", [], #"{"token":"t0k3n"}"#) }
        let realm = tokens.url("/token")
        let registry = TestRegistry { request, _ in
            if request.headers["authorization"] == "Bearer t0k3n" { return .response(request, "202 Accepted") }
            return .response(
                request, "401 Unauthorized", [#"WWW-Authenticate: Bearer realm="\#(realm)",\#(challenge)"#])
        }
        try repository(registry).delete([Digest(of: [1])]) { _, _ in }
        #expect(tokens.requests.map(\.target) == ["/token?scope=repository%3Ax%3A\(actions)"])
    }
}
