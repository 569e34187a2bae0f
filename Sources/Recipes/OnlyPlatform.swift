import Failure
import OCI

// Layers that are for one platform, whatever is asked for: those that say it, and those of the machine that builds.
extension LayerDefinition {
    /// Whether the layer has `os` or `arch`.
    var saysItsPlatform: Bool { positions[.os] != nil || positions[.architecture] != nil }

    /// Refuses to be built for a platform on another layer that has `os` or `arch` of another one.
    func refuse(base: LayerDefinition, for platform: Platform) throws {
        guard from?.kind == .built, from?.tag?.value == base.tag, base.saysItsPlatform, !platform.takes(base.platform)
        else { return }
        let key: LayerKey = base.positions[.architecture] != nil ? .architecture : .os
        throw Failure(
            "\(position(of: .from)): layer \(tag) is built for \(platform), and its base layer \(base.tag) is only for "
                + "\(base.platform) (\(base.position(of: key)))",
            help: "leave os and arch out of \(base.tag): it is built for what the layers on it are built for")
    }

    /// Refuses to be built for a platform on another layer that is built for the machine that builds.
    func refuse(machinesBase base: LayerDefinition, for platform: Platform) throws {
        guard base.buildPlatform != nil, from?.kind == .built, from?.tag?.value == base.tag, platform != .machine else {
            return
        }
        throw Failure(
            "\(position(of: .from)): layer \(tag) is built for \(platform), and its base, layer \(base.tag), for the machine that "
                + "builds, \(Platform.machine): it has build_platform (\(base.position(of: .buildPlatform)))",
            help: "import from it: imports: [stacker://\(base.tag)/path]; or take build_platform away there")
    }
}
