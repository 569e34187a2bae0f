import Failure
import Host
import OCI
import Recipes

/// Whether this machine runs scripts of a platform's images.
package enum ForeignScripts {
    /// What runs the scripts.
    ///
    /// - Parameter binfmt: how handlers are set up; as it is found if `nil`.
    /// - Throws: `Failure` if nothing does: why, and what mends that.
    package static func runner(of platform: Platform, _ binfmt: Binfmt? = nil) throws -> Binfmt.Runner {
        guard platform.os == "linux" else {
            throw Failure(
                "programs for \(shown(platform.os)) run on no Linux",
                help: "a layer without run: and generate_labels: can be for any platform")
        }
        guard let header = ELFHeader(architecture: platform.architecture) else {
            throw Failure(
                "Linux runs no programs for \(shown(platform.architecture))",
                help: "a layer without run: and generate_labels: can be for any platform")
        }
        if header.isNative(on: Platform.hostArchitecture) { return .processor }
        return try (binfmt ?? Binfmt()).runner(of: header, on: Platform.hostArchitecture)
    }

    /// Refuses a layer of another platform whose scripts can't run here, before there is anything of its base. A handler
    /// without the F flag may do, if the base has its interpreter: that is looked for when the base is there.
    ///
    /// - Parameters:
    ///   - platform: what was asked for.
    ///   - binfmt: how handlers are set up; as it is found if `nil`.
    /// - Throws: `Failure` with the place of the script.
    package static func refuse(_ layer: LayerDefinition, on platform: Platform, _ binfmt: Binfmt? = nil) throws {
        guard
            let key = [layer.run == nil ? nil : LayerKey.run, layer.generateLabels == nil ? nil : .generateLabels]
                .lazy.compactMap({ $0 }).first
        else { return }
        _ = try attempt(
            "\(layer.position(of: key)): the script of layer \(layer.name) is for \(platform), and can't run on this machine, "
                + "\(Platform.machine)"
        ) { try runner(of: platform, binfmt) }
    }
}
