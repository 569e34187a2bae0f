import CVersion
import LXCWrapper

/// What this program is.
package enum Version {
    /// The release that this source is on the way to; with the tag that has its name, the release itself.
    private static let release = "0.1.0"

    /// Our own version: what `make` has found in git or in the tarball, by semver.org. A program that was built without
    /// `make` can't know which commit it is.
    package static let stacker: String = {
        let linked = String(cString: stacker_linked_version())
        return linked.isEmpty ? "\(release)-dev" : linked
    }()

    /// The liblxc in use: its version, and where it comes from if it is not the system's. `nil` where there is none.
    package static var liblxc: String? {
        guard let version = lxcw_liblxc_version().map({ String(cString: $0) }) else { return nil }
        let origin = String(cString: lxcw_liblxc_origin())
        return origin.isEmpty ? version : "\(version) (\(origin))"
    }

    /// What `--version` prints: ours, and that of the liblxc in use.
    package static var description: String { "stacker \(stacker) liblxc \(liblxc ?? "is missing")" }
}
