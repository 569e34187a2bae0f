import SystemPackage

extension Failure: CustomStringConvertible {
    /// The chain in one line: `what: why: root cause`.
    package var description: String {
        let said = links.map(\.what).joined(separator: ": ")
        return switch links.last?.cause {
        case nil: said
        case let call as FailedCall: "\(said): \(call.reason(behind: said))"
        case let cause?: "\(said): \(Failure.reason(cause))"
        }
    }

    /// The lines a user sees: `error: …`, then `help: …` where something can be done.
    ///
    /// - Parameter trace: also say where the error arose and every place it passed through, innermost first.
    package func report(trace: Bool) -> String {
        var lines = ["error: \(description)"]
        if let advice { lines.append("help: \(advice)") }
        if trace {
            for (depth, link) in links.reversed().enumerated() {
                lines.append("\(depth == 0 ? "  arose at" : "  passed  ") \(link.origin): \(link.what)")
            }
        }
        return lines.joined(separator: "\n")
    }

    /// An error in words. An `Errno` is given its text without the number.
    static func reason(_ error: any Error) -> String {
        String(describing: error)
    }
}
