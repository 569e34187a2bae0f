import LXCWrapper

/// What this program is.
public enum Version {
    /// Our own version.
    public static let stacker = "0.1.0"

    /// What `--version` prints: ours, and that of the liblxc in use.
    public static var description: String {
        "stacker \(stacker) liblxc \(String(cString: lxcw_liblxc_version()))"
    }
}
