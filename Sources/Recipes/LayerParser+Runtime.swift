import Failure
import OrderedCollections
import RecipeText

// The keys of a layer that say how its image is run, as far as they are more than text: ports, stop_signal.
extension LayerParser {
    /// Ports and ranges of ports, each as it is written in an image's config.
    func ports(_ node: YAMLNode, _ what: String) throws -> [String] {
        var ports: OrderedSet<String> = []
        for entry in try ValueReader.entries(node, what) {
            let text = try ValueReader.someText(entry, "an entry of \(what)")
            ports.formUnion(try attempt("\(entry.position): an entry of \(what)") { try PortNames.ports(text) })
        }
        return Array(ports)
    }

    /// Paths in the image. What people write as for Docker's `-v` is a path, too, and the original takes it.
    mutating func volumes(_ node: YAMLNode, _ what: String) throws -> [String] {
        try ValueReader.entries(node, what).map { entry in
            let text = try ValueReader.someText(entry, "an entry of \(what)")
            if text.firstRange(of: ":/") != nil || text.hasPrefix("./") || text.hasPrefix("../") {
                warn(
                    entry.position,
                    "\(quoted(text)) in \(what) is a path in the image as it stands: write an absolute one, without a "
                        + "directory of the host, which is for who runs the image, or a bind's for scripts")
            }
            return text
        }
    }

    /// A signal, as it is written in an image's config.
    func stopSignal(_ node: YAMLNode, _ what: String) throws -> String {
        let text = try ValueReader.someText(node, what)
        return try attempt("\(node.position): \(what)") { try SignalNames.signal(text) }
    }

    /// The one setting of Docker's images that people know and that is none of an OCI image.
    func refuseHealthCheck(_ key: Located<String>) throws {
        guard ["healthcheck", "health_check"].contains(key.value.lowercased()) else { return }
        throw Failure(
            "\(key.position): unknown key \(quoted(key.value)) in layer \(layer.name): images of the OCI have no "
                + "health check",
            help: "give one to what runs the image, or a label that it knows")
    }
}
