import Failure
import FileTree
import Fixtures
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Registry
@testable import Web

@Suite("Logging in to a registry")
struct RegistryAuthTests {
    // me:s3cr3t
    private static let basic = "bWU6czNjcjN0"
    private static let file = #"{"auths":{"127.0.0.1:PORT":{"auth":"\#(basic)"}}}"#

    /// A registry that wants a token of its own token server.
    private func withTokens(
        expected: String? = "Basic \(basic)", answer: String = #"{"token":"t0k3n","expires_in":300}"#
    ) throws -> (registry: TestRegistry, tokens: TestServer) {
        let tokens = TestServer { request in
            request.headers["authorization"] == expected
                ? .response(request, "200 OK", [], answer) : .response(request, "401 Unauthorized")
        }
        let realm = tokens.url("/token?x=y")
        let registry = TestRegistry { request, _ in
            if request.headers["authorization"] == "Bearer t0k3n" { return nil }
            return .response(
                request, "401 Unauthorized",
                [#"WWW-Authenticate: Bearer realm="\#(realm)",service="a \"b\",c",scope="repository:x:pull""#])
        }
        try registry.addImage(layers: [[1], [2]])
        return (registry, tokens)
    }

    private func withCredentials<Result>(
        _ text: String, for registry: TestRegistry, _ body: (Credentials) throws -> Result
    ) throws -> Result {
        try withTemporaryDirectory { directory in
            let path = directory.appending("auth.json")
            try path.write(text.replacing("PORT", with: String(registry.port)))
            return try body(Credentials(environment: { $0 == "REGISTRY_AUTH_FILE" ? path.string : nil }))
        }
    }

    private func pull(_ registry: TestRegistry, _ credentials: Credentials) throws {
        try withTemporaryDirectory { directory in
            let layout = try Layout(openingOrCreating: directory.appending("oci"))
            let pull = ImagePull(try registry.reference("x"), from: try registry.client(credentials))
            try pull.fetch(pull.find(ImagePullTests.platform), into: LayoutWriter(layout), keepsParts: true)
        }
    }

    @Test("a token is got with the password, once, and sent with every request")
    func bearer() throws {
        let (registry, tokens) = try withTokens()
        try withCredentials(Self.file, for: registry) { try pull(registry, $0) }
        let target = "/token?x=y&scope=repository%3Ax%3Apull&service=a%20%22b%22%2Cc&account=me"
        #expect(tokens.requests.map(\.target) == [target])
        #expect(registry.server.requests.filter { $0.headers["authorization"] == nil }.count == 1)
        #expect(registry.server.requests.count == 5)
    }

    @Test("without a password there is a token too, where the registry gives one to anybody")
    func anonymous() throws {
        let (registry, tokens) = try withTokens(expected: nil, answer: #"{"access_token":"t0k3n"}"#)
        try pull(registry, Credentials(environment: { _ in nil }))
        #expect(tokens.requests.first?.headers["authorization"] == nil)
    }

    @Test("an identity token is exchanged")
    func identityToken() throws {
        let (registry, tokens) = try withTokens(expected: nil)
        try withCredentials(#"{"auths":{"127.0.0.1:PORT":{"identitytoken":"r3fr3sh"}}}"#, for: registry) {
            try pull(registry, $0)
        }
        let request = try #require(tokens.requests.first)
        #expect(request.method == "POST")
        #expect(String(decoding: request.body, as: UTF8.self).hasSuffix("refresh_token=r3fr3sh"))
    }

    @Test(
        "the password is sent where the registry wants it, and only after it has asked",
        arguments: ["Basic realm=x", "Digest realm=y, basic realm=\"x\""])
    func basic(challenge: String) throws {
        let registry = TestRegistry { request, _ in
            request.headers["authorization"] == "Basic \(Self.basic)"
                ? nil : .response(request, "401 Unauthorized", ["WWW-Authenticate: \(challenge)"])
        }
        try registry.addImage(layers: [])
        try withCredentials(Self.file, for: registry) { try pull(registry, $0) }
        let sent = registry.server.requests.map { $0.headers["authorization"] }
        #expect(sent == [nil, "Basic \(Self.basic)", "Basic \(Self.basic)"])
    }

    @Test("a redirect to another server takes neither token nor password along")
    func redirect() throws {
        let other = TestServer { .response($0, "200 OK", [], bytes: [9]) }
        let location = other.url("/blob?signature=1")
        let registry = TestRegistry { request, _ in
            guard request.headers["authorization"] != nil else {
                return .response(request, "401 Unauthorized", ["WWW-Authenticate: Basic realm=x"])
            }
            guard request.target.hasSuffix("\(Digest(of: [9]))") else { return nil }
            return .response(request, "307 Temporary Redirect", ["Location: \(location)"])
        }
        try registry.addImage(layers: [[9]])
        try withCredentials(Self.file, for: registry) { try pull(registry, $0) }
        #expect(other.requests.count == 1)
        #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
    }

    // MARK: - Failures

    /// The failure of a pull as it is said with --debug.
    private func failure(_ registry: TestRegistry, _ text: String) throws -> String {
        let failure = #expect(throws: Failure.self) {
            try withCredentials(text, for: registry) { try pull(registry, $0) }
        }
        return failure?.report(trace: true) ?? ""
    }

    @Test("a wrong password is said, and not shown; no password is said with where it was looked for")
    func refused() throws {
        let registry = TestRegistry { request, _ in
            .response(request, "401 Unauthorized", ["WWW-Authenticate: Basic realm=x"])
        }
        let wrong = try failure(registry, Self.file)
        #expect(wrong.contains("127.0.0.1:\(registry.port) does not accept the user name and password"))
        #expect(!wrong.contains("s3cr3t") && !wrong.contains(Self.basic))
        let none = try failure(registry, "{}")
        #expect(none.contains("wants a user name and a password"))
        #expect(none.contains("auth.json"))
        #expect(registry.requests.count == 3)
    }

    @Test("what a registry says of a refusal does not show what it was sent")
    func echo() throws {
        let registry = TestRegistry { request, _ in
            guard let echo = request.headers["authorization"] else {
                return .response(request, "401 Unauthorized", ["WWW-Authenticate: Basic realm=x"])
            }
            return .response(
                request, "403 Forbidden", [], #"{"errors":[{"code":"\#(echo)","message":"\#(echo)"}]}"#)
        }
        let message = try failure(registry, Self.file)
        #expect(message.contains("the server says 403 Forbidden"))
        #expect(!message.contains("Basic") && !message.contains(Self.basic))
    }

    @Test("a token server that says no, or nonsense, is said with its name")
    func tokenRefused() throws {
        let (registry, tokens) = try withTokens(expected: "nothing")
        let message = try failure(registry, Self.file)
        #expect(message.contains("couldn't get a token for 127.0.0.1:\(registry.port)/x"))
        #expect(message.contains("couldn't get it from http://127.0.0.1:\(tokens.port): the server says 401"))
        #expect(!message.contains("s3cr3t") && !message.contains(Self.basic))
        let nonsense = try withTokens(answer: #"{"token":"a b\r\nX: y"}"#)
        #expect(try failure(nonsense.registry, Self.file).contains("\(nonsense.tokens.port) holds no token"))
    }

    @Test("a token that opens nothing ends in an error, not in a circle")
    func useless() throws {
        let (registry, tokens) = try withTokens(answer: #"{"token":"other"}"#)
        #expect(try failure(registry, Self.file).contains("does not let this user do it"))
        #expect(tokens.requests.count == 1)
    }

    // MARK: - Files and programs

    private func login(_ text: String, _ place: String) throws -> String {
        let file = try CredentialFile(Array(text.utf8), at: "/auth.json")
        let login = try file.login(for: place) { helper, server in
            helper == "empty" ? nil : .password(WebCredentials(user: helper, password: server))
        }
        return switch login {
        case .password(let credentials): "\(credentials.user) \(credentials.password)"
        case .identityToken(let token): token
        case nil: ""
        }
    }

    @Test("the longest path that matches wins; keys are read as each program writes them")
    func longest() throws {
        let text = #"""
            {"auths": {
              "a.b": {"auth": "aG9zdDpwdw=="},
              "a.b/c": {"username": "c", "password": "p:w"},
              "a.b/c/d/": {"auth": "ZDpwdwAAAA=="},
              "https://h.i:5/v1/": {"auth": "aGk6cDp3"},
              "https://index.docker.io/v1/": {"auth": "aHViOnB3"},
              "e.f": {}, "g.h": {"auth": "%%%"}
            }, "credHelpers": {"j.k": "tool", "l.m": "empty"}, "credsStore": ""}
            """#
        let expected = [
            "a.b/x": "host pw", "a.b/cc": "host pw", "a.b/c": "c p:w", "a.b/c/x": "c p:w", "a.b/c/d/e": "d pw",
            "h.i:5/x": "hi p:w", "h.i/x": "", "docker.io/library/x": "hub pw", "e.f/x": "", "g.h/x": "",
            "j.k/x/y": "tool j.k", "l.m/x": "",
        ]
        for (place, login) in expected { #expect(try self.login(text, place) == login, "\(place)") }
        #expect(try login(#"{"credsStore":"desktop","auths":{"a.b":{}}}"#, "a.b/x") == "desktop a.b")
    }

    @Test(
        "a damaged file is named and not shown",
        arguments: [#"{"auths":"s3cr3t"}"#, "s3cr3t", #"{"auths":{"a":{"auth":5}}}"#])
    func damaged(text: String) {
        let failure = #expect(throws: Failure.self) { try CredentialFile(Array(text.utf8), at: "/auth.json") }
        #expect(failure?.description.contains("/auth.json") == true)
        #expect(failure?.report(trace: true).contains("s3cr3t") == false)
    }

    @Test("files count in their order; one that is named must be there and is the only one")
    func order() throws {
        try withTemporaryDirectory { (home: FilePath) throws -> Void in
            let paths = ["run/containers/auth.json", ".config/containers/auth.json", ".docker/config.json"]
            var variables = ["HOME": home.string, "XDG_RUNTIME_DIR": home.appending("run").string]
            func found() throws -> Login? { try Credentials { [variables] in variables[$0] }.login(for: "a.b/x") }
            let nothing = try found()
            #expect(nothing == nil)
            for path in paths.reversed() {
                try home.pushing(FilePath(path)).write(#"{"auths":{"a.b":{"username":"\#(path)","password":"p"}}}"#)
                #expect(try found() == .password(WebCredentials(user: path, password: "p")))
            }
            variables["REGISTRY_AUTH_FILE"] = home.appending("missing").string
            let failure = #expect(throws: Failure.self) { try found() }
            #expect(failure?.description.contains("\(home)/missing") == true)
        }
    }

    @Test("a helper program is asked, and what it prints instead of an answer is not shown")
    func helper() throws {
        try withTemporaryDirectory { (directory: FilePath) throws -> Void in
            func ask(_ script: String, patience: Duration = .seconds(60)) throws -> Login? {
                let name = directory.appending("docker-credential-x")
                // By another process: a child that another test starts would hold our descriptor for a moment, and what
                // somebody can write to is not executed.
                try shell("cat >'\(name)' <<'END'\n#!/bin/sh\n\(script)\nEND\nchmod 0755 '\(name)'")
                return try CredentialHelper(name: "x", program: name.string, patience: patience).login(for: "a.b") {}
            }
            let answer = #"[ "$1" = get ]; read s; echo "{\"ServerURL\":\"$s\",\"Username\":\"$s\",\"Secret\":\"pw\"}""#
            #expect(try ask(answer) == .password(WebCredentials(user: "a.b", password: "pw")))
            #expect(try ask(#"echo '{"Username":"<token>","Secret":"t"}'"#) == .identityToken("t"))
            #expect(try ask("echo credentials not found in native keychain; exit 1") == nil)
            // Those that hang end with our patience; one of them has to come to that first.
            let (short, long) = (Duration.milliseconds(300), Duration.seconds(60))
            let failures = [
                ("echo s3cr3t >&2; echo s3cr3t; exit 3", "ended with status 3", long),
                ("echo s3cr3t", "is not what such a program", long),
                ("exec sleep 100", "did not end within 0.3 seconds", short),
                ("exec >&-; exec sleep 100", "did not end within 3.0 seconds", .seconds(3)),
                ("yes s3cr3t", "File too large", long),
            ]
            for (script, reason, patience) in failures {
                let failure = #expect(throws: Failure.self) { try ask(script, patience: patience) }
                let message = failure?.report(trace: true) ?? ""
                #expect(message.contains(reason) && !message.contains("s3cr3t"))
            }
        }
        for name in ["", "a b", "a\u{7f}", "ä"] {
            let failure = #expect(throws: Failure.self) { try CredentialHelper(name: name).login(for: "a.b") {} }
            #expect(failure?.description.contains("cannot be the name") == true, "\(name)")
        }
        let failure = #expect(throws: Failure.self) { try CredentialHelper(name: "a/b").login(for: "a.b") {} }
        #expect(failure?.description.contains("cannot be the name") == true)
    }

    @Test("a challenge is read as servers write it")
    func challenges() {
        let values = [#"Bearer realm="https://a/t",service="x, \"y\"",scope=z , Basic realm="r""#, "Negotiate"]
        let parameters = ["realm": "https://a/t", "service": #"x, "y""#, "scope": "z"]
        let challenges = [
            Challenge(scheme: "bearer", parameters: parameters),
            Challenge(scheme: "basic", parameters: ["realm": "r"]), Challenge(scheme: "negotiate"),
        ]
        #expect(Challenge.all(in: values) == challenges)
        for nonsense in ["", ",,,", "=", "Bearer realm=\"", "\"", "a=b", String(repeating: "a=", count: 100_000)] {
            _ = Challenge.all(in: [nonsense])
        }
    }

    @Test("credentials show nothing of themselves")
    func hidden() {
        let credentials = WebCredentials(user: "me", password: "s3cr3t")
        for value in [credentials, WebAuthorization.basic(credentials), WebAuthorization.bearer("s3cr3t")] as [Any] {
            var text = ""
            dump(value, to: &text)
            #expect(!"\(value) \(String(reflecting: value)) \(text)".contains("s3cr3t"))
        }
        #expect(!"\(Login.password(credentials)) \(Login.identityToken("s3cr3t"))".contains("s3cr3t"))
    }
}
