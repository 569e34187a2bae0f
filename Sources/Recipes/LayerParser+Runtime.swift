import Failure
import OrderedCollections
import RecipeText

// The keys of a layer that say how its image is run, as far as they are more than text: ports, stop_signal.
extension LayerParser {
    /// Ports and ranges of ports, each as it is written in an image's config.
    func ports(_ node: YAMLNode, _ what: String) throws -> [String] {
        var ports: OrderedSet<String> = []
        for entry in try ValueReader.list(node, what) {
            let text = try ValueReader.someText(entry, "an entry of \(what)")
            ports.formUnion(try attempt("\(entry.position): an entry of \(what)") { try PortNames.ports(text) })
        }
        return Array(ports)
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
