import LXCWrapper

/// What this program is.
public enum Version {
    /// Our own version.
    public static let stacker = "0.1.0"

    /// The liblxc in use: its version, and where it comes from if it is not the system's.
    public static var liblxc: String {
        let version = String(cString: lxcw_liblxc_version())
        let origin = String(cString: lxcw_liblxc_origin())
        return origin.isEmpty ? version : "\(version) (\(origin))"
    }

    /// What `--version` prints: ours, and that of the liblxc in use.
    public static var description: String { "stacker \(stacker) liblxc \(liblxc)" }
}
