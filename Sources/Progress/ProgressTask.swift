import Synchronization

/// One thing that takes its time, and how far it is. Whoever does it says so with one atomic store for each piece.
package final class ProgressTask: Sendable {
    /// What is done.
    package enum Subject: Sendable, Equatable {
        /// A blob is copied from one place to another; its digest.
        case blob(String)
        /// A file is fetched; what it is called.
        case download(String)
        /// A layer is packed; its name.
        case packing(String)
    }

    /// What is done.
    package let subject: Subject
    private let bytes = Atomic<Int64>(0)
    /// -1 stands for one that is not known.
    private let size: Atomic<Int64>

    /// - Parameter total: bytes in all, if that is known by now.
    package init(_ subject: Subject, total: Int64? = nil) {
        self.subject = subject
        size = Atomic(total ?? -1)
    }

    /// Bytes so far.
    package var done: Int64 { bytes.load(ordering: .relaxed) }

    /// Bytes in all, if that is known.
    package var total: Int64? {
        let size = size.load(ordering: .relaxed)
        return size < 0 ? nil : size
    }

    /// So many bytes more are done.
    package func advance(by count: Int) { bytes.wrappingAdd(Int64(count), ordering: .relaxed) }

    /// So many bytes are done in all. They may be fewer than before, where something begins anew.
    package func reach(_ count: Int64) { bytes.store(count, ordering: .relaxed) }

    /// There are so many bytes in all.
    package func expect(_ total: Int64) { size.store(total, ordering: .relaxed) }
}

/// Gets to know of what takes its time. It asks the tasks themselves how far they are.
package protocol ProgressSink: Sendable {
    /// Whether it is worth something to find out how much there is to do.
    var showsTotals: Bool { get }
    /// A task begins.
    func began(_ task: ProgressTask)
    /// It has ended, well or not.
    func ended(_ task: ProgressTask)
}

extension ProgressSink {
    /// Nobody looks at them.
    package var showsTotals: Bool { false }

    /// Does something that takes its time, under the eyes of this sink.
    package func following<Result>(
        _ subject: ProgressTask.Subject, total: Int64? = nil, _ body: (ProgressTask) throws -> Result
    ) rethrows -> Result {
        let task = ProgressTask(subject, total: total)
        began(task)
        defer { ended(task) }
        return try body(task)
    }
}

/// Nobody wants to know.
package struct NoProgress: ProgressSink {
    /// The one there is.
    package init() {}

    /// Nothing.
    package func began(_ task: ProgressTask) {}

    /// Nothing.
    package func ended(_ task: ProgressTask) {}
}

/// Says once of each blob that it is copied, in a line: for logs.
package struct ProgressLines: ProgressSink {
    private let say: @Sendable (String) -> Void

    /// - Parameter say: takes a line, without its end.
    package init(_ say: @escaping @Sendable (String) -> Void) {
        self.say = say
    }

    /// Says the line.
    package func began(_ task: ProgressTask) {
        if case .blob(let digest) = task.subject { say("Copying blob \(digest)") }
    }

    /// Nothing.
    package func ended(_ task: ProgressTask) {}
}
