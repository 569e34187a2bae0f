import Failure

/// The signals by which a container is ended: `StopSignal`.
///
/// [image-spec, config.md](https://github.com/opencontainers/image-spec/blob/main/config.md#properties)
package enum SignalNames {
    /// What Linux has on any kind of machine, without the `SIG` in front.
    package static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "IOT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM",
        "TERM", "STKFLT", "CHLD", "CLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM",
        "PROF",
        "WINCH", "IO", "POLL", "PWR", "SYS", "RTMIN", "RTMAX",
    ]
    /// How far a signal for realtime may be from the first or the last of them: they are 32, of which libraries keep some.
    private static let distance = 30

    /// A signal as an image's config has it.
    ///
    /// - Parameter text: `SIGINT`, `INT` or `int`, `SIGRTMIN+3`, or a number.
    /// - Returns: `SIGINT`, `SIGRTMIN+3`; a number stays one, since which signal it is depends on the machine.
    /// - Throws: `Failure` that says what was probably meant.
    package static func signal(_ text: String) throws -> String {
        if let number = UInt8(text), (1...64).contains(number), !text.hasPrefix("0"), !text.hasPrefix("+") {
            return text
        }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        if names.contains(name) || isRealtime(name) { return "SIG\(name)" }
        throw Failure(
            "\(quoted(text)) is no signal",
            help: nearest(to: name, in: names).map { "is SIG\($0) meant?" }
                ?? "name one as kill -l does, SIGINT or SIGRTMIN+3, or give its number")
    }

    private static func isRealtime(_ name: String) -> Bool {
        for start in ["RTMIN+", "RTMAX-"] where name.hasPrefix(start) {
            let digits = name.dropFirst(start.count)
            guard let number = UInt8(digits), !digits.hasPrefix("0"), !digits.hasPrefix("+") else { return false }
            return number <= distance
        }
        return false
    }
}
