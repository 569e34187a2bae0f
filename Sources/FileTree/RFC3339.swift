import Glibc

/// Times as image configs and log files show them: [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6).
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

    /// Reads such a text, in UTC or with an offset from it. A fraction of a second is dropped.
    ///
    /// - Returns: `nil` for any other text.
    package static func parse(_ text: String) -> Timestamp? {
        let text = Array(text.utf8.prefix(64))
        func number(_ start: Int, _ count: Int, in limits: ClosedRange<Int32>) -> Int32? {
            guard start + count <= text.count else { return nil }
            let digits = text[start..<start + count]
            guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            let number = digits.reduce(Int32(0)) { $0 * 10 + Int32($1) - 0x30 }
            return limits.contains(number) ? number : nil
        }
        func has(_ characters: String, at place: Int) -> Bool {
            place < text.count && characters.utf8.contains(text[place])
        }
        guard let year = number(0, 4, in: 0...9999), has("-", at: 4), let month = number(5, 2, in: 1...12),
            has("-", at: 7), let day = number(8, 2, in: 1...31), has("Tt", at: 10),
            let hour = number(11, 2, in: 0...23), has(":", at: 13), let minute = number(14, 2, in: 0...59),
            has(":", at: 16), let second = number(17, 2, in: 0...60)
        else { return nil }
        var zone = 19
        if has(".", at: zone) {
            zone += 1
            while has("0123456789", at: zone) { zone += 1 }
            guard zone > 20 else { return nil }
        }
        var offset: Int64 = 0
        if has("+-", at: zone) {
            guard let hours = number(zone + 1, 2, in: 0...23), has(":", at: zone + 3),
                let minutes = number(zone + 4, 2, in: 0...59), zone + 6 == text.count
            else { return nil }
            offset = Int64(hours * 3600 + minutes * 60) * (has("-", at: zone) ? -1 : 1)
        } else {
            guard has("Zz", at: zone), zone + 1 == text.count else { return nil }
        }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        let seconds = timegm(&parts)
        // A day that the month lacks becomes one of the next.
        guard parts.tm_mday == day || second == 60 else { return nil }
        return Timestamp(seconds: Int64(seconds) - offset)
    }
}
