import FileTree
import Glibc

/// The time since this machine was started. What was written in an earlier one, and nobody had on the disk, a power cut may
/// have taken.
package enum Boot {
    /// What the kernel calls this one; `nil` where it doesn't say.
    package static let current: String? = {
        let bytes = try? OpenFile("/proc/sys/kernel/random/boot_id", O_RDONLY).readToEnd(limit: 64)
        guard let text = bytes.map({ String(decoding: $0, as: UTF8.self) })?.split(separator: "\n").first,
            !text.isEmpty
        else { return nil }
        return String(text)
    }()
}
