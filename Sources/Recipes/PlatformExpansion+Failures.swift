import Failure
import OCI

// What can't be built for the platforms that are wanted.
extension PlatformExpansion {
    /// A layer needs another one that is not built for its platform.
    ///
    /// - Parameter offered: what the other one is built for.
    static func misfit(
        _ layer: LayerDefinition, _ platform: Platform, _ dependency: LayerDependency, _ other: LayerDefinition,
        _ offered: [Platform]
    ) -> Failure {
        Failure(
            "\(layer.position): layer \(layer.tag) is built for \(platform), and \(dependency.text), which it needs, only for "
                + "\(offered.map(\.description).joined(separator: ", ")) (\(other.position))",
            help: "give both the same platforms; what is only there for the build can have build_platform: true")
    }

    /// No layer is for any of the platforms of the command line.
    static func nothing(for asked: [Platform], in recipes: [Recipe]) -> Failure {
        let list = recipes.flatMap { recipe in
            recipe.layers.filter { $0.buildPlatform == nil }.map { layer in
                let platforms = layer.platforms ?? recipe.settings.platforms?.value ?? []
                return "\(layer.tag) (\(platforms.map(\.description).joined(separator: ", ")))"
            }
        }
        return Failure(
            "no layer is for \(asked.map(\.description).joined(separator: ", "))",
            help: "there are \(list.joined(separator: ", "))")
    }
}
