import Failure
import OCI

extension ImageSizes {
    /// - Throws: `Failure` for what `explain` knows and what is no image: a path in a layer, and a layer that became none.
    package static func refuseLayers(_ name: String, in directories: StackerDirectories) throws {
        guard !name.hasPrefix("oci:"), !name.hasPrefix("docker://") else { return }
        if let layout = try Layout(ifThereAt: directories.oci), try layout.index().tags.contains(name) { return }
        if name.contains(":/"), !name.contains("://") {
            throw Failure(
                "\(quoted(name)) is a path: a path in a layer has no sizes",
                help:
                    "stacker explain \(shown(name)) says where it comes from, stacker explain IMAGE --sizes what an image ships"
            )
        }
        guard let layer = try? ExplainedLayer(name, in: directories), layer.state == .built else { return }
        throw Failure(
            "\(shown(name)) is a layer that was built without becoming an image: build_only",
            help: "stacker explain \(shown(name)) lists what it is put together of; images that stand on it have sizes")
    }
}
