/// The lines of progress that a terminal shows below everything else, and what it takes to change them.
///
/// The cursor stays at the beginning of the last one, where what the terminal itself shows of Ctrl-C begins no new line.
/// It is only ever moved within these lines, and nothing of the terminal's settings is changed: a process that is killed
/// leaves some text, and a terminal that works.
struct ProgressScreen: Equatable {
    /// How many lines are there now.
    private(set) var shown = 0

    /// What puts these lines in the place of those that are there.
    ///
    /// - Returns: text with control sequences of ECMA-48, for one single write.
    mutating func replace(with lines: [String]) -> String {
        if shown == 0, lines.isEmpty { return "" }
        let text = start + lines.joined(separator: "\u{1B}[K\r\n") + "\u{1B}[J\r"
        shown = lines.count
        return text
    }

    /// To the beginning of the first line.
    private var start: String { shown > 1 ? "\r\u{1B}[\(shown - 1)A" : "\r" }
}
