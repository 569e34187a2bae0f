import Failure

/// What `stacker cache prune` leaves.
package struct PruneLimits: Sendable {
    /// Entries that were not used for so long go; in seconds.
    let age: Int64?
    /// The least recently used go until all that are left have no more than so many bytes.
    let size: Int64?

    /// Reads both limits.
    ///
    /// - Parameters:
    ///   - age: `30d`: a number, and `m`, `h`, `d` or `w`.
    ///   - size: `50G`: a number of bytes, or one with `K`, `M`, `G` or `T`, which are decimal.
    /// - Throws: `Failure` if there is neither, or one can't be read.
    package init(olderThan age: String?, keepSize size: String?) throws {
        guard age != nil || size != nil else {
            throw Failure(
                "nothing says what is to go", help: "write --older-than 30d, --keep-size 50G, or both")
        }
        self.age = try age.map { text in
            guard let seconds = Self.number(text, Self.spans) else {
                throw Failure(
                    "--older-than \(quoted(text)) is no age",
                    help: "write a whole number and m, h, d or w, for minutes, hours, days or weeks: 30d")
            }
            return seconds
        }
        self.size = try size.map { text in
            guard let bytes = Self.number(text, Self.units) else {
                throw Failure(
                    "--keep-size \(quoted(text)) is no size",
                    help:
                        "write a whole number of bytes, or one and K, M, G or T, each a thousand of the one before: 50G"
                )
            }
            return bytes
        }
    }

    private static let spans: [Character: Int64] = ["m": 60, "h": 3600, "d": 86400, "w": 7 * 86400]
    private static let units: [Character: Int64] = [
        "0": 1, "K": 1000, "M": 1_000_000, "G": 1_000_000_000, "T": 1_000_000_000_000,
    ]

    /// A number with a unit behind it. The unit "0" is that of a number without one.
    private static func number(_ text: String, _ units: [Character: Int64]) -> Int64? {
        guard let last = text.last else { return nil }
        let isPlain = last.isASCII && last.isNumber
        let digits = isPlain ? text[...] : text.dropLast()
        guard let unit = units[isPlain ? "0" : last], !digits.isEmpty,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits)
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}
