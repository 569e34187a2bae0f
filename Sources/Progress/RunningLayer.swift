import Synchronization

/// A layer that is being built, with others or alone, and what its script has said last.
package final class RunningLayer: Sendable {
    /// What it is called.
    let name: String
    private let start = ContinuousClock.now
    private let words = Mutex<[UInt8]>([])

    /// It begins now.
    package init(_ name: String) {
        self.name = name
    }

    /// Its last line, of which a terminal has no room for more than some hundred bytes.
    package func say(_ line: [UInt8]) {
        words.withLock { $0 = line }
    }

    /// The line that stands for it at a moment.
    func line(at now: ContinuousClock.Instant, width: Int) -> String {
        let seconds = (now - start).components.seconds
        return LayerLine(name: name, seconds: seconds, words: words.withLock { $0 }).text(width: width)
    }
}

/// What a line of a terminal says of a layer, at one moment.
struct LayerLine {
    var name: String
    /// Since it began.
    var seconds: Int64
    /// What it said last.
    var words: [UInt8]

    /// The line: which layer, for how long, its last words. On a narrow terminal there is no room for these.
    ///
    /// - Parameter width: the columns of the terminal. The last one stays free: many terminals begin a new line with it.
    func text(width: Int) -> String {
        let room = max(0, width - 1)
        let time = inWords(seconds: seconds).padded(to: 7)
        let label = plainText(name.utf8).shortened(to: min(18, max(0, room - time.count - 2)))
        let start = "\(room >= 40 ? label.padding(to: 18) : label)  \(time)"
        let left = room - start.count - 2
        guard left >= 8, !words.isEmpty else { return String(start.prefix(room)) }
        return "\(start)  \(plainText(words).shortened(to: left))"
    }
}

/// `12 s`, `1:02`, `1:00:02`.
package func inWords(seconds: Int64) -> String {
    let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].drop { $0 == 0 }
    if parts.count < 2 { return "\(seconds) s" }
    return parts.enumerated().map { $0 > 0 && $1 < 10 ? "0\($1)" : "\($1)" }.joined(separator: ":")
}
