import Containers
import Progress
import SystemPackage

/// What one layer says while others may be built beside it: its log, and the lines of its scripts. Nothing of two layers
/// stands in one line.
///
/// Into a file or a pipe each line goes at once, with the layer's name in front as long as the layer is not alone. On a
/// terminal that shows what is going on, all of it is kept until ``end()`` and stands there in one piece; meanwhile the
/// layer has a line there, with its time and its script's last words.
final class LayerLines: Sendable {
    /// The layer's own log.
    let log: Log
    /// For the layer's scripts.
    let scripts: ContainerOutput
    private let page: HeldPage?
    private let name: String

    /// - Parameters:
    ///   - name: the layer's.
    ///   - log: the build's.
    ///   - directory: what is too much for memory is kept in there.
    ///   - isAlone: whether no other layer is being built at this moment.
    init(
        of name: String, in log: Log, spillingInto directory: FilePath, isAlone: @escaping @Sendable () -> Bool
    ) {
        let files = log.standardFiles
        let name = name.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
        self.name = name
        let prefix = Array("\(name) | ".utf8)
        let passed: @Sendable () -> [UInt8] = { isAlone() ? [] : prefix }
        guard let bars = files.error.bars else {
            (self.log, page) = (log, nil)
            let output = ScriptStream(to: files.output, of: nil, prefix: passed)
            let error = files.areOne ? nil : ScriptStream(to: files.error, of: nil, prefix: passed)
            scripts = .pipes(output: output, error: error)
            return
        }
        let layer = RunningLayer(name)
        let page = HeldPage(on: files.error, of: layer, spillingInto: directory)
        self.page = page
        self.log = log.isOnStandardError ? log.saying(to: LogLines(page: page, layer: layer)) : log
        let error = ScriptStream(to: page, of: layer) { prefix }
        scripts =
            files.areOne
            ? .pipes(output: error)
            : .pipes(output: ScriptStream(to: files.output, of: layer, prefix: passed), error: error)
        bars.began(layer)
    }

    /// The layer has ended, well or not: what it has said is seen, and what it says later is seen at once.
    func end() {
        do {
            try page?.release()
        } catch {
            log.warn("not all that \(name) said can be shown: \(error)")
        }
    }

    /// The log's lines on a page.
    private struct LogLines: LineSink {
        let page: HeldPage
        let layer: RunningLayer

        func write(_ lines: UnsafeRawBufferPointer) throws {
            var words = LastWords()
            words.take(lines)
            layer.say(words.line)
            try page.write(lines)
        }
    }
}
