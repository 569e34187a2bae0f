import LXCWrapper

/// What this program is.
package enum Version {
    /// Our own version.
    package static let stacker = "0.1.0"

    /// The liblxc in use: its version, and where it comes from if it is not the system's. `nil` where there is none.
    package static var liblxc: String? {
        guard let version = lxcw_liblxc_version().map({ String(cString: $0) }) else { return nil }
        let origin = String(cString: lxcw_liblxc_origin())
        return origin.isEmpty ? version : "\(version) (\(origin))"
    }

    /// What `--version` prints: ours, and that of the liblxc in use.
    package static var description: String { "stacker \(stacker) liblxc \(liblxc ?? "is missing")" }
}
