/// How far one task is, at one moment: what a line of a terminal says about it.
struct ProgressBar: Equatable {
    var subject: ProgressTask.Subject
    /// Bytes so far.
    var done: Int64
    /// Bytes in all, if that is known.
    var total: Int64?
    /// Seconds since it began.
    var elapsed: Double

    /// The line: what it is, a bar, bytes, bytes in a second, time left. What has no room is left out, from the bar on.
    ///
    /// - Parameter width: the columns of the terminal. The last one stays free: many terminals begin a new line with it.
    func line(width: Int) -> String {
        let room = max(0, width - 1)
        let figures = [bytes.padded(to: 20), rate.padded(to: 10), timeLeft.padded(to: 7)].joined(separator: "  ")
        let gaps = 4
        let shortest = 10
        let label = label.padding(to: 18)
        if room >= label.count + gaps + shortest + figures.count {
            return "\(label)  \(bar(length: room - label.count - gaps - figures.count))  \(figures)"
        }
        if room >= label.count + 2 + figures.count { return "\(label)  \(figures)" }
        return String("\(label)  \(bytes)".prefix(room))
    }

    /// 18 columns at most. Names come from recipes and servers: nothing in them may move the cursor.
    private var label: String {
        let text =
            switch subject {
            case .blob(let digest): "blob \(digest.split(separator: ":").last?.prefix(12) ?? "")"
            case .download(let name): name
            case .packing(let name): "packing \(name)"
            }
        return plainText(text.utf8).shortened(to: 18)
    }

    private func bar(length: Int) -> String {
        let inside = length - 2
        guard let total else { return String(repeating: " ", count: length) }
        let share = total == 0 ? 1 : min(1, max(0, Double(done) / Double(total)))
        let filled = Int(share * Double(inside))
        let full = String(repeating: "=", count: filled)
        let tip = filled < inside ? ">" : ""
        return "[\(full)\(tip)\(String(repeating: " ", count: inside - filled - tip.count))]"
    }

    private var bytes: String {
        guard let total else { return growingSize(done) }
        return "\(growingSize(done)) / \(growingSize(total))"
    }

    private var bytesInASecond: Double? { elapsed > 0 && done > 0 ? Double(done) / elapsed : nil }

    private var rate: String { bytesInASecond.map { "\(growingSize(Int64($0)))/s" } ?? "" }

    private var timeLeft: String {
        guard let total, let rate = bytesInASecond, total > done else { return "" }
        return inWords(seconds: Int64(min(Double(total - done) / rate, 359_999).rounded(.up)))
    }
}
