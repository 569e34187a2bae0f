import FileTree
import Fixtures
import Layers
import OCI
import SystemPackage
import Testing

@testable import Stacker

@Suite("The images of one tag")
struct PlatformImagesTests {
    @Test("an index says of each what its config says, the version of the system too")
    func systemVersion() throws {
        try withTemporaryDirectory { (root: FilePath) throws -> Void in
            let writer = try LayoutWriter(openingOrCreating: root.appending("oci"))
            func image(_ version: String) throws -> Descriptor {
                var config = ImageConfig(platform: Platform(os: "windows", architecture: "amd64"))
                config.others["os.version"] = .string(version)
                let blob = try writer.put(JSON.encode(config), .config)
                return try writer.put(JSON.encode(ImageManifest(config: blob, layers: [])), .manifest)
            }
            var images = PlatformImages()
            images.layers = ["a", "b"]
            for (layer, version) in zip(images.layers, ["10.0.1", "10.0.2"]) {
                images.images[layer] = [.tar: try image(version)]
            }
            let index = try #require(try images.whole([.tar], by: writer)[.tar])
            let entries = try #require(try writer.layout.index(of: index)).manifests
            #expect(entries.map { $0.platform?.others["os.version"] } == [.string("10.0.1"), .string("10.0.2")])
        }
    }
}
