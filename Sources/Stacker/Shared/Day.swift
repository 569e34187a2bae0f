import FileTree

/// A day, UTC's.
struct Day: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Since 1970-01-01.
    private let number: Int64

    private static let length: Int64 = 86400

    /// The day that a time is in.
    init(of time: Timestamp) {
        number = (time.seconds - (time.seconds % Self.length + Self.length) % Self.length) / Self.length
    }

    private init(number: Int64) { self.number = number }

    /// Its first moment.
    var begin: Timestamp { Timestamp(seconds: number * Self.length) }

    /// The first moment after it.
    var end: Timestamp { next.begin }

    /// The day after it.
    var next: Day { Day(number: number + 1) }

    static func < (one: Day, other: Day) -> Bool { one.number < other.number }

    /// `2026-11-30`
    var description: String { String(RFC3339.format(begin, fraction: false).prefix(10)) }
}
