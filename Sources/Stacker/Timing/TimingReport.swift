import Failure
import FileTree
import OCI
import SystemPackage

/// Follows a build, and reports where its time went: a summary on the log, and a trace in a file.
struct TimingReport {
    /// The file that the trace is written to.
    let path: FilePath
    let needs: LayerNeeds
    /// How many layers are built at once, at most.
    let jobs: Int
    /// How many processors the machine has.
    let processors: Int
    let canCompressLess: Bool
    let log: Log

    /// What the file is called in the stacker directory, if nobody names another.
    static let standardName = "timing.json"

    /// Builds, and reports on it, also when it failed.
    ///
    /// - Parameter build: gets the timeline to write into; false if it is not done, and goes on from the beginning in
    ///   another process, which reports instead.
    func follow(_ build: (BuildTimeline) throws -> Bool) throws -> Bool {
        let timeline = BuildTimeline.running()
        do {
            guard try build(timeline) else { return false }
        } catch {
            // What the build failed of is what the user has to know.
            do { try report(timeline) } catch let other { log.warn("\(other)") }
            throw error
        }
        try report(timeline)
        return true
    }

    private func report(_ timeline: BuildTimeline) throws {
        guard let times = timeline.times else { return }
        let summary = TimingSummary(
            times, needs, jobs: jobs, processors: processors, canCompressLess: canCompressLess)
        for line in summary.lines { log.info("timing: \(line)") }
        let trace = TraceEvents(
            times, needs,
            [
                "version": .string(Version.stacker), "jobs": .integer(Int64(jobs)),
                "processors": .integer(Int64(processors)),
            ])
        let (directory, name) = try place()
        try attempt("couldn't write the trace of the build to \(path)") {
            try directory.replaceFile(name, with: JSON.encode(trace.json))
        }
        log.info("timing: the trace is in \(path)")
    }

    /// Refuses a path that no trace can be written to.
    func refuseUnusable() throws { _ = try place() }

    private func place() throws -> (directory: Directory, name: FilePath) {
        try attempt("couldn't write the trace of the build to \(path)") {
            guard let name = path.lastComponent else { throw Failure("it is a directory") }
            let directory = try Directory(at: path.removingLastComponent())
            // What is there is replaced: of a device or a pipe nothing but a file would be left.
            if let kind = try directory.status(FilePath(name.string))?.kind, kind != .regular {
                throw Failure("what is there is no file", help: "name another with --timing-file")
            }
            return (directory, FilePath(name.string))
        }
    }
}
