import Failure
import FileTree
import Fixtures
import Layers
import OCI
import SystemPackage
import Testing

@testable import Stacker

@Suite("images by the names that users write")
struct NamedImageTests {
    /// A layout with an image of two layers, of which one is not there.
    private func makeLayout(at path: FilePath, tag: String, in scratch: FilePath) throws {
        try scratch.appending("tree/a").write("text")
        let writer = try LayoutWriter(openingOrCreating: path)
        let tree = try Directory(at: scratch.appending("tree"))
        let layer = try #require(try encodeLayer(tree, as: [.tar()], into: writer)?.first)
        var absent = layer.descriptor
        absent.digest = Digest(of: [1])
        var config = ImageConfig(platform: .machine)
        config.rootfs.diffIDs = [layer.diffID, Digest(of: [2])]
        let manifest = ImageManifest(
            config: try writer.put(JSON.encode(config), .config), layers: [layer.descriptor, absent])
        try writer.setEntries([(tag, try writer.put(JSON.encode(manifest), .manifest))])
    }

    private func directories(in scratch: FilePath) throws -> StackerDirectories {
        try scratch.appending("conf.yaml").write("")
        return try StackerDirectories(
            config: ConfigFile(at: scratch.appending("conf.yaml")), workDirectory: scratch.string,
            stackerDirectory: nil, ociDirectory: nil, rootsDirectory: nil)
    }

    private func image(_ name: String, in scratch: FilePath) throws -> NamedImage {
        try NamedImage(
            NamedImageRequest(name), of: "explain", in: directories(in: scratch), log: Log(level: .quiet))
    }

    @Test("a tag of the output layout, or of another one, has manifest and config without its layers")
    func layouts() throws {
        try withTemporaryDirectory { scratch in
            try makeLayout(at: scratch.appending("oci"), tag: "app", in: scratch)
            try makeLayout(at: scratch.appending("other"), tag: "v1", in: scratch)
            for name in ["app", "oci:\(scratch)/other:v1"] {
                let image = try image(name, in: scratch)
                #expect(image.name == name)
                #expect(image.layers.count == 2)
                #expect(image.config.platform.architecture == Platform.machine.architecture)
                let layer = try #require(try image.open([0]).first)
                var paths: [String] = []
                _ = try listLayer(layer.blob, layer.descriptor, diffID: layer.diffID) { entry, _ in
                    paths.append(String(decoding: entry.path, as: UTF8.self))
                }
                #expect(paths == ["a"])
                #expect(throws: Failure.self) { try image.open() }
            }
        }
    }

    @Test(
        "a tag that was read in a layout is that, whatever it looks like",
        arguments: ["docker://127.0.0.1:9/x:1", "oci:a:b"])
    func tags(tag: String) throws {
        try withTemporaryDirectory { scratch in
            let layout = scratch.appending("with:colon")
            try makeLayout(at: layout, tag: tag, in: scratch)
            let image = try NamedImage(
                NamedImageRequest(tag: tag, in: layout), of: "inspect", in: directories(in: scratch),
                log: Log(level: .quiet))
            #expect(image.layers.count == 2)
        }
    }

    @Test("what names no image is said, with what is probably meant")
    func missing() throws {
        try withTemporaryDirectory { scratch in
            func help(_ name: String) throws -> String {
                do {
                    _ = try image(name, in: scratch)
                    return "found"
                } catch let failure as Failure {
                    return failure.advice ?? failure.description
                }
            }
            #expect(try help("app").hasPrefix("build first"))
            try makeLayout(at: scratch.appending("oci"), tag: "app", in: scratch)
            #expect(try help("app:latest") == "the images of a build have no tags, only names: stacker explain app")
            #expect(try help("debian:12").contains("docker://debian:12"))
            #expect(try help("none") == "it holds app")
            #expect(try help("oci:x").hasPrefix("write oci:DIRECTORY:TAG"))
        }
    }
}
