import Failure
import Progress

/// How much of an image may be wasted: `5%` of its unpacked size, or `10MB`.
package struct WasteLimit: Sendable, CustomStringConvertible {
    enum Amount: Sendable, Equatable {
        case percent(Double)
        case bytes(Int64)
    }

    let amount: Amount
    /// As it was written.
    package let description: String

    /// The units, as powers of 1000 and of 1024.
    private static let units: [(name: String, bytes: Int64)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
        ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1), ("", 1),
    ]

    /// Reads a limit as it is written on a command line.
    package init(_ text: String) throws {
        description = shown(text.filter { $0 != " " })
        let word = text.lowercased().filter { $0 != " " }
        if word.hasSuffix("%"), let percent = Self.number(word.dropLast()), percent <= 100 {
            amount = .percent(percent)
            return
        }
        for unit in Self.units where word.hasSuffix(unit.name) {
            guard let number = Self.number(word.dropLast(unit.name.count)) else { continue }
            let bytes = number * Double(unit.bytes)
            guard bytes < 0x1p62 else { break }
            amount = .bytes(Int64(bytes))
            return
        }
        throw Failure(
            "\(quoted(text)) is no limit of waste",
            help: "write a part of the image's unpacked size, as 5%, or a size, as 10MB or 512KiB")
    }

    /// A decimal number without a sign.
    private static func number(_ text: Substring) -> Double? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first), text.utf8.count <= 20,
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e })
        else { return nil }
        return Double(text)
    }
}

extension ImageSizes {
    /// What is to be said if more than that is wasted; `nil` if it is not.
    package func waste(above limit: WasteLimit) -> Failure? {
        let isAbove =
            switch limit.amount {
            case .percent(let percent): wastedPercent > percent
            case .bytes(let bytes): wasted > bytes
            }
        guard isAbove else { return nil }
        return Failure(
            "\(shown(name)) wastes \(humanSize(wasted)), \(inPercent(wastedPercent)) % of its unpacked size, and may waste "
                + "\(limit)",
            help: "stacker explain \(shown(name)) --sizes lists what it is, and what would save it")
    }
}

/// A number with one decimal.
func inTenths(_ number: Double) -> String {
    let tenths = Int64((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}

/// A part in a hundred with one decimal, or as many more as it needs to be something.
func inPercent(_ number: Double) -> String {
    guard number > 0, number < 0.05 else { return inTenths(number) }
    var (scaled, decimals) = (number, 0)
    while scaled < 0.95, decimals < 9 { (scaled, decimals) = (scaled * 10, decimals + 1) }
    let digits = "\(Int64(scaled.rounded()))"
    return "0." + String(repeating: "0", count: max(0, decimals - digits.count)) + digits
}
