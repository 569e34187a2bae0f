/// The lines of progress that a terminal shows below everything else, and what it takes to change them.
///
/// The cursor stays at the beginning of the last one, where what the terminal itself shows of Ctrl-C begins no new line.
/// It is only ever moved within these lines, and nothing of the terminal's settings is changed: a process that is killed
/// leaves some text, and a terminal that works.
struct ProgressScreen: Equatable {
    /// The lines that are there now.
    private(set) var lines: [String] = []

    /// What puts these lines in the place of those that are there.
    ///
    /// - Parameter width: the columns of the terminal. One that has become narrower since goes on with a line in the next
    ///   one, as most do.
    /// - Returns: text with control sequences of ECMA-48, for one single write; nothing if there is nothing to change.
    mutating func replace(with new: [String], width: Int) -> String {
        if new == lines { return "" }
        let text = start(width: max(1, width)) + new.joined(separator: "\u{1B}[K\r\n") + "\u{1B}[J\r"
        lines = new
        return text
    }

    /// To the beginning of the first line.
    private func start(width: Int) -> String {
        let above = lines.dropLast().reduce(0) { $0 + max(1, ($1.count + width - 1) / width) }
        return above > 0 ? "\r\u{1B}[\(above)A" : "\r"
    }
}
