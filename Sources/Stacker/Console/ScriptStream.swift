import Containers
import Progress
import Synchronization

/// One of the two streams of a layer's scripts, on its way to where its lines are wanted.
final class ScriptStream: OutputReader {
    private let sink: any LineSink
    private let prefix: @Sendable () -> [UInt8]
    private let layer: RunningLayer?
    private let state = Mutex(State())

    private struct State {
        var cutter = LineCutter()
        var words = LastWords()
        /// What was to stand in front of a line when its last bytes came.
        var prefix: [UInt8] = []
    }

    /// - Parameters:
    ///   - sink: takes the lines.
    ///   - prefix: what stands in front of a line at this moment.
    ///   - layer: gets to know what was said last.
    init(to sink: any LineSink, of layer: RunningLayer?, prefix: @escaping @Sendable () -> [UInt8]) {
        (self.sink, self.layer, self.prefix) = (sink, layer, prefix)
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            if let layer {
                state.words.take(bytes)
                layer.say(state.words.line)
            }
            state.prefix = prefix()
            try state.cutter.take(bytes, prefix: state.prefix, sink.write)
        }
    }

    func end() throws {
        try state.withLock { try $0.cutter.end(prefix: $0.prefix, sink.write) }
    }
}
