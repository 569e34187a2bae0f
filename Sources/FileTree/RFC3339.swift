import Glibc

/// Times as image configs and log files show them.
package enum RFC3339 {
    /// `2023-11-14T22:13:20Z`, with `fraction` nanoseconds too, always in UTC.
    package static func format(_ time: Timestamp, fraction: Bool) -> String {
        var seconds = time_t(time.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock)\(fraction ? ".\(padded(time.nanoseconds, 9))" : "")Z"
    }
}
