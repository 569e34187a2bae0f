import Failure
import OCI
import RecipeText

extension ValueReader {
    /// A list of platforms.
    ///
    /// - Parameter unknown: what stands for values that are not known: it is no platform, and no mistake.
    /// - Returns: `nil` if none of them is known.
    static func platforms(_ node: YAMLNode, _ what: String, _ unknown: String?) throws -> [Platform]? {
        var platforms: [Platform] = []
        for entry in try entries(node, what) {
            let text = try someText(entry, "an entry of \(what)")
            if let unknown, text.contains(unknown) { continue }
            let platform = try attempt("\(entry.position): an entry of \(what)") { try PlatformNames.platform(text) }
            guard !platforms.contains(platform) else {
                throw Failure(
                    "\(entry.position): \(what) has \(platform) twice\(text == platform.description ? "" : ", here as \(text)")"
                )
            }
            platforms.append(platform)
        }
        guard !platforms.isEmpty || unknown != nil else {
            throw Failure(
                "\(node.position): \(what) is empty", help: "name platforms, or leave \(what) out for this machine's")
        }
        return platforms.isEmpty ? nil : platforms
    }
}

// The keys of a layer that say for which platforms it is built.
extension LayerParser {
    func buildPlatform(_ node: YAMLNode, _ what: String) throws -> BuildPlatform? {
        let text = try ValueReader.text(node, what)
        if text == BuildPlatform.each.rawValue { return .each }
        guard let isOnce = try? ValueReader.bool(node, what) else {
            throw Failure("\(node.position): \(what) must be true, false or each, not \(quoted(text))")
        }
        return isOnce ? .once : nil
    }

    /// Refuses a layer that says in two ways for which platforms it is.
    func refuseTwoPlatforms() throws {
        if layer.platforms != nil {
            for key in [LayerKey.os, .architecture] where layer.positions[key] != nil {
                throw Failure(
                    "\(layer.position(of: key)): layer \(layer.name) has platforms and \(key.rawValue)",
                    help:
                        "write platforms for images on bases of these platforms; \(key.rawValue) only changes what the image "
                        + "says, whatever its base is for")
            }
        }
        guard layer.buildPlatform != nil else { return }
        let position = layer.position(of: .buildPlatform)
        guard layer.isBuildOnly else {
            throw Failure(
                "\(position): layer \(layer.name) has build_platform and is not build_only",
                help: "what is built for the machine that builds is for others to import from: write build_only: true")
        }
        for key in [LayerKey.platforms, .os, .architecture] where layer.positions[key] != nil {
            throw Failure(
                "\(layer.position(of: key)): layer \(layer.name) has build_platform and \(key.rawValue)",
                help: "leave one of them out: build_platform is the platform of the machine that builds")
        }
    }
}
