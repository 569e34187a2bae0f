import Failure
import FileTree
import Glibc
import Host
import Progress
import Synchronization
import SystemPackage

/// Where messages to the user go: bare lines on standard error or in the log file.
///
/// A message is the line and nothing else, since scripts match whole lines; `--log-timestamp` puts the time in front.
package struct Log: Sendable {
    /// How much is said.
    package enum Level: Int, Sendable, Comparable {
        /// `--quiet`: only errors, which are not the log's business.
        case quiet
        /// What every user wants to see.
        case info
        /// `--debug`.
        case debug

        /// Whether `left` says less than `right`.
        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// How much this log says.
    package let level: Level
    /// Where the lines go.
    private let output: Output
    private let timestamps: Bool
    /// What this process's own standard output and standard error are.
    let standardFiles: StandardFiles
    /// Whether the lines go to standard error, not to a file of their own.
    let isOnStandardError: Bool

    /// How progress is shown to the user.
    package enum ProgressStyle: Sendable {
        /// Not at all.
        case none
        /// By a line for each blob.
        case lines
        /// By bars on standard error, which is a terminal.
        case bars
    }

    /// What gets to know of everything that takes its time.
    package let progress: any ProgressSink

    /// Says to standard error, or to `file` where one is given.
    ///
    /// - Parameters:
    ///   - appending: go on in a log file that this run has begun, in an earlier process of it.
    ///   - progress: how progress is shown; a quiet log shows none.
    package init(
        level: Level, file: FilePath? = nil, appending: Bool = false, timestamps: Bool = false,
        progress style: ProgressStyle = .none
    ) throws {
        self.level = level
        self.timestamps = timestamps
        let bars =
            style == .bars && level > .quiet
            ? TerminalProgress(on: STDERR_FILENO, isStopped: { StopSignal.pending != nil }) : nil
        standardFiles = StandardFiles(bars: bars)
        isOnStandardError = file == nil
        if let file {
            let flags = O_WRONLY | O_CREAT | O_APPEND | (appending ? 0 : O_TRUNC)
            output = try attempt("couldn't open log file \(file)") {
                Output(try OpenFile(file, flags, mode: 0o644))
            }
        } else {
            output = Output(standardFiles.error)
        }
        if let bars {
            progress = bars
        } else if style == .lines, level > .quiet {
            progress = ProgressLines { [output] in output.write(Self.line($0, timestamps)) }
        } else {
            progress = NoProgress()
        }
    }

    /// The same log, but that its lines go elsewhere.
    func saying(to sink: any LineSink) -> Log {
        Log(self, Output(sink))
    }

    /// The same log, but that what scripts write to standard output goes to standard error, too.
    func leavingStandardOutputAlone() -> Log { Log(self, output, standardFiles.onStandardError) }

    private init(_ log: Log, _ output: Output, _ files: StandardFiles? = nil) {
        (level, timestamps, progress) = (log.level, log.timestamps, log.progress)
        (standardFiles, isOnStandardError) = (files ?? log.standardFiles, log.isOnStandardError)
        self.output = output
    }

    /// Says something that every user wants to see.
    package func info(_ message: @autoclosure () -> String) {
        if level >= .info { write(message()) }
    }

    /// Warns: the build goes on, but the user should know.
    package func warn(_ message: @autoclosure () -> String) {
        if level >= .info { write("warning: \(message())") }
    }

    /// Says something that helps to find a fault.
    package func debug(_ message: @autoclosure () -> String) {
        if level >= .debug { write(message()) }
    }

    private func write(_ message: String) {
        output.write(Self.line(message, timestamps))
    }

    private static func line(_ message: String, _ timestamps: Bool) -> String {
        timestamps ? "\(RFC3339.format(.now, fraction: true)) \(message)\n" : "\(message)\n"
    }

    /// Holds messages back from now on, until ``release()``.
    ///
    /// What the first process of a build finds out before it knows whether it must enter a namespace is found out again
    /// inside: the user should read it once.
    package func hold() { output.held.withLock { $0 = "" } }

    /// Says what was held back.
    package func release() {
        let text = output.held.withLock { held in
            defer { held = nil }
            return held
        }
        if let text { output.write(text) }
    }

    private final class Output: Sendable {
        private let sink: any LineSink
        let held = Mutex<String?>(nil)

        init(_ sink: any LineSink) {
            self.sink = sink
        }

        func write(_ text: String) {
            let holding = held.withLock { held in
                held?.append(text)
                return held != nil
            }
            if holding { return }
            // A log that cannot be written (a closed pipe, a full disk) must not end the build.
            var text = text
            text.withUTF8 { try? sink.write(UnsafeRawBufferPointer($0)) }
        }
    }
}
