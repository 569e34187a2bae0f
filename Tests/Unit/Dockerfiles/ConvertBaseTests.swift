import Fixtures
import OCI
import Registry
import SystemPackage
import Testing

@testable import Stacker

@Suite("The base image of a Dockerfile")
struct ConvertBaseTests {
    /// A base with these settings.
    private func base(user: String? = nil, directory: String? = nil, _ env: [String] = []) -> ImageConfig.Execution {
        var config = ImageConfig.Execution()
        (config.user, config.workingDir, config.env) = (user, directory, env)
        return config
    }

    @Test("its working directory is where scripts and relative paths are")
    func directory() throws {
        let made = try converted(
            "FROM a\nCOPY x ./\nRUN pwd\nWORKDIR sub", files: ["x"], bases: ["docker://a": base(directory: "/app")])
        let layer = try made.layer("app")
        #expect(layer.run?.text.hasPrefix("cd /app\n") == true)
        #expect(layer.imports.map(\.destination) == ["/app/x"])
        #expect(layer.workingDirectory == "/app/sub")
        #expect(!made.text.contains("not known"))
    }

    @Test("its user runs scripts, in the stages on it too")
    func user() throws {
        let made = try converted(
            "FROM a AS one\nRUN x\nFROM one\nRUN y\nUSER root\nRUN z", bases: ["docker://a": base(user: "it")])
        #expect(try made.layer("one").run?.text.contains("su -s /bin/sh -- it -c 'x'") == true)
        let run = try #require(try made.layer("app").run?.text)
        #expect(run.contains("su -s /bin/sh -- it -c 'y'"))
        #expect(run.hasSuffix("\nz\n"))
    }

    @Test("a user that su does not know is said")
    func number() throws {
        let made = try converted("FROM a\nRUN x", bases: ["docker://a": base(user: "1000:1000")])
        #expect(made.text.contains("# Dockerfile:2: RUN: runs as root here, since su knows no user 1000:1000"))
    }

    @Test("its variables have their values, and hide an ARG")
    func variables() throws {
        let made = try converted(
            "FROM a\nARG V=mine\nENV PATH=/x:$PATH W=$V-$NONE", bases: ["docker://a": base(["PATH=/bin", "V=a=$b"])])
        let layer = try made.layer("app")
        #expect(layer.environment["PATH"] == "/x:/bin")
        #expect(layer.environment["W"] == "a=$b-")
        #expect(!made.substitutions.contains("BASE_"))
    }

    @Test(
        "what is assumed of one that is not here is said once, where it matters",
        arguments: [
            (
                "FROM a\nRUN x\nRUN y\nCOPY x ./",
                "2: RUN: in / and as root; the base image is not here, its WORKDIR and USER not"
            ),
            ("FROM a\nWORKDIR /x\nRUN y", "3: RUN: as root; the base image is not here, its USER not"),
            ("FROM a\nCOPY x y\nUSER it\nRUN y", "2: COPY: in /; the base image is not here, its WORKDIR not"),
            ("FROM a\nWORKDIR x", "2: WORKDIR: in /; the base image is not here, its WORKDIR not"),
            ("FROM a AS one\nRUN x\nFROM one\nRUN y", "2: RUN: in / and as root;"),
            ("FROM a\nWORKDIR /x\nUSER it\nRUN y\nCOPY x ./", nil),
            ("FROM scratch\nCOPY x ./", nil),
        ] as [(String, String?)])
    func assumptions(_ dockerfile: String, _ said: String?) throws {
        let text = try converted(dockerfile, files: ["x"]).text
        if let said { #expect(text.contains("# Dockerfile:\(said)"), "\(text)") }
        #expect(text.split(separator: "not known").count == (said == nil ? 1 : 2), "\(text)")
    }

    @Test("configs are those of layouts, and of images that were pulled")
    func lookup() throws {
        try withTemporaryDirectory { root in
            let platform = Platform(os: "linux", architecture: "amd64")
            let configs = BaseConfigs(workingDirectory: root, stackerDirectory: root.appending(".stacker"))
            for url in ["oci:layout:tag", "oci:layout", "docker://a", "docker://"] {
                #expect(try configs.config(url, platform) == nil)
            }
            try putImage("tag", user: "it", platform, in: root.appending("layout"))
            #expect(try configs.config("oci:layout:tag", platform)?.config?.user == "it")
            #expect(try configs.config("oci:layout:other", platform) == nil)
            try putImage(
                "\(ImageReference("a"))+linux-amd64", user: "me", platform,
                in: root.appending(".stacker/layer-bases/oci"))
            #expect(try configs.config("docker://a", platform)?.config?.user == "me")
            #expect(try configs.config("docker://a", Platform(os: "linux", architecture: "arm64")) == nil)
        }
    }

    private func putImage(_ tag: String, user: String, _ platform: Platform, in path: FilePath) throws {
        let writer = try LayoutWriter(openingOrCreating: path)
        var config = ImageConfig(platform: platform)
        config.config = base(user: user)
        let manifest = ImageManifest(config: try writer.put(JSON.encode(config), .config), layers: [])
        let image = try writer.put(JSON.encode(manifest), .manifest)
        try writer.updateIndex { $0.setEntry(tag: tag, to: image) }
    }
}
