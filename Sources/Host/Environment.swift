import Glibc

/// The process's environment.
package enum Environment {
    /// The value of a variable; `nil` if it is unset or empty.
    package static subscript(_ name: String) -> String? {
        guard let value = getenv(name), value[0] != 0 else { return nil }
        return String(cString: value)
    }
}

extension Environment {
    /// Takes entries `NAME=value` apart; others are passed over.
    package static func pairs(_ entries: [String]) -> [(String, String)] {
        entries.compactMap { entry in
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else { return nil }
            return (String(entry[..<equals]), String(entry[entry.index(after: equals)...]))
        }
    }

    /// All variables of the process, each `NAME=value`, in order.
    package static var all: [String] {
        var entries: [String] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(String(cString: entry))
            next += 1
        }
        return entries
    }
}
