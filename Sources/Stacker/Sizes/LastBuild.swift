import FileTree
import OCI
import SystemPackage

/// What the last build that was timed says of the layers of an image: ``TraceEvents`` of `build --timing`.
package struct LastBuild: Sendable, Equatable {
    /// How long one layer took.
    struct Layer: Sendable, Equatable, Encodable {
        let tag: String
        /// How it came to be there.
        let outcome: String
        let milliseconds: Int64

        private enum CodingKeys: String, CodingKey {
            case tag = "layer"
            case outcome, milliseconds
        }
    }

    /// In the order in which they were begun.
    let layers: [Layer]

    /// Reads the trace in the stacker directory; `nil` if there is none, or none that can be understood.
    package init?(in directories: StackerDirectories) {
        guard let directory = try? Directory(at: directories.stacker),
            let bytes = try? directory.readFile(FilePath(TimingReport.standardName), limit: 64 << 20),
            let trace = try? JSON.decode(Trace.self, from: bytes)
        else { return nil }
        layers = trace.traceEvents.filter { $0.cat == TimedStep.layer.rawValue }.sorted { ($0.ts ?? 0) < ($1.ts ?? 0) }
            .compactMap { event in
                guard let name = event.args?.layer, let microseconds = event.dur else { return nil }
                return Layer(tag: name, outcome: event.args?.outcome ?? "", milliseconds: microseconds / 1000)
            }
    }

    private init(layers: [Layer]) { self.layers = layers }

    /// What it says of these layers; `nil` if nothing.
    func only(_ tags: [String]) -> LastBuild? {
        let own = layers.filter { tags.contains($0.tag) }
        return own.isEmpty ? nil : LastBuild(layers: own)
    }

    private struct Trace: Decodable {
        let traceEvents: [Event]
    }

    private struct Event: Decodable {
        let cat: String?
        let ts: Int64?
        let dur: Int64?
        let args: Arguments?
    }

    private struct Arguments: Decodable {
        let layer: String?
        let outcome: String?
    }
}
