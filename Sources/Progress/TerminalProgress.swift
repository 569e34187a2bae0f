import Dispatch
import Glibc
import Synchronization

/// Shows running layers as lines, and tasks as bars below them, on a terminal, ten times a second at most, and nothing of
/// them when they have ended.
package final class TerminalProgress: ProgressSink {
    private static let interval = DispatchTimeInterval.milliseconds(100)

    private let terminal: Int32
    private let isStopped: @Sendable () -> Bool
    private let drawing = DispatchQueue(label: "progress")
    private let state = Mutex(State())

    private struct State {
        var layers: [RunningLayer] = []
        var tasks: [(task: ProgressTask, start: ContinuousClock.Instant)] = []
        var screen = ProgressScreen()
        /// Whether the next drawing is on its way.
        var isExpected = false
        /// How many programs have the terminal, and write to it what they like.
        var programs = 0
        var isEmpty: Bool { layers.isEmpty && tasks.isEmpty }
    }

    /// - Parameters:
    ///   - terminal: the descriptor of a terminal.
    ///   - isStopped: whether the process has been told to end: from then on nothing is shown.
    package init(on terminal: Int32, isStopped: @escaping @Sendable () -> Bool = { false }) {
        self.terminal = terminal
        self.isStopped = isStopped
    }

    /// A bar is of use only with its end.
    package var showsTotals: Bool { true }

    /// The task is shown with the next drawing: one that is over before never is.
    package func began(_ task: ProgressTask) {
        state.withLock { state in
            state.tasks.append((task, .now))
            expectDrawing(&state)
        }
    }

    /// The task's line goes with the next drawing; with the last line all go at once.
    package func ended(_ task: ProgressTask) {
        state.withLock { state in
            state.tasks.removeAll { $0.task === task }
            if state.isEmpty { clear(&state) }
        }
    }

    /// From now on the layer has a line.
    package func began(_ layer: RunningLayer) {
        state.withLock { state in
            state.layers.append(layer)
            expectDrawing(&state)
        }
    }

    /// The layer's line goes, and `body` writes to the same terminal what is to stay of the layer.
    package func ended(_ layer: RunningLayer, _ body: () throws -> Void) rethrows {
        try state.withLock { state in
            state.layers.removeAll { $0 === layer }
            clear(&state)
            try body()
        }
    }

    /// Runs `body`, which writes to the same terminal, while no lines are there.
    package func withoutBars(_ body: () throws -> Void) rethrows {
        try state.withLock { state in
            clear(&state)
            try body()
        }
    }

    /// Runs `body`, during which a program writes to the terminal whatever it likes: no lines are there.
    package func whileProgramWrites<Result>(_ body: () throws -> Result) rethrows -> Result {
        state.withLock { state in
            state.programs += 1
            clear(&state)
        }
        defer {
            state.withLock { state in
                state.programs -= 1
                expectDrawing(&state)
            }
        }
        return try body()
    }

    // MARK: - Drawing

    private func expectDrawing(_ state: inout State) {
        guard !state.isExpected, !state.isEmpty, state.programs == 0 else { return }
        state.isExpected = true
        drawing.asyncAfter(deadline: .now() + Self.interval) { [self] in draw() }
    }

    private func draw() {
        state.withLock { state in
            state.isExpected = false
            guard !isStopped(), state.programs == 0 else { return clear(&state) }
            let (width, height) = size
            let now = ContinuousClock.now
            let layers = state.layers.map { $0.line(at: now, width: width) }
            let bars = state.tasks.map { task, start in
                ProgressBar(
                    subject: task.subject, done: task.done, total: task.total,
                    elapsed: Double((now - start) / .milliseconds(1)) / 1000
                ).line(width: width)
            }
            let lines = (layers + bars).prefix(max(1, height - 1))
            write(state.screen.replace(with: Array(lines), width: width))
            expectDrawing(&state)
        }
    }

    private func clear(_ state: inout State) {
        write(state.screen.replace(with: [], width: size.width))
    }

    /// Columns and lines of the terminal, which may change at any time.
    private var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// In one piece, so that nothing of others comes in between. What can't be written is of no importance.
    private func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in _ = bytes.isEmpty ? 0 : Glibc.write(terminal, bytes.baseAddress, bytes.count) }
    }
}
